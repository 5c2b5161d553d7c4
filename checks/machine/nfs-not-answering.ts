// Check: a file server does not answer: whoever touches its mounts hangs. Nodes share the cause, so it is one incident.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const nfsNotAnswering = defineCheck({
  id: "nfs-not-answering",
  title: t("File server not answering", "文件服务器无应答"),
  area: "storage",
  severity: "critical",
  needs: ["mountHealth"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Look at the server and the network between, not at the nodes: restarting runtimes helps nobody. Detach a mount lazily only when its owner agrees.",
    "应检查服务器和网络，而不是节点：重启运行时没有用。只有在负责人同意后才可惰性卸载。",
  ),
  repairs: [],
  aliases: ["NFSServerNotResponding", "NfsHang"],
  evaluate: ({ facts: { mountHealth }, now }) => {
    const bad = mountHealth.network.filter((mount) => mount.state !== "ok");
    return [...new Set(bad.map((mount) => mount.server))].map((server) => {
      const mounts = bad.filter((mount) => mount.server === server);
      const silent = mounts.some((mount) => mount.state === "silent");
      const since = Math.min(...mounts.map((mount) => mount.since ?? now));
      return {
        subject: server,
        reason: silent ? "ServerSilent" : "MountBroken",
        message: silent
          ? t(
              `The file server ${server} has not answered for ${age(now - since)}; ${mounts.length} mount(s) hang.`,
              `文件服务器 ${server} 已 ${ageZh(now - since)}无应答；${mounts.length} 个挂载点挂起。`,
            )
          : t(
              `${mounts.length} mount(s) of ${server} are broken: ${mounts[0]?.error ?? "no reason given"}.`,
              `${server} 的 ${mounts.length} 个挂载点异常：${mounts[0]?.error ?? "原因未知"}。`,
            ),
        evidence: [
          tableOf(
            t("Mounts", "挂载点"),
            "mountHealth",
            ["mount point", "type", "server", "says"],
            [...mounts.map((mount) => [mount.mountPoint, mount.type, mount.server, mount.error ?? "–"])],
          ),
        ],
        params: { server, mountPoints: mounts.map((mount) => mount.mountPoint) },
        causeKey: `nfs:${server}`,
      };
    });
  },
});

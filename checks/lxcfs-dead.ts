// Check: lxcfs does not answer, or containers hold its dead files: /proc/meminfo and others then fail with "Transport endpoint is not connected".
import { defineCheck, type Evidence } from "./define.ts";
import { shortId, t } from "./text.ts";

const WHY = {
  dead: {
    reason: "TransportNotConnected",
    ...t("its process died and left a dead mount", "进程已死亡，留下失效的挂载点"),
  },
  hung: { reason: "NoAnswer", ...t("it does not answer in time", "在限定时间内无应答") },
  unmounted: {
    reason: "NotMounted",
    ...t("it is not mounted although it is in use here", "本节点需要它，但它没有挂载"),
  },
} as const;

export const lxcfsDead = defineCheck({
  id: "lxcfs-dead",
  title: t("lxcfs dead", "lxcfs 失效"),
  area: "container",
  severity: "critical",
  needs: ["lxcfs"],
  raiseAfterMs: 5_000,
  clearAfterMs: 5_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Detach the dead mount, start lxcfs and bind its files into the running containers again; no container needs to restart.",
    "卸下失效的挂载点，启动 lxcfs，并为运行中的容器重新绑定其文件；容器无需重启。",
  ),
  repairs: ["resume-module", "reattach-lxcfs"],
  evaluate: ({ facts, all }) => {
    const { lxcfs } = facts;
    const module = all.modules?.data?.find((m) => m.kind === "lxcfs");
    const broken = lxcfs.containers.filter((c) => !c.ok);
    // Not mounted is a fault only where somebody uses it: containers with its files, or a module that is meant to run.
    const wanted = lxcfs.containers.length > 0 || module?.state === "stopped";
    const state = lxcfs.state === "absent" || (lxcfs.state === "unmounted" && !wanted) ? "ok" : lxcfs.state;
    if (state === "ok" && broken.length === 0) return [];
    const evidence: Evidence[] = [];
    if (lxcfs.error) {
      evidence.push({
        label: t("Error on the node", "节点上的错误"),
        source: "lxcfs",
        kind: "log",
        lines: [lxcfs.error],
      });
    }
    evidence.push({
      label: t("lxcfs", "lxcfs"),
      source: "lxcfs",
      kind: "table",
      columns: ["mount point", "state", "pid"],
      rows: [[lxcfs.mountPoint ?? "–", lxcfs.state, lxcfs.process?.pid ?? "–"]],
    });
    if (lxcfs.containers.length > 0) {
      evidence.push({
        label: t("Containers with lxcfs files", "绑定了 lxcfs 文件的容器"),
        source: "lxcfs",
        kind: "table",
        columns: ["container", "pid", "answers", "error"],
        rows: lxcfs.containers
          .slice(0, 20)
          .map((c) => [shortId(c.containerId), c.pid, c.ok ? "yes" : "no", c.error ?? ""]),
      });
    }
    const affected = t(
      broken.length > 0 ? ` ${broken.length} container(s) cannot read their /proc.` : "",
      broken.length > 0 ? `${broken.length} 个容器无法读取自己的 /proc。` : "",
    );
    const params = {
      mountPoint: lxcfs.mountPoint,
      module: module?.name ?? null,
      containers: broken.map((c) => c.containerId),
    };
    const subject = lxcfs.mountPoint ?? "lxcfs";
    if (state === "ok") {
      return [
        {
          subject,
          reason: "ContainersDetached",
          severity: "warning" as const,
          message: t(
            `lxcfs answers, but ${broken.length} container(s) still hold files of an earlier, dead one.`,
            `lxcfs 应答正常，但有 ${broken.length} 个容器仍绑定着先前已失效的文件。`,
          ),
          evidence,
          params,
        },
      ];
    }
    const why = WHY[state];
    return [
      {
        subject,
        reason: why.reason,
        message: t(`lxcfs: ${why.en}.${affected.en}`, `lxcfs：${why.zh}。${affected.zh}`),
        evidence,
        params,
      },
    ];
  },
});

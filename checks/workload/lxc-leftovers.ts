// Check: configured LXC containers that do not run on a node that runs its containers with another runtime: what an earlier generation left behind.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const lxcLeftovers = defineCheck({
  id: "lxc-leftovers",
  title: t("LXC containers of an earlier generation", "上一代遗留的 LXC 容器"),
  area: "sandbox",
  severity: "info",
  needs: ["sandboxes", "runtimes"],
  raiseAfterMs: 45_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Ask their owner, copy what is still needed, then remove them (lxc-destroy): their root file systems hold disk, and autostart would bring them back.",
    "向负责人确认并备份仍需要的内容后移除（lxc-destroy）：它们占用磁盘，且自动启动可能使其重新运行。",
  ),
  repairs: [],
  evaluate: ({ facts }) => {
    const { lxcStopped, processes } = facts.sandboxes;
    const isContainerNode = facts.runtimes.some((r) => r.kind === "cri" || r.name === "pouch");
    // Where one of them runs, LXC is in use.
    if (!isContainerNode || lxcStopped.length === 0 || processes.some((p) => p.kind === "lxc")) return [];
    return [
      {
        subject: "lxc",
        reason: "LxcLeftovers",
        message: t(
          `${lxcStopped.length} LXC container(s) are configured and do not run, first ${lxcStopped[0] ?? ""}.`,
          `有 ${lxcStopped.length} 个 LXC 容器已配置但未运行，例如 ${lxcStopped[0] ?? ""}。`,
        ),
        evidence: [
          tableOf(
            t("Configured, not running", "已配置但未运行"),
            "sandboxes",
            ["name", "folder"],
            lxcStopped.map((name) => [name, `/var/lib/lxc/${name}`]),
          ),
        ],
        params: { names: lxcStopped },
      },
    ];
  },
});

// Check: a gVisor sandbox lives without its gofer, the helper through which it reaches files: every file operation inside hangs or fails.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, shortId, t } from "../text.ts";
import { containerOf } from "./evidence.ts";

export const gvisorGoferGone = defineCheck({
  id: "gvisor-gofer-gone",
  title: t("gVisor file helper gone", "gVisor gofer 进程消失"),
  area: "sandbox",
  severity: "warning",
  needs: ["sandboxes", "containers"],
  dependsOn: ["runtime-down", "runtime-hung", "sandbox-process-leftover"],
  raiseAfterMs: 30_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { startingMs: 60_000 },
  suggestion: t(
    "Restart the container of this sandbox: a gofer cannot be attached to a sandbox that runs.",
    "重启该沙箱的容器：无法为运行中的沙箱重新接入 gofer。",
  ),
  repairs: ["restart-unhealthy-container"],
  evaluate: ({ facts, all, thresholds, now }) => {
    const gofers = new Set(facts.sandboxes.processes.filter((p) => p.role === "gofer").map((p) => p.containerId));
    return facts.sandboxes.processes
      .filter((p) => p.kind === "gvisor" && p.role === "sentry" && p.isListed === true)
      .filter((p) => now - p.startedAt >= thresholds.startingMs)
      .flatMap((p) => {
        const own = facts.containers.filter((c) => c.podId === p.containerId && c.state === "running");
        // One gofer a container, and one for the sandbox itself.
        const without = [
          p.containerId,
          ...own.filter((c) => now - (c.startedAt ?? now) >= thresholds.startingMs).map((c) => c.id),
        ].filter((id) => !gofers.has(id));
        const [first] = without;
        if (first === undefined) return [];
        const container = containerOf(all, first) ?? own[0];
        return [
          {
            subject: p.containerId,
            reason: "GoferGone",
            message: t(
              `gVisor sandbox ${shortId(p.containerId)} (pid ${p.process.pid}) lives, but the file helper of ${container?.name ?? shortId(first)} is gone.`,
              `gVisor 沙箱 ${shortId(p.containerId)}（pid ${p.process.pid}）仍在运行，但 ${container?.name ?? shortId(first)} 的 gofer 进程已不存在。`,
            ),
            evidence: [
              tableOf(
                t("The sandbox", "沙箱"),
                "sandboxes",
                ["pid", "state", "age", "without a gofer"],
                [[p.process.pid, p.state, age(now - p.startedAt), without.map(shortId).join(", ")]],
              ),
            ],
            params: { containerId: container?.id ?? p.containerId, process: p.process },
          },
        ];
      });
  },
});

// Check: a container of gVisor is listed as running, but the sandbox process in which it would run is gone.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { shortId, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

/** Handlers that people name after gVisor. */
const GVISOR = /runsc|gvisor/i;

export const gvisorSandboxGone = defineCheck({
  id: "gvisor-sandbox-gone",
  title: t("gVisor sandbox gone", "gVisor 沙箱进程消失"),
  area: "sandbox",
  severity: "critical",
  needs: ["sandboxes", "containers", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung", "shim-hung"],
  raiseAfterMs: 30_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { startingMs: 60_000 },
  suggestion: t(
    "Restart the container. Where it ends again, look for a kernel or platform that gVisor cannot use (kvm, ptrace, seccomp) and try another platform.",
    "重启该容器。若再次退出，检查 gVisor 所用的平台（kvm、ptrace、seccomp）在该内核上是否可用，并改用其他平台。",
  ),
  repairs: ["restart-unhealthy-container"],
  evaluate: ({ facts, all, thresholds, now }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so what it lists may be old` };
    const alive = new Set(
      facts.sandboxes.processes.filter((p) => p.kind === "gvisor" && p.role === "sentry").map((p) => p.containerId),
    );
    return facts.containers
      .filter((c) => c.state === "running" && GVISOR.test(c.handler ?? "") && c.startedAt !== null)
      .filter(
        (c) => now - (c.startedAt ?? now) >= thresholds.startingMs && !alive.has(c.podId ?? "") && !alive.has(c.id),
      )
      .map((c) => ({
        subject: c.id,
        reason: "SandboxProcessGone",
        message: t(
          `Container ${whoOf(all, c.id)} is listed as running in gVisor, but its sandbox process is gone.`,
          `容器 ${whoOf(all, c.id)} 显示在 gVisor 中运行，但其沙箱进程已不存在。`,
        ),
        evidence: [
          tableOf(
            t("The container", "容器"),
            "containers",
            ["container", "id", "sandbox", "handler", "sandbox process"],
            [[whoOf(all, c.id), shortId(c.id), shortId(c.podId ?? c.id), c.handler ?? "–", "none"]],
          ),
        ],
        params: { containerId: c.id },
      }));
  },
});

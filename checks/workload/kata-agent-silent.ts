// Check: a Kata VM whose shim answers but whose guest does not: exec, logs and statistics of that pod hang.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, bytes, shortId, t } from "../text.ts";

export const kataAgentSilent = defineCheck({
  id: "kata-agent-silent",
  title: t("Kata guest agent silent", "Kata 虚拟机内代理无应答"),
  area: "sandbox",
  severity: "warning",
  needs: ["sandboxes", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung", "shim-hung"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Read the guest's console for an out-of-memory kill or a panic; give the guest more memory, then let its manager make the pod anew.",
    "查看虚拟机控制台是否有 OOM 或 panic；为虚拟机增加内存，然后让其管理方重建 Pod。",
  ),
  repairs: [],
  evaluate: ({ facts, now }) =>
    facts.sandboxes.processes
      .filter((p) => p.kind === "kata" && p.role === "vm" && p.isListed === true && p.isAgentAnswering === false)
      .map((p) => ({
        subject: p.containerId,
        reason: p.state === "T" ? "VmStopped" : "GuestSilent",
        message: t(
          `The guest of Kata VM ${shortId(p.containerId)} (pid ${p.process.pid}, state ${p.state}) does not answer its shim.`,
          `Kata 虚拟机 ${shortId(p.containerId)}（pid ${p.process.pid}，状态 ${p.state}）内的代理对 shim 无应答。`,
        ),
        evidence: [
          tableOf(
            t("The virtual machine", "虚拟机"),
            "sandboxes",
            ["pid", "name", "state", "memory", "age"],
            [[p.process.pid, p.name, p.state, bytes(p.rssBytes), age(now - p.startedAt)]],
          ),
        ],
        params: { containerId: p.containerId, process: p.process },
      })),
});

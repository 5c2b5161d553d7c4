// Check: processes of a sandbox (Kata VM, gVisor, LXC) that no runtime lists: they hold memory that nobody counts, and nobody will end them.
import type { FactData, Facts } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, bytes, shortId, t } from "../text.ts";

type SandboxProcess = FactData["sandboxes"]["processes"][number];

/** A sandbox is started before it is listed. */
export const SANDBOX_LEFTOVER_MS = 60_000;

const WHAT = {
  kata: { reason: "KataVmLeftover", ...t("Kata VM", "Kata 虚拟机") },
  gvisor: { reason: "GvisorLeftover", ...t("gVisor sandbox", "gVisor 沙箱") },
  lxc: { reason: "LxcLeftover", ...t("LXC container", "LXC 容器") },
} as const;

/** Live processes of unlisted sandboxes, by id; only where every one of them is old enough. */
export function leftoverProcesses(all: Facts, now: number): Map<string, SandboxProcess[]> {
  const found = new Map<string, SandboxProcess[]>();
  const sandboxes = all.sandboxes?.data?.processes ?? [];
  // Without a runtime that could list it, LXC is what this machine runs, not what was left.
  const isContainerNode = (all.runtimes?.data ?? []).some((r) => r.kind === "cri" || r.name === "pouch");
  for (const p of sandboxes) {
    if (p.isListed !== false || (p.kind === "lxc" && !isContainerNode)) continue;
    found.set(p.containerId, [...(found.get(p.containerId) ?? []), p]);
  }
  for (const [id, list] of found) {
    const isListed = sandboxes.some((p) => p.containerId === id && p.isListed !== false);
    if (isListed || list.some((p) => now - p.startedAt < SANDBOX_LEFTOVER_MS)) found.delete(id);
  }
  return found;
}

export const sandboxProcessLeftover = defineCheck({
  id: "sandbox-process-leftover",
  title: t("Sandbox left behind", "残留的沙箱进程"),
  area: "sandbox",
  severity: "warning",
  needs: ["sandboxes", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 15_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { leftoverMs: SANDBOX_LEFTOVER_MS },
  suggestion: t(
    "End it after proof that no runtime and no shim stands behind it. Where it is meant to run outside the runtimes, let its owner say so.",
    "确认没有运行时和 shim 对应它之后将其结束。若它本就应独立于运行时运行，请负责人说明。",
  ),
  repairs: ["end-leftover-sandbox"],
  evaluate: ({ facts, all, now }) => {
    if (facts.sandboxes.processes.length === 0) return [];
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so nobody can say which sandboxes it lists` };
    return [...leftoverProcesses(all, now)].flatMap(([containerId, list]) => {
      const [first] = list;
      if (!first) return [];
      const what = WHAT[first.kind];
      const held = list.reduce((sum, p) => sum + p.rssBytes, 0);
      return [
        {
          subject: containerId,
          reason: what.reason,
          message: t(
            `${what.en} ${shortId(containerId)} runs (${list.length} process(es), ${bytes(held)}), but no runtime lists it.`,
            `${what.zh} ${shortId(containerId)} 仍在运行（${list.length} 个进程，${bytes(held)}），但没有任何运行时列出它。`,
          ),
          evidence: [
            tableOf(
              t("Its processes", "其进程"),
              "sandboxes",
              ["pid", "role", "name", "state", "memory", "age"],
              list.map((p) => [p.process.pid, p.role, p.name, p.state, bytes(p.rssBytes), age(now - p.startedAt)]),
            ),
          ],
          params: { containerId, kind: first.kind, processes: list.map((p) => p.process) },
        },
      ];
    });
  },
});

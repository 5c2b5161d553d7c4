// What a failed probe and the state of the module's process together say about a runtime: one verdict for runtime-down, runtime-hung and all checks that need an answering runtime.
import type { FactData, Facts } from "../protocol/facts.ts";

type Runtime = FactData["runtimes"][number];
type Module = FactData["modules"][number];

/** Exactly one of the two faults, so that a node never shows both for one runtime; "unsure" until it can be told which. */
export type RuntimeVerdict =
  | { state: "answers" }
  | { state: "unsure"; reason: "RefusedWhileAlive" }
  | { state: "down"; reason: "ProcessGone" | "ConnectionRefused" }
  | { state: "hung"; reason: "ProcessStopped" | "NotListening" | "ProbeTimeout" | "ProbeError" };

const REFUSED = /UNAVAILABLE|ECONNREFUSED|ENOENT|ECONNRESET|EPIPE/i;
const SILENT = /DEADLINE|TIMEOUT|TIMEDOUT/i;
/** A refused connection counts as "lives without its socket" only when the process was looked at this long after the first refusal, ms. */
const PROCESS_LOOK_AFTER_MS = 15_000;

/** The module that runs a runtime, when the agent knows it. */
export function moduleOf(runtime: Runtime, facts: Facts): Module | undefined {
  return facts.modules?.data?.find((module) => module.name === runtime.module);
}

/** Verdict on one runtime. A process that is gone wins over whatever the probe says; a stopped or living process makes a silence a hang. */
export function judgeRuntime(runtime: Runtime, facts: Facts): RuntimeVerdict {
  if (runtime.probe.ok) return { state: "answers" };
  const module = moduleOf(runtime, facts);
  const code = `${runtime.probe.code ?? ""} ${runtime.probe.error ?? ""}`;
  if (module && module.state !== "unknown") {
    const gone = module.state === "stopped" || module.state === "absent" || module.process === null;
    if (gone || module.processState === "Z" || module.processState === "X")
      return { state: "down", reason: "ProcessGone" };
    if (module.processState === "T" || module.processState === "t") return { state: "hung", reason: "ProcessStopped" };
  }
  if (SILENT.test(code)) return { state: "hung", reason: "ProbeTimeout" };
  if (REFUSED.test(code)) {
    if (!module?.process) return { state: "down", reason: "ConnectionRefused" };
    const lookedAt = facts.modules?.at ?? 0;
    const failingSince = runtime.probe.failingSince ?? lookedAt;
    const lives = lookedAt - failingSince >= PROCESS_LOOK_AFTER_MS;
    // Either it just ended and the next look will say so, or it lives on without its socket, or it is starting.
    return lives ? { state: "hung", reason: "NotListening" } : { state: "unsure", reason: "RefusedWhileAlive" };
  }
  return { state: "hung", reason: "ProbeError" };
}

/** Whether an earlier runtime of the list is run by the same module and silent too: then that one's finding says it all. */
export function isToldByOther(runtime: Runtime, runtimes: readonly Runtime[]): boolean {
  const first = runtimes.find((r) => r.module !== null && r.module === runtime.module && !r.probe.ok);
  return first !== undefined && first.id !== runtime.id;
}

/** Id of a runtime that does not answer, or null when all do: what it last listed must not be compared with what lives. */
export function silentRuntime(runtimes: FactData["runtimes"]): string | null {
  return runtimes.find((runtime) => !runtime.probe.ok)?.id ?? null;
}

/** Every id under which a runtime lists something: containers of any state, pods, and the pods' uids (kubelet names folders by these). */
export function listedIds(containers: FactData["containers"], pods: FactData["pods"]): Set<string> {
  const ids = new Set<string>();
  for (const container of containers) {
    ids.add(container.id);
    if (container.podId) ids.add(container.podId);
    if (container.podUid) ids.add(container.podUid);
  }
  for (const pod of pods) {
    ids.add(pod.id);
    ids.add(pod.uid);
  }
  return ids;
}

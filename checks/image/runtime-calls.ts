// Calls of a runtime whose time and success speak of the runtime itself, beside what they were before. Shared by two checks.
import type { FactData } from "../../protocol/facts.ts";

export type Call = FactData["startup"]["interfaces"][number];

/** Calls that last as long as the caller wants, or that depend on a registry. */
const NOT_ITS_OWN =
  /\/(PullImage|StopContainer|StopPodSandbox|Exec|ExecSync|Attach|PortForward|GetContainerEvents|Wait|exec|stop|wait|attach|pull)$/;

/** Windows after which something is usual, and calls after which a window says something. */
export const USUAL = { windowsMin: 20, callsMin: 5 } as const;

/** Calls with a past to be compared with. */
export const comparable = (calls: readonly Call[]): Call[] =>
  calls.filter(
    (call) => !NOT_ITS_OWN.test(call.interface) && call.calls >= USUAL.callsMin && call.windows >= USUAL.windowsMin,
  );

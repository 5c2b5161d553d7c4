// What state a node is in, decided purely from what is stored about it; set-state.ts applies it. Client-safe.
import type { NodeState } from "./schema.ts";

export type NodeFlags = {
  /** State that stands now; maintenance and not_reporting hold until something ends them. */
  state: NodeState;
  stateReason: string;
  /** A gateway has a live session with its agent. */
  isConnected: boolean;
  /** At least one check came to an outcome other than unknown. */
  isInspected: boolean;
  /** Present (open or flapping) findings by severity. */
  presentCritical: number;
  presentWarning: number;
};

/** What happened, besides facts and findings. `overdue` is said by the gateway alone, after a full period of successful listening. */
export type NodeEvent = { type: "none" } | { type: "overdue" } | { type: "maintenance"; on: boolean; reason: string };

export type DerivedState = { state: NodeState; reason: string };

export const NO_EVENT: NodeEvent = { type: "none" };

/**
 * State and reason of a node. Maintenance wins over everything, silence over findings; a node no check could judge is unknown, never healthy.
 * Reasons are fixed short phrases (the operator's own words in maintenance), so that they can be translated and do not change by themselves.
 */
export function deriveState(flags: NodeFlags, event: NodeEvent = NO_EVENT): DerivedState {
  if (event.type === "maintenance" && event.on) return { state: "maintenance", reason: event.reason };
  const endsMaintenance = event.type === "maintenance" && !event.on;
  if (flags.state === "maintenance" && !endsMaintenance) return { state: "maintenance", reason: flags.stateReason };
  if (!flags.isConnected && (event.type === "overdue" || flags.state === "not_reporting")) {
    return { state: "not_reporting", reason: "no session with its agent" };
  }
  if (!flags.isInspected) return { state: "unknown", reason: "not inspected yet" };
  if (flags.presentCritical > 0) return { state: "unhealthy", reason: "critical findings" };
  if (flags.presentWarning > 0) return { state: "degraded", reason: "warning findings" };
  return { state: "healthy", reason: "no findings" };
}

// How states look everywhere: shape, colour and word belong together, so that none is told by colour alone. Pure.
import type { Severity } from "../../checks/define.ts";
import type { FindingState } from "../../server/findings/schema.ts";
import type { NodeState } from "../../server/nodes/schema.ts";
import type { RepairState } from "../../server/repairs/schema.ts";

export type Tone = "healthy" | "degraded" | "unhealthy" | "silent" | "unknown" | "maintenance" | "accent";
export type Shape = "circle" | "triangle" | "square" | "dotted" | "diamond" | "pause" | "progress";
export type Look = { tone: Tone; shape: Shape };

export const nodeLook: Record<NodeState, Look> = {
  healthy: { tone: "healthy", shape: "circle" },
  degraded: { tone: "degraded", shape: "triangle" },
  unhealthy: { tone: "unhealthy", shape: "square" },
  not_reporting: { tone: "silent", shape: "dotted" },
  unknown: { tone: "unknown", shape: "diamond" },
  maintenance: { tone: "maintenance", shape: "pause" },
};

/** Beside the state: two machines show the node's identity. */
export const quarantineLook: Look = { tone: "unhealthy", shape: "pause" };

export const severityLook: Record<Severity, Look> = {
  critical: { tone: "unhealthy", shape: "square" },
  warning: { tone: "degraded", shape: "triangle" },
  info: { tone: "unknown", shape: "diamond" },
};

export const findingLook: Record<FindingState, Look> = {
  pending: { tone: "unknown", shape: "dotted" },
  open: { tone: "unhealthy", shape: "square" },
  flapping: { tone: "degraded", shape: "triangle" },
  recovering: { tone: "accent", shape: "progress" },
  closed: { tone: "healthy", shape: "circle" },
};

/** Beside the state: a mute covers it. */
export const mutedLook: Look = { tone: "maintenance", shape: "pause" };

export const repairLook: Record<RepairState, Look> = {
  awaiting: { tone: "maintenance", shape: "pause" },
  queued: { tone: "unknown", shape: "dotted" },
  capturing: { tone: "accent", shape: "progress" },
  running: { tone: "accent", shape: "progress" },
  verifying: { tone: "accent", shape: "progress" },
  succeeded: { tone: "healthy", shape: "circle" },
  failed: { tone: "unhealthy", shape: "square" },
  cancelled: { tone: "silent", shape: "pause" },
};

export const checkLook: Record<"ok" | "problem" | "unknown", Look> = {
  ok: { tone: "healthy", shape: "circle" },
  problem: { tone: "unhealthy", shape: "square" },
  unknown: { tone: "unknown", shape: "diamond" },
};

export const moduleLook: Record<"running" | "hung" | "stopped" | "absent" | "unknown", Look> = {
  running: { tone: "healthy", shape: "circle" },
  hung: { tone: "degraded", shape: "triangle" },
  stopped: { tone: "unhealthy", shape: "square" },
  absent: { tone: "silent", shape: "dotted" },
  unknown: { tone: "unknown", shape: "diamond" },
};

export const containerLook: Record<string, Look> = {
  running: { tone: "healthy", shape: "circle" },
  created: { tone: "unknown", shape: "dotted" },
  paused: { tone: "maintenance", shape: "pause" },
  exited: { tone: "silent", shape: "square" },
  unknown: { tone: "unknown", shape: "diamond" },
};

/** Text colour of a tone. */
export const toneText: Record<Tone, string> = {
  healthy: "text-healthy",
  degraded: "text-degraded",
  unhealthy: "text-unhealthy",
  silent: "text-silent",
  unknown: "text-unknown",
  maintenance: "text-maintenance",
  accent: "text-accent",
};

/** CSS colour of a tone, for charts. */
export const toneColor = (tone: Tone): string => `var(--c-${tone})`;

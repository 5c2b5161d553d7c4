// How a verdict looks: shape, colour and word together. Pure.
import type { CaseStage, VerdictSide } from "../../../../server/diagnosis/schema.ts";
import type { Look } from "../../../_ui/state.ts";

export const sideLook: Record<VerdictSide, Look> = {
  yours: { tone: "accent", shape: "circle" },
  ours: { tone: "degraded", shape: "square" },
  either: { tone: "unknown", shape: "diamond" },
  unsure: { tone: "silent", shape: "dotted" },
};

export const wellLook: Look = { tone: "healthy", shape: "circle" };

export const stageLook: Record<CaseStage, Look> = {
  awaiting: { tone: "maintenance", shape: "pause" },
  approved: { tone: "accent", shape: "progress" },
  running: { tone: "accent", shape: "progress" },
  verifying: { tone: "accent", shape: "progress" },
  fixed: { tone: "healthy", shape: "circle" },
  failed: { tone: "unhealthy", shape: "square" },
  cancelled: { tone: "silent", shape: "pause" },
};

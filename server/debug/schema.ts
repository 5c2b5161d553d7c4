// Inputs and outputs of the debugger. Client-safe.
import { z } from "zod";
import type { Abnormal } from "../../diagnosis/debug/define.ts";
import type { DebugReport } from "../../protocol/debug.ts";
import type { Text } from "../../protocol/text.ts";
import { Page, type Paged } from "../core/paging.ts";

export const StartDebug = z.object({
  /** Id or name. */
  node: z.string().min(1).max(253),
  /** Id of a container, or the beginning of one that is listed there; the node itself when absent. */
  container: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/)
    .optional(),
  runtime: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,63}$/)
    .optional(),
});

export const DebugRef = z.object({ id: z.uuid() });

export const ListDebug = Page.extend({
  node: z.string().max(253).optional(),
  container: z.string().max(128).optional(),
});

export const debugStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type DebugState = (typeof debugStates)[number];

export type StartedDebug = { id: string };

export type DebugRow = {
  id: string;
  nodeId: string;
  nodeName: string;
  /** Null: the node itself. */
  containerId: string | null;
  containerName: string | null;
  state: DebugState;
  /** Why it is over without a report. */
  outcome: Text | null;
  requestedBy: string;
  createdAt: Date;
  endedAt: Date | null;
};
export type DebugList = Paged<DebugRow>;

export type DebugVerdict = {
  side: "yours" | "ours" | "either" | "unsure";
  /** Nothing abnormal was seen. */
  isWell: boolean;
  text: Text;
};
export type DebugCause = { id: string; title: Text; confidence: number };

export type DebugDetail = DebugRow & {
  report: DebugReport | null;
  /** Worst first. */
  abnormal: Abnormal[];
  verdict: DebugVerdict | null;
  /** What the abnormal things and the lines of logs point at, likeliest first. */
  causes: DebugCause[];
};

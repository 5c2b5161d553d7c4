// Inputs and outputs of the findings domain, and the predicates of a finding's state. Client-safe.
import { z } from "zod";
import type { Evidence, Severity } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import type { Mode } from "../check-modes/schema.ts";
import { type Facet, Page, type Paged } from "../core/paging.ts";
import type { LadderState } from "../repairs/schema.ts";

export const findingStates = ["pending", "open", "flapping", "recovering", "closed"] as const;
export const FindingState = z.enum(findingStates);
export type FindingState = z.infer<typeof FindingState>;

/** Shown as a present trouble. */
export const isPresent = (state: FindingState): boolean => state === "open" || state === "flapping";
/** Not over yet, and shown. */
export const isVisible = (state: FindingState): boolean => isPresent(state) || state === "recovering";

export const ListFindings = Page.extend({
  /** `visible` = open, flapping and recovering. */
  state: z.enum(["visible", "closed", "all"]).default("visible"),
  severity: z.array(z.enum(["critical", "warning", "info"])).default([]),
  checkId: z.array(z.string()).default([]),
  node: z.string().optional(),
  /** Findings that a mute covers are left out unless asked for. */
  muted: z.enum(["hide", "only", "all"]).default("hide"),
  /** Those of one incident. */
  incident: z.uuid().optional(),
  search: z.string().max(200).default(""),
});

export const GroupFindings = ListFindings.pick({ severity: true, checkId: true, node: true, search: true });

export type FindingRow = {
  id: string;
  nodeId: string;
  nodeName: string;
  pool: string;
  zone: string;
  checkId: string;
  title: Text;
  subject: string;
  state: FindingState;
  severity: Severity;
  reason: string;
  message: Text;
  causeKey: string | null;
  firstSeenAt: Date;
  openedAt: Date | null;
  lastSeenAt: Date;
  closedAt: Date | null;
  closeReason: string | null;
  flapCount: number;
  acknowledgedBy: string | null;
  /** A repair that runs for it right now. */
  activeRepairId: string | null;
  /** First repair that the check allows, for the button in lists. */
  suggestedRepair: { id: string; title: Text; risk: Risk } | null;
  /** The mute that covers it: it counts for no state and starts nothing. */
  mute: { id: string; reason: string; expiresAt: Date } | null;
  /** The open trouble that it is part of: its own repair waits. */
  incident: { id: string; title: Text; nodeCount: number } | null;
  /** A person's verdict; null: nobody said. */
  wasReal: boolean | null;
};
/** `muted`: how many more there are that a mute covers. */
export type FindingList = Paged<FindingRow> & { muted: number; facets: { severity: Facet[]; checkId: Facet[] } };

/** Findings under one cause: the same check and, where known, the same cause key. */
export type FindingGroup = {
  key: string;
  checkId: string;
  title: Text;
  suggestion: Text;
  causeKey: string | null;
  severity: Severity;
  nodeCount: number;
  findingCount: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** Findings opened per hour over the last 24 h, oldest first. */
  spread: number[];
  findings: FindingRow[];
};

export const FindingRef = z.object({ id: z.uuid() });
/** `wasReal` null takes the verdict back. */
export const JudgeFinding = FindingRef.extend({ wasReal: z.boolean().nullable() });

export type OfferedRepair = {
  id: string;
  title: Text;
  risk: Risk;
  hasUndo: boolean;
  /** Measured: how often it ended verified, over all nodes and on this kernel. */
  record: { succeeded: number; total: number; succeededOnKernel: number; totalOnKernel: number };
  /** Attempts that were made for this very finding, and how they ended. */
  tried: { succeeded: number; failed: number };
};

export type FindingDetail = FindingRow & {
  evidence: Evidence[];
  params: Record<string, unknown>;
  suggestion: Text;
  area: string;
  needs: string[];
  raiseAfterMs: number;
  clearAfterMs: number;
  recoveringAt: Date | null;
  acknowledgedAt: Date | null;
  /** Best first: what worked here, then the least risk. None where the check is only observed. */
  repairs: OfferedRepair[];
  /** How far the product may go by itself for this check in the node's pool. */
  mode: Mode;
  /** Why the product does nothing (more) by itself, or what it will do next; null where it has no say. */
  ladder: LadderState | null;
  /** Kernel and runtimes of the node when it opened. */
  kernel: string;
  runtimes: string;
  runs: {
    id: string;
    repairId: string;
    title: Text;
    state: string;
    createdAt: Date;
    endedAt: Date | null;
    requestedBy: string;
  }[];
  /** Markdown of the check's article. */
  article: Text | null;
  /** Other nodes that have the same check open now. */
  alsoOn: { findingId: string; nodeId: string; nodeName: string }[];
};

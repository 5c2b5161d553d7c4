// Inputs and outputs of the findings domain, and the predicates of a finding's state. Client-safe.
import { z } from "zod";
import type { Evidence, Severity } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import { type Facet, Page, type Paged } from "../core/paging.ts";

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
};
export type FindingList = Paged<FindingRow> & { facets: { severity: Facet[]; checkId: Facet[] } };

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

export type OfferedRepair = {
  id: string;
  title: Text;
  risk: Risk;
  hasUndo: boolean;
  /** Measured: how often it ended verified, over all nodes and on this kernel. */
  record: { succeeded: number; total: number; succeededOnKernel: number; totalOnKernel: number };
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
  repairs: OfferedRepair[];
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

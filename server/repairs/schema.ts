// Inputs and outputs of the repairs domain, and the predicates of a repair's state. Client-safe.
import { z } from "zod";
import type { CommandResult } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import type { Guard, Plan, Risk } from "../../repairs/define.ts";
import type { ApprovalNeed, ApprovalState, GivenApproval } from "../approvals/schema.ts";
import { Page, type Paged } from "../core/paging.ts";

export const repairStates = [
  "awaiting",
  "queued",
  "capturing",
  "running",
  "verifying",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export const RepairState = z.enum(repairStates);
export type RepairState = z.infer<typeof RepairState>;

/** Waits for a signature or a release; nothing was begun. */
export const isAwaiting = (state: RepairState): boolean => state === "awaiting";

/** Terminal states are final (invariant I-35). */
export const isOver = (state: RepairState): boolean =>
  state === "succeeded" || state === "failed" || state === "cancelled";

/** An incident whose nodes' own repairs wait: mending the shared cause mends them all. */
export type Hold = { incidentId: string; title: Text; nodeCount: number; text: Text };

/** Where the product stands with a finding: what was tried automatically, what comes next, and when. */
export type LadderState = {
  /** next: a repair may be started; wait: not before `at`; held: an incident is open; person: all was tried, or nothing is left that may start by itself. */
  state: "next" | "wait" | "held" | "person";
  /** The repair that comes next; null when none does. */
  repairId: string | null;
  at: Date | null;
  /** Attempts for this finding, newest first, by whomever. */
  tried: { repairId: string; title: Text; state: RepairState; endedAt: Date | null }[];
  text: Text;
};

/** Runs of a person: `person`, and `override` when they started it although an incident held it. */
export type RepairOrigin = "person" | "override" | "approve" | "auto";

export const PreviewRepair = z.object({ findingId: z.uuid(), repairId: z.string().optional() });

/** Why a person starts the repair of one node although an incident holds it; stands in the audit trail. */
export const OverrideHold = z.object({ reason: z.string().trim().min(3).max(500) });

export type RepairPreview = {
  findingId: string;
  repairId: string;
  title: Text;
  risk: Risk;
  nodeId: string;
  nodeName: string;
  guards: Guard[];
  /** Null when there is nothing to do; then `nothing` says why. */
  plan: Plan | null;
  nothing: Text | null;
  /** sha-256 over node, finding, repair and plan; `start` runs exactly this or refuses. */
  planHash: string;
  /** All guards hold, there is a plan, the finding is present and no other repair runs on the node. */
  canStart: boolean;
  /** Why not, when it cannot. */
  refusal: Text | null;
  verifies: { checkId: string; title: Text }[];
  settleMs: number;
  verifyWithinMs: number;
  hasUndo: boolean;
  /** Repairs of this node wait for an incident: `start` takes an `override` with a reason. Then `canStart` is false and `refusal` says so. */
  hold: Hold | null;
};

/** A preview as people see it: with what the plan needs before it may run. */
export type ShownPreview = RepairPreview & {
  approval: ApprovalNeed;
  ladder: LadderState | null;
  /** What the safety budget would say if it were asked now, with the sum that decides; null for a node that is gone. */
  budget: { isGranted: boolean; sum: Text } | null;
};

/** `state` awaiting: nothing happens before it is approved; the page of the run says by whom. */
export type StartedRepair = { id: string; state: RepairState };

export const StartRepair = z.object({
  findingId: z.uuid(),
  repairId: z.string(),
  planHash: z.string(),
  override: OverrideHold.optional(),
});
export const RepairRef = z.object({ id: z.uuid() });
export const UndoRepair = RepairRef.extend({ planHash: z.string() });

export const ListRepairs = Page.extend({
  state: z.enum(["active", "over", "all"]).default("all"),
  node: z.string().optional(),
  search: z.string().max(200).default(""),
});

export type RepairRow = {
  id: string;
  repairId: string;
  title: Text;
  risk: Risk;
  nodeId: string;
  nodeName: string;
  findingId: string | null;
  checkId: string | null;
  subject: string | null;
  state: RepairState;
  step: number;
  stepCount: number;
  outcome: Text | null;
  requestedBy: string;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  isUndo: boolean;
  origin: RepairOrigin;
};
export type RepairList = Paged<RepairRow>;

export type RepairCommandRow = {
  id: string;
  role: "evidence" | "step";
  stepIndex: number;
  type: string;
  params: unknown;
  state: "queued" | "signed" | "accepted" | "done" | "refused" | "failed" | "unknown" | "expired";
  generation: number;
  issuedAt: Date | null;
  expiresAt: Date | null;
  acceptedAt: Date | null;
  endedAt: Date | null;
  result: CommandResult | null;
};

export type RepairDetail = RepairRow & {
  plan: Plan;
  planHash: string;
  guards: Guard[];
  commands: RepairCommandRow[];
  verifyingAt: Date | null;
  verifies: { checkId: string; title: Text; status: "ok" | "problem" | "unknown" | null; reason: string }[];
  settleMs: number;
  verifyWithinMs: number;
  undoOfId: string | null;
  /** Repairs that undid this one. */
  undoneById: string | null;
  canUndo: boolean;
  canCancel: boolean;
  /** While it waits for approval, else null. */
  approval: ApprovalState | null;
  /** Who approved or released it, in order. */
  approvedBy: GivenApproval[];
};

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

export const PreviewRepair = z.object({ findingId: z.uuid(), repairId: z.string().optional() });

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
};

/** A preview as people see it: with what the plan needs before it may run. */
export type ShownPreview = RepairPreview & { approval: ApprovalNeed };

/** `state` awaiting: nothing happens before it is approved; the page of the run says by whom. */
export type StartedRepair = { id: string; state: RepairState };

export const StartRepair = z.object({ findingId: z.uuid(), repairId: z.string(), planHash: z.string() });
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

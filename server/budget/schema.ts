// Inputs and outputs of the safety budget, of nodes in hand and of cordons. Client-safe.
import { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import type { BudgetPolicy } from "../../rollout/types.ts";

const Reason = z.string().trim().min(3).max(500);
const MINUTE = 60_000;

export const ListBudgets = z.strictObject({ pool: z.string().max(100).optional() });
export const ListLeases = z.strictObject({
  pool: z.string().max(100).optional(),
  node: z.string().max(253).optional(),
  /** What is under way by itself as well, not only people's cordons. */
  all: z.boolean().default(true),
});

export type BudgetRow = {
  pool: string;
  nodes: number;
  sick: number;
  leased: number;
  max: number;
  free: number;
  /** "pool web: 2 sick + 3 under way = 5 of at most 5 (10 % of 50)". */
  sum: Text;
  policy: BudgetPolicy;
  isDefault: boolean;
};
export const SetBudget = z.strictObject({
  pool: z.string().min(1).max(100),
  policy: z.strictObject({
    maxUnavailable: z.union([
      z.strictObject({ nodes: z.number().int().min(1) }),
      z.strictObject({ ratio: z.number().gt(0).max(1) }),
    ]),
    maxUnhealthyRatio: z.number().gt(0).max(1),
    maxDomains: z.number().int().min(1),
    minAvailable: z.number().int().min(0),
  }),
  reason: Reason,
});
export type LeaseRow = {
  id: string;
  nodeId: string;
  nodeName: string;
  pool: string;
  kind: "action" | "soak" | "cordon";
  owner: string;
  ownerName: string;
  reason: string;
  takenAt: Date;
  expiresAt: Date | null;
  isMine: boolean;
};
export type LeaseRequestRow = {
  id: string;
  nodeId: string;
  nodeName: string;
  ownerName: string;
  reason: string;
  place: number;
  waitsFor: Text | null;
  askedAt: Date;
  isMine: boolean;
};
export type LeaseList = { leases: LeaseRow[]; waiting: LeaseRequestRow[] };
/** A person takes a node out of use for a while; where the budget or another holder says no, it waits in line. */
export const Cordon = z.strictObject({
  node: z.string().max(253),
  forMs: z
    .number()
    .int()
    .min(MINUTE)
    .max(30 * 24 * 60 * MINUTE),
  reason: Reason,
  /** Whether to wait in line when it cannot be had now. */
  isWaiting: z.boolean().default(true),
});
export type CordonAnswer = { leaseId: string | null; requestId: string | null; sum: Text };
export const LeaseRef = z.strictObject({ id: z.uuid() });
export const ExtendLease = LeaseRef.extend({
  forMs: z
    .number()
    .int()
    .min(MINUTE)
    .max(30 * 24 * 60 * MINUTE),
  reason: Reason,
});

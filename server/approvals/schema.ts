// Inputs and outputs of approvals: what waits for a signature, the keys that may sign, and the rules. Client-safe.
import { z } from "zod";
import type { Statement } from "../../protocol/statement.ts";
import { StatementSignature } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import type { Guard, Plan, Risk } from "../../repairs/define.ts";
import type { Phase } from "../../rollout/types.ts";
import type { RepairState } from "../repairs/schema.ts";

/** What to sign: the statement itself and the challenge that a passkey signs (sha-256, base64url). */
export type ToSign = { statement: Statement; challenge: string };

export type GivenApproval = { person: string; personName: string; at: Date; isSigned: boolean };

/** Where a waiting run stands. */
export type ApprovalState = {
  /** Signatures that the risk asks for now. */
  needed: number;
  /** False: a release by somebody who may run repairs is enough (a safe plan asked for by somebody who may not start it). */
  needsSignature: boolean;
  given: GivenApproval[];
  /** Whether you can give the next one, and why not. */
  canApprove: boolean;
  refusal: Text | null;
  /** Null when no signature is needed from you. */
  toSign: ToSign | null;
  approveBy: Date;
};

/** What stands between asking for a repair and its first step. */
export type ApprovalNeed = {
  /** none: it starts at once. release: somebody who may run repairs lets it go. signature: signed approvals. */
  kind: "none" | "release" | "signature";
  /** Different persons. */
  needed: number;
  /** Whether your own signature counts. */
  countsYours: boolean;
  /** Whether you have a key that is accepted for approvals. */
  hasKey: boolean;
};

export type WaitingRun = {
  /** Run id. */
  id: string;
  repairId: string;
  title: Text;
  risk: Risk;
  nodeId: string;
  nodeName: string;
  findingId: string | null;
  /** The run that it takes back. */
  undoOfId: string | null;
  plan: Plan;
  guards: Guard[];
  planHash: string;
  state: RepairState;
  requestedBy: string;
  requestedByName: string;
  /** You asked for it. */
  isYours: boolean;
  createdAt: Date;
  approval: ApprovalState;
};

/** A rollout that goes on only when somebody says so. Exactly one of `approval`, `gate` and `secondPerson` is what it waits for. */
export type WaitingRollout = {
  id: string;
  /** "" where nobody named it; then its summary says what it is. */
  title: string;
  summary: Text;
  risk: Risk;
  lane: "normal" | "fast";
  /** Where, as it was asked for: text of selectors/, how many nodes by name, a check whose findings it mends. */
  selector: string;
  namedCount: number;
  checkId: string | null;
  targetCount: number;
  waveCount: number;
  domains: string[];
  reason: string;
  targetHash: string;
  changeHash: string;
  policyHash: string;
  requestedByName: string;
  isYours: boolean;
  createdAt: Date;
  waitsSince: Date;
  approval: ApprovalState | null;
  gate: { after: number; askedAt: Date; canDecide: boolean } | null;
  /** Who asked to end the soak of a wave before its least exposure; it takes another person. */
  secondPerson: { wave: number; by: string; byName: string; reason: string; at: Date } | null;
};

export const ListWaitingRollouts = z.object({});
export const ListWaiting = z.object({ findingId: z.uuid().optional() });
export const RunRef = z.object({ id: z.uuid() });
export const ApproveRun = RunRef.extend({ signature: StatementSignature });
/** `state` awaiting: it needs more signatures, or waits for its node (`outcome` says so); cancelled: the plan is not the same any more. */
/** `phase` planned: it needs more signatures; approved: it may be started. */
export type RolloutDecided = { id: string; phase: Phase };
export type Decided = { id: string; state: RepairState; outcome: Text | null };
export const RejectRun = RunRef.extend({ reason: z.string().max(500).default("") });

export type ApprovalKeyRow = {
  id: string;
  type: "ed25519" | "webauthn";
  person: string;
  personName: string;
  label: string;
  /** Raw Ed25519 or COSE (passkey), base64url: people compare its fingerprint before they accept it. */
  publicKey: string;
  /** requested: waits for the signature of an accepted key. */
  state: "requested" | "active" | "removed" | "refused";
  reason: string;
  requestedAt: Date;
  changedAt: Date;
  isYours: boolean;
  /** For a requested key: what an accepted key's holder signs to accept it. For an active one: what removes it. */
  toSign: ToSign;
};

/** Asks for one of your passkeys to be accepted for approvals. */
export const RequestKey = z.object({ passkeyId: z.string().min(16).max(1_024) });
export const SignKey = z.object({ keyId: z.string().min(16).max(1_024), signature: StatementSignature });

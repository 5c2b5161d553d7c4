// What people sign: a statement says exactly one thing (this plan may run, this rollout may go, this key is trusted, this freeze is lifted), and is worth nothing for any other.
// Console and command line show it, a passkey or a local key signs it, the dispatcher checks it.
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const KeyId = z.string().regex(/^[A-Za-z0-9_-]{16,1024}$/);
/** "user:<id>": whoever holds a key. */
const Person = z.string().regex(/^user:[\w-]{1,64}$/);
/** Epoch ms after which the statement is worth nothing. */
const expiresAt = z.number().int().positive();

export const Risk = z.enum(["safe", "disruptive", "destructive"]);

/** This plan, in this run, on this node. */
export const PlanStatement = z.strictObject({
  v: z.literal(1),
  kind: z.literal("plan"),
  /** Id of the run (`repair.id`): an approval is for one run only. */
  runId: z.uuid(),
  nodeId: z.uuid(),
  nodeName: z.string(),
  /** Id in the repair catalogue. */
  repairId: z.string(),
  planHash: Hash,
  risk: Risk,
  /** Who asked for it: "user:<id>" or "token:<id>". */
  requestedBy: z.string(),
  expiresAt,
});
export type PlanStatement = z.infer<typeof PlanStatement>;

/** This change, by these rules, on exactly these nodes, forth and – should it be wrong – back. */
export const RolloutStatement = z.strictObject({
  v: z.literal(1),
  kind: z.literal("rollout"),
  rolloutId: z.uuid(),
  title: z.string().max(200),
  /** Kind of the change (changes/list.ts). */
  change: z.string().max(50),
  /** sha-256 of its canonical {kind, params}. */
  changeHash: Hash,
  /** sha-256 over the ids of all nodes that may be changed (rollout/plan.ts, `targetText`). */
  targetHash: Hash,
  targetCount: z.number().int().positive(),
  policyHash: Hash,
  lane: z.enum(["normal", "fast"]),
  risk: Risk,
  /** Who asked for it: "user:<id>" or "token:<id>". */
  requestedBy: z.string(),
  expiresAt,
});
export type RolloutStatement = z.infer<typeof RolloutStatement>;

/** A key to be trusted from now on. `publicKey`: raw Ed25519 or COSE (passkey), base64url. */
export const KeyAddStatement = z.strictObject({
  v: z.literal(1),
  kind: z.literal("key-add"),
  keyId: KeyId,
  type: z.enum(["ed25519", "webauthn"]),
  publicKey: z.string().max(4_096),
  person: Person,
  personName: z.string(),
  expiresAt,
});
export type KeyAddStatement = z.infer<typeof KeyAddStatement>;

export const KeyRemoveStatement = z.strictObject({
  v: z.literal(1),
  kind: z.literal("key-remove"),
  keyId: KeyId,
  expiresAt,
});
export type KeyRemoveStatement = z.infer<typeof KeyRemoveStatement>;

/** Lifts the freeze of that epoch (`freeze.epoch`) and no other. */
export const UnfreezeStatement = z.strictObject({
  v: z.literal(1),
  kind: z.literal("unfreeze"),
  epoch: z.number().int().positive(),
  expiresAt,
});
export type UnfreezeStatement = z.infer<typeof UnfreezeStatement>;

export const Statement = z.discriminatedUnion("kind", [
  PlanStatement,
  RolloutStatement,
  KeyAddStatement,
  KeyRemoveStatement,
  UnfreezeStatement,
]);
export type Statement = z.infer<typeof Statement>;

/** No other signature of ours begins with this, so that none can be taken for an approval. */
const DOMAIN = "nodeops-statement-v1\n";

/** What an Ed25519 key signs. */
export const statementBytes = (statement: Statement): Uint8Array =>
  new TextEncoder().encode(DOMAIN + canonicalJson(statement));

/** sha-256 of those bytes, base64url: the challenge that a passkey signs, and the statement's name. */
export const statementChallenge = (statement: Statement): string =>
  createHash("sha256").update(statementBytes(statement)).digest("base64url");

export const StatementSignature = z.discriminatedUnion("type", [
  /** 64 bytes, base64url. */
  z.strictObject({ type: z.literal("ed25519"), keyId: KeyId, signature: z.string().length(86) }),
  /** `response` is the AuthenticationResponseJSON of the browser; its credential id is the key's id. */
  z.strictObject({ type: z.literal("webauthn"), keyId: KeyId, response: z.record(z.string(), z.unknown()) }),
]);
export type StatementSignature = z.infer<typeof StatementSignature>;

/** Longest life of a statement that is accepted, ms. */
export const STATEMENT_TTL_MS = 3_600_000;

/** Id of an Ed25519 key: the first 32 hex digits of the sha-256 of its raw 32 bytes. A passkey's id is its credential id. */
export const ed25519KeyId = (rawPublicKey: Uint8Array): string =>
  createHash("sha256").update(rawPublicKey).digest("hex").slice(0, 32);

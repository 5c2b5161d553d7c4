// The two unions that travel between agent and gateway, MessagePack-encoded, one message a WebSocket frame.
import { z } from "zod";
import { CommandResult, SignedCommand } from "./commands.ts";
import { SHELL_PIECE_BYTES_MAX } from "./constants.ts";
import { FactKind, KernelEvent } from "./facts.ts";
import { TrustDocument, TrustDocumentJson } from "./trust.ts";

/** A fact on the wire: `hash` is the content hash (sha-256, 16 hex digits) of `data`; data null means the collector failed, `error` says why. */
export const WireFact = z.object({
  kind: FactKind,
  hash: z.string(),
  at: z.number(),
  data: z.unknown(),
  error: z.string().nullable(),
});
export type WireFact = z.infer<typeof WireFact>;

/** What a durable frame carries. */
export const DurableBody = z.discriminatedUnion("type", [
  z.object({ type: z.literal("result"), result: CommandResult }),
  z.object({ type: z.literal("progress"), commandId: z.uuid(), at: z.number(), message: z.string() }),
  z.object({ type: z.literal("kernel-events"), bootId: z.string(), events: z.array(KernelEvent) }),
]);
export type DurableBody = z.infer<typeof DurableBody>;

/** Why a shell ended. */
export const ShellEnd = z.enum(["exit", "deadline", "closed", "stopped", "lost", "limit", "freeze", "agent", "failed"]);
export type ShellEnd = z.infer<typeof ShellEnd>;

const ShellPiece = z.instanceof(Uint8Array).refine((data) => data.length <= SHELL_PIECE_BYTES_MAX);
/** `seq` rises by one within a shell, over pieces and its end; `atMs` since it opened. */
const shellStamp = { shellId: z.uuid(), seq: z.number().int().positive(), atMs: z.number().int().nonnegative() };

export const AgentToGateway = z.discriminatedUnion("type", [
  /** First frame. `epoch` is new at every start of the agent, so that two agents with one key are noticed. */
  z.object({
    type: z.literal("hello"),
    v: z.number().int(),
    epoch: z.string(),
    agentVersion: z.string(),
    bootId: z.string(),
    at: z.number(),
  }),
  z.object({ type: z.literal("heartbeat"), at: z.number(), spooled: z.number().int() }),
  /** State: latest wins; acknowledged by batch number once stored. */
  z.object({ type: z.literal("facts"), batch: z.number().int(), items: z.array(WireFact) }),
  /** Must not be lost or applied twice: `seq` rises by one, kept on disk until acknowledged. */
  z.object({ type: z.literal("durable"), seq: z.number().int().positive(), body: DurableBody }),
  /** The command was verified and journalled; it will be carried out, once. */
  z.object({ type: z.literal("accepted"), commandId: z.uuid() }),
  /** What a shell printed; kept by the agent until a `shell-ack`, sent again in the next session. */
  z.object({ type: z.literal("shell-output"), ...shellStamp, data: ShellPiece }),
  /** The last piece. `left`: processes that did not die (uninterruptible sleep). */
  z.object({
    type: z.literal("shell-ended"),
    ...shellStamp,
    reason: ShellEnd,
    exitCode: z.number().int().nullable(),
    left: z.number().int().nonnegative(),
  }),
]);
export type AgentToGateway = z.infer<typeof AgentToGateway>;

/**
 * FreezeContent as JSON bytes. With `frozen` it counts whoever sent it; without, only with the signature of a trusted key and for an epoch that is
 * not older than the freeze it ends.
 */
export const Freeze = z.object({
  payload: z.instanceof(Uint8Array),
  keyId: z.string().nullable(),
  signature: z.instanceof(Uint8Array).nullable(),
});
export type Freeze = z.infer<typeof Freeze>;

export const GatewayToAgent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    v: z.number().int(),
    at: z.number(),
    heartbeatMs: z.number().int(),
    /** Durable frames up to here are stored: drop them from the spool and go on after it. */
    ackedSeq: z.number().int(),
    /** Content hashes of the stored facts by kind: send only what differs. */
    hashes: z.record(z.string(), z.string()),
    /** The present trust document; an agent takes it over only when a key that it trusts has signed it. Null while there is none yet. */
    trust: TrustDocument.nullable(),
    /** The state of the freeze: see `freeze`. */
    freeze: Freeze,
  }),
  /** A new trust document (keys or CAs are being rotated). */
  z.object({ type: z.literal("trust"), document: TrustDocument }),
  z.object({ type: z.literal("freeze"), freeze: Freeze }),
  z.object({ type: z.literal("ack"), seq: z.number().int() }),
  z.object({ type: z.literal("facts-ack"), batch: z.number().int() }),
  /** Answer to a heartbeat: `echo` is its `at`. */
  z.object({ type: z.literal("pulse"), echo: z.number(), at: z.number() }),
  z.object({ type: z.literal("command"), command: SignedCommand }),
  /** i: keys; r: size "COLSxROWS"; x: end it ("closed" or "stopped"). One whose `seq` came before is left out. */
  z.object({
    type: z.literal("shell-input"),
    shellId: z.uuid(),
    seq: z.number().int().positive(),
    kind: z.enum(["i", "r", "x"]),
    data: ShellPiece,
  }),
  /** Every piece of the shell up to here is stored. */
  z.object({ type: z.literal("shell-ack"), shellId: z.uuid(), seq: z.number().int().nonnegative() }),
  /** Ask for facts of these kinds now (after a repair, "refresh" in the console). */
  z.object({ type: z.literal("collect"), kinds: z.array(FactKind) }),
  /** The gateway goes away in good order: reconnect after the floor plus jitter. */
  z.object({ type: z.literal("drain"), reconnectAfterMs: z.number().int() }),
  /** Typed refusal, then close. `retryAfterMs` null means: not soon (agents try again after 15 minutes). */
  z.object({
    type: z.literal("refused"),
    code: z.enum(["version", "revoked", "unknown-node", "quarantined", "malformed", "overload"]),
    message: z.string(),
    retryAfterMs: z.number().int().nullable(),
  }),
]);
export type GatewayToAgent = z.infer<typeof GatewayToAgent>;

/** POST ENROL_PATH. */
export const EnrolRequest = z.object({
  token: z.string(),
  /** PKCS#10, PEM, P-256; its subject is ignored, the gateway names the node. */
  csr: z.string(),
  name: z.string().min(1).max(253),
  machineId: z.string(),
  bootId: z.string(),
  agentVersion: z.string(),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

export const EnrolResponse = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    nodeId: z.uuid(),
    name: z.string(),
    certificate: z.string(),
    /** Must be signed by the key whose fingerprint the token carries, and list the CA whose fingerprint it carries. */
    trust: TrustDocumentJson,
  }),
  z.object({
    ok: z.literal(false),
    code: z.enum([
      "bad-token",
      "expired",
      "used-up",
      "wrong-network",
      "name-taken",
      "quarantined",
      "malformed",
      "overload",
    ]),
    message: z.string(),
  }),
]);
export type EnrolResponse = z.infer<typeof EnrolResponse>;

/** POST RENEW_PATH, answered by an EnrolResponse. The node is the one of the certificate that the request comes with. */
export const RenewRequest = z.object({ csr: z.string() });
export type RenewRequest = z.infer<typeof RenewRequest>;

/**
 * Content of a join token after its prefix: base64url(JSON). `ca` is the sha-256 fingerprint (hex) of the CA certificate's DER, `key` the one of the
 * key (raw Ed25519) that signs trust documents: both are pinned before anything is believed.
 */
export const JoinToken = z.object({ id: z.string(), secret: z.string(), ca: z.string(), key: z.string() });
export type JoinToken = z.infer<typeof JoinToken>;
export const JOIN_TOKEN_PREFIX = "nodeops1.";

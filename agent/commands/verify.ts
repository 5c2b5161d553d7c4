// Is this command really meant for this node, from someone who may say so, fresh and not seen before? Pure; answers with the payload or a refusal.
import { createPublicKey, verify } from "node:crypto";
import { CommandPayload, commandBytes, payloadBytes, type SignedCommand } from "../../protocol/commands.ts";
import { CLOCK_SKEW_MAX_MS, COMMAND_TTL_MS } from "../../protocol/constants.ts";

export type Verdict =
  | { ok: true; payload: CommandPayload }
  /** `commandId` is null where nothing in the frame may be believed. */
  | { ok: false; code: string; message: string; commandId: string | null };

const rawKeyPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Raw Ed25519 public key (32 bytes, base64url) as a key object; the prefix is the SPKI header of RFC 8410. */
function keyFrom(raw: string) {
  const bytes = Buffer.from(raw, "base64url");
  if (bytes.length !== 32) return null;
  return createPublicKey({ key: Buffer.concat([rawKeyPrefix, bytes]), format: "der", type: "spki" });
}

/** Signature, shape and addressee: what makes a command genuine, whenever it comes. */
export function authenticate(command: SignedCommand, keys: Readonly<Record<string, string>>, nodeId: string): Verdict {
  const refuse = (code: string, message: string, commandId: string | null = null): Verdict => ({
    ok: false,
    code,
    message,
    commandId,
  });
  const raw = Object.hasOwn(keys, command.keyId) ? keys[command.keyId] : undefined;
  const key = raw === undefined ? null : keyFrom(raw);
  if (!key) return refuse("unknown-key", `no key ${command.keyId} is known here`);
  if (command.signature.length !== 64 || !verify(null, commandBytes(command.payload), key, command.signature)) {
    return refuse("bad-signature", "the signature does not fit the command");
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(command.payload));
  } catch {
    return refuse("malformed", "the signed bytes are not JSON");
  }
  const parsed = CommandPayload.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const id = CommandPayload.shape.id.safeParse((json as { id?: unknown } | null)?.id);
    return refuse("malformed", `${issue?.path.join(".")}: ${issue?.message}`, id.success ? id.data : null);
  }
  // One text for one meaning: a key given twice, or anything else that another reader might take differently, is not a command.
  if (!Buffer.from(payloadBytes(parsed.data)).equals(command.payload))
    return refuse("malformed", "the signed bytes are not canonical", parsed.data.id);
  if (parsed.data.nodeId !== nodeId) return refuse("wrong-node", "the command is for another node");
  return { ok: true, payload: parsed.data };
}

/**
 * The time by which commands are judged: the gateway's, as far as it may be believed. A gateway that lies about the time moves it by
 * CLOCK_SKEW_MAX_MS at most, so that it can bring no old command back to life; a node whose own clock is further off refuses commands.
 */
export function judgedNow(nodeNow: number, offsetMs: number | null): number {
  return nodeNow - Math.min(Math.max(offsetMs ?? 0, -CLOCK_SKEW_MAX_MS), CLOCK_SKEW_MAX_MS);
}

/** What the journal remembers. */
export type Past = { generation: number; nonces: { has: (nonce: string) => boolean } };

/**
 * Is a genuine command still to be carried out?
 * @param now of `judgedNow`
 */
export function admit(payload: CommandPayload, past: Past, now: number): Verdict {
  const refuse = (code: string, message: string): Verdict => ({ ok: false, code, message, commandId: payload.id });
  if (payload.expiresAt - payload.issuedAt > COMMAND_TTL_MS * 10)
    return refuse("malformed", "the command is valid for too long");
  if (payload.issuedAt > now + CLOCK_SKEW_MAX_MS)
    return refuse("not-yet", "the command is from the future: check this node's clock");
  if (now > payload.expiresAt + CLOCK_SKEW_MAX_MS)
    return refuse("expired", "the command has expired; if it is new, check this node's clock");
  if (past.nonces.has(payload.nonce)) return refuse("replayed", "the command's nonce was used before");
  if (payload.generation <= past.generation) {
    return refuse(
      "stale-generation",
      `generation ${payload.generation} is not newer than ${past.generation}, which was begun`,
    );
  }
  return { ok: true, payload };
}

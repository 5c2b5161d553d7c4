// Frame codec: MessagePack of the unions in messages.ts. Decoding validates; noise never throws out of here.
import { Packr } from "msgpackr";
import type { z } from "zod";
import { FRAME_BYTES_MAX } from "./constants.ts";
import { AgentToGateway, GatewayToAgent } from "./messages.ts";

// Plain maps rather than msgpackr records: any MessagePack library can read them, and frames carry no shared state.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

export type Decoded<T> = { ok: true; message: T } | { ok: false; reason: string };

/** Any message of the protocol to bytes. */
export function encode(message: AgentToGateway | GatewayToAgent): Uint8Array {
  return packr.pack(message);
}

/** Deepest nesting of a frame; facts and results need a fraction of it. */
const DEPTH_MAX = 32;

/**
 * Only what JSON knows, and bytes. MessagePack's extensions could bring in cycles, big integers or regular expressions, which would break whoever
 * stores the frame, and with it the frames of all other nodes in the same transaction.
 */
function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "bigint";
  if (depth > DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  if (Object.getPrototypeOf(value) === Object.prototype)
    return Object.values(value).every((item) => isPlain(item, depth + 1));
  return value instanceof Uint8Array;
}

function decodeWith<S extends z.ZodType>(schema: S, bytes: Uint8Array): Decoded<z.infer<S>> {
  if (bytes.byteLength > FRAME_BYTES_MAX)
    return { ok: false, reason: `frame of ${bytes.byteLength} bytes is larger than ${FRAME_BYTES_MAX}` };
  let raw: unknown;
  try {
    raw = packr.unpack(bytes);
  } catch (err) {
    return { ok: false, reason: `not MessagePack: ${err instanceof Error ? err.message : String(err)}` };
  }
  if (!isPlain(raw)) return { ok: false, reason: `more than plain values, or nested deeper than ${DEPTH_MAX}` };
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, message: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `bad message at ${issue?.path.join(".") || "root"}: ${issue?.message ?? "unknown"}` };
}

/** What the gateway reads. */
export const decodeFromAgent = (bytes: Uint8Array): Decoded<AgentToGateway> => decodeWith(AgentToGateway, bytes);
/** What the agent reads. */
export const decodeFromGateway = (bytes: Uint8Array): Decoded<GatewayToAgent> => decodeWith(GatewayToAgent, bytes);

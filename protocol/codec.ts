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

function decodeWith<S extends z.ZodType>(schema: S, bytes: Uint8Array): Decoded<z.infer<S>> {
  if (bytes.byteLength > FRAME_BYTES_MAX)
    return { ok: false, reason: `frame of ${bytes.byteLength} bytes is larger than ${FRAME_BYTES_MAX}` };
  let raw: unknown;
  try {
    raw = packr.unpack(bytes);
  } catch (err) {
    return { ok: false, reason: `not MessagePack: ${err instanceof Error ? err.message : String(err)}` };
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, message: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `bad message at ${issue?.path.join(".") || "root"}: ${issue?.message ?? "unknown"}` };
}

/** What the gateway reads. */
export const decodeFromAgent = (bytes: Uint8Array): Decoded<AgentToGateway> => decodeWith(AgentToGateway, bytes);
/** What the agent reads. */
export const decodeFromGateway = (bytes: Uint8Array): Decoded<GatewayToAgent> => decodeWith(GatewayToAgent, bytes);

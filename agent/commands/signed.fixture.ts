// For tests: commands as the dispatcher signs them, and keys to sign them with.
import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from "node:crypto";
import { type CommandPayload, commandBytes, payloadBytes, type SignedCommand } from "../../protocol/commands.ts";

export const keyPair = generateKeyPairSync("ed25519");
export const strangersPair = generateKeyPairSync("ed25519");
const raw = (key: KeyObject) => key.export({ format: "der", type: "spki" }).subarray(-32).toString("base64url");

/** What the agent trusts. */
export const keys: Readonly<Record<string, string>> = { k1: raw(keyPair.publicKey) };
export const nodeId = randomUUID();

/** A harmless command, good for a minute from `now`. */
export const payloadOf = (generation: number, now: number, over: Partial<CommandPayload> = {}): CommandPayload => ({
  id: randomUUID(),
  nodeId,
  repairId: null,
  planHash: "ab".repeat(32),
  generation,
  nonce: randomBytes(16).toString("base64url"),
  issuedAt: now,
  expiresAt: now + 60_000,
  action: { type: "process.nudge", params: { process: { pid: 4, startTicks: 5 } } },
  ...over,
});

/** Signs bytes, or a payload in its one right form. `domain` false leaves out what sets commands apart from other signatures. */
export function signed(
  content: CommandPayload | Uint8Array,
  { key = keyPair.privateKey, keyId = "k1", domain = true }: { key?: KeyObject; keyId?: string; domain?: boolean } = {},
): SignedCommand {
  const payload = new Uint8Array(content instanceof Uint8Array ? content : payloadBytes(content));
  return { payload, keyId, signature: sign(null, domain ? commandBytes(payload) : payload, key) };
}

// Twelve ways in which a command can be wrong; each is refused by its own code. One right command is taken.
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CommandPayload, SignedCommand } from "../../protocol/commands.ts";
import { CLOCK_SKEW_MAX_MS } from "../../protocol/constants.ts";
import { admit, authenticate } from "./verify.ts";

const pair = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const keys = { k1: pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64url") };
const nodeId = randomUUID();
const NOW = 1_000_000_000;

const payload: CommandPayload = {
  id: randomUUID(),
  nodeId,
  repairId: null,
  planHash: "h",
  generation: 7,
  nonce: "n-1",
  issuedAt: NOW - 1_000,
  expiresAt: NOW + 60_000,
  action: { type: "process.nudge", params: { process: { pid: 4, startTicks: 5 } } },
};

const signed = (content: unknown = payload, key = pair.privateKey, keyId = "k1"): SignedCommand => {
  const bytes = Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
  return { payload: bytes, keyId, signature: sign(null, bytes, key) };
};

/** What the agent does with it: the code of the refusal, or "ok". */
function judge(command: SignedCommand, past = { generation: 7, nonces: new Set<string>() }): string {
  const genuine = authenticate(command, keys, nodeId);
  if (!genuine.ok) return genuine.code;
  const admitted = admit(genuine.payload, past, NOW);
  return admitted.ok ? "ok" : admitted.code;
}

const flip = (bytes: Uint8Array, at: number) => Uint8Array.from(bytes, (b, i) => (i === at ? b ^ 1 : b));

describe("verification", () => {
  it("takes a right command", () => expect(judge(signed())).toBe("ok"));

  const right = signed();
  const mutations: [string, string, SignedCommand, { generation: number; nonces: Set<string> }?][] = [
    ["no signature", "bad-signature", { ...right, signature: new Uint8Array() }],
    ["one bit of the signature flipped", "bad-signature", { ...right, signature: flip(right.signature, 10) }],
    ["one bit of the payload flipped", "bad-signature", { ...right, payload: flip(right.payload, 10) }],
    [
      "payload of another command under a right signature",
      "bad-signature",
      { ...right, payload: signed({ ...payload, nonce: "n-2" }).payload },
    ],
    ["signed by a stranger under a known name", "bad-signature", signed(payload, stranger.privateKey)],
    ["unknown key", "unknown-key", signed(payload, pair.privateKey, "k2")],
    ["key named like a property of every object", "unknown-key", signed(payload, pair.privateKey, "__proto__")],
    ["for another node", "wrong-node", signed({ ...payload, nodeId: randomUUID() })],
    [
      "expired",
      "expired",
      signed({ ...payload, issuedAt: NOW - CLOCK_SKEW_MAX_MS - 90_000, expiresAt: NOW - CLOCK_SKEW_MAX_MS - 1 }),
    ],
    [
      "from the future",
      "not-yet",
      signed({ ...payload, issuedAt: NOW + CLOCK_SKEW_MAX_MS + 1, expiresAt: NOW + CLOCK_SKEW_MAX_MS + 2 }),
    ],
    ["valid for years", "malformed", signed({ ...payload, expiresAt: NOW + 1e11 })],
    ["older generation", "stale-generation", right, { generation: 8, nonces: new Set() }],
    ["nonce used before", "replayed", right, { generation: 7, nonces: new Set(["n-1"]) }],
    ["unknown action", "malformed", signed({ ...payload, action: { type: "shell.run", params: { command: "id" } } })],
    [
      "action with wrong parameters",
      "malformed",
      signed({ ...payload, action: { type: "process.nudge", params: {} } }),
    ],
    ["not JSON", "malformed", signed("{")],
  ];
  for (const [name, code, command, past] of mutations) {
    it(`refuses: ${name}`, () => expect(judge(command, past)).toBe(code));
  }

  it("names a command in its refusal only when a known key has signed it", () => {
    expect(authenticate({ ...right, signature: new Uint8Array(64) }, keys, nodeId)).toMatchObject({ commandId: null });
    expect(authenticate(signed({ ...payload, action: { type: "x", params: {} } }), keys, nodeId)).toMatchObject({
      commandId: payload.id,
    });
  });
});

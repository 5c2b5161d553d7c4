// Ways in which a command can be wrong; each is refused by its own code, whether the signature is somebody else's or the dispatcher's own.
import { sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { CommandPayload, SignedCommand } from "../../protocol/commands.ts";
import { CLOCK_SKEW_MAX_MS } from "../../protocol/constants.ts";
import { statementBytes } from "../../protocol/statement.ts";
import { freezeBytes, trustBytes } from "../../protocol/trust.ts";
import { keyPair, keys, nodeId, payloadOf, signed, strangersPair } from "./signed.fixture.ts";
import { admit, authenticate } from "./verify.ts";

const NOW = 1_000_000_000;
const payload = payloadOf(7, NOW - 1_000);
const right = signed(payload);
const text = new TextDecoder().decode(right.payload);
type Past = { generation: number; nonces: Set<string> };
const fresh = (): Past => ({ generation: 6, nonces: new Set() });

/** What the agent does with it: the code of the refusal, or "ok". */
function judge(command: SignedCommand, past: Past = fresh()): string {
  const genuine = authenticate(command, keys, nodeId);
  if (!genuine.ok) return genuine.code;
  const admitted = admit(genuine.payload, past, NOW);
  return admitted.ok ? "ok" : admitted.code;
}

const flip = (bytes: Uint8Array, at: number, bit = 1) => Uint8Array.from(bytes, (b, i) => (i === at ? b ^ bit : b));
/** Signed by the dispatcher's own key, but not what it would ever sign. */
const odd = (content: unknown): SignedCommand =>
  signed(Buffer.from(typeof content === "string" ? content : canonicalJson(content)));
const other = (over: object): SignedCommand => odd({ ...payload, ...over });
const under = (bytes: Uint8Array): SignedCommand => ({ ...right, signature: sign(null, bytes, keyPair.privateKey) });

const mutations: [string, string, SignedCommand, Past?][] = [
  ["no signature", "bad-signature", { ...right, signature: new Uint8Array() }],
  ["signature cut short", "bad-signature", { ...right, signature: right.signature.subarray(0, 63) }],
  ["payload cut short", "bad-signature", { ...right, payload: right.payload.subarray(0, -1) }],
  [
    "a byte behind the payload",
    "bad-signature",
    { ...right, payload: Buffer.concat([right.payload, Buffer.from(" ")]) },
  ],
  ["payload of another command", "bad-signature", { ...right, payload: signed(payloadOf(7, NOW)).payload }],
  ["signed by a stranger under a known name", "bad-signature", signed(payload, { key: strangersPair.privateKey })],
  ["unknown key", "unknown-key", signed(payload, { keyId: "k2" })],
  ["key named like a property of every object", "unknown-key", signed(payload, { keyId: "__proto__" })],
  ["the payload alone signed, as before there was a domain", "bad-signature", signed(payload, { domain: false })],
  ["signed as a freeze", "bad-signature", under(freezeBytes(right.payload))],
  ["signed as a trust document", "bad-signature", under(trustBytes(right.payload))],
  [
    "signed as a statement of a person",
    "bad-signature",
    under(statementBytes({ v: 1, kind: "unfreeze", epoch: 1, expiresAt: NOW })),
  ],
  ["for another node", "wrong-node", other({ nodeId: payload.id })],
  ["expired", "expired", other({ issuedAt: NOW - CLOCK_SKEW_MAX_MS - 90_000, expiresAt: NOW - CLOCK_SKEW_MAX_MS - 1 })],
  [
    "from the future",
    "not-yet",
    other({ issuedAt: NOW + CLOCK_SKEW_MAX_MS + 1, expiresAt: NOW + CLOCK_SKEW_MAX_MS + 2 }),
  ],
  ["valid for years", "malformed", other({ expiresAt: NOW + 1e11 })],
  ["lower generation", "stale-generation", right, { generation: 8, nonces: new Set() }],
  ["the generation of another command", "stale-generation", right, { generation: 7, nonces: new Set() }],
  ["nonce used before", "replayed", right, { generation: 6, nonces: new Set([payload.nonce]) }],
  ["unknown action", "malformed", other({ action: { type: "shell.run", params: { command: "id" } } })],
  ["action with wrong parameters", "malformed", other({ action: { type: "process.nudge", params: {} } })],
  ["a field more", "malformed", other({ shell: "id" })],
  [
    "a parameter more",
    "malformed",
    other({ action: { type: "process.nudge", params: { process: { pid: 4, startTicks: 5 }, signal: 9 } } }),
  ],
  ["a field less", "malformed", other({ nonce: undefined })],
  ["not JSON", "malformed", odd("{")],
  ["not text", "malformed", signed(Uint8Array.from([0xff, 0xfe, 0x7b]))],
  ["the same in another order", "malformed", odd(JSON.stringify(payload))],
  ["a space within", "malformed", odd(text.replace(":", ": "))],
  ["a key given twice", "malformed", odd(text.replace('"action":', '"action":{"type":"conntrack.flush"},"action":'))],
  ["a key in another case", "malformed", odd(text.replace('"nodeId"', '"nodeid"'))],
  ["a letter written as an escape", "malformed", odd(text.replace("process.nudge", "process.nudg\\u0065"))],
  ["a letter that looks the same", "malformed", odd(text.replace("process.nudge", "prоcess.nudge"))],
  ["a number written otherwise", "malformed", odd(text.replace('"pid":4', '"pid":4.0'))],
  ["a prototype", "malformed", odd(text.replace('"pid":4', '"__proto__":{},"pid":4'))],
];

describe("verification", () => {
  it("takes a right command", () => expect(judge(right)).toBe("ok"));

  for (const [name, code, command, past] of mutations) {
    it(`refuses: ${name}`, () => expect(judge(command, past)).toBe(code));
  }

  it("refuses every single bit turned in payload or signature", () => {
    for (let at = 0; at < right.payload.length; at += 1)
      expect(judge({ ...right, payload: flip(right.payload, at, 1 << (at % 8)) })).toBe("bad-signature");
    for (let at = 0; at < right.signature.length; at += 1)
      expect(judge({ ...right, signature: flip(right.signature, at, 1 << (at % 8)) })).toBe("bad-signature");
  });

  it("refuses every field of another command under this one's signature", () => {
    const stranger: CommandPayload = {
      ...payloadOf(8, NOW),
      repairId: payload.id,
      planHash: "cd".repeat(32),
      expiresAt: NOW + 9,
    };
    for (const field of Object.keys(payload) as (keyof CommandPayload)[]) {
      const mixed = Buffer.from(canonicalJson({ ...payload, [field]: stranger[field] }));
      if (!mixed.equals(right.payload))
        expect([field, judge({ ...right, payload: mixed })]).toEqual([field, "bad-signature"]);
    }
  });

  it("names a command in its refusal only when a known key has signed it", () => {
    expect(authenticate({ ...right, signature: new Uint8Array(64) }, keys, nodeId)).toMatchObject({ commandId: null });
    expect(authenticate(other({ action: { type: "x", params: {} } }), keys, nodeId)).toMatchObject({
      commandId: payload.id,
    });
  });
});

// The codec: every message comes back as it went in, and no bytes make it throw.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFromAgent, decodeFromGateway, encode } from "./codec.ts";
import { FRAME_BYTES_MAX } from "./constants.ts";
import { factKinds } from "./facts.ts";
import type { AgentToGateway, GatewayToAgent } from "./messages.ts";

const at = fc.nat({ max: 4_102_444_800_000 });
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const kind = fc.constantFrom(...factKinds);
// -0 is not JSON, and "__proto__" is renamed by the decoder, so that it can never be anything's prototype.
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll("__proto__", "__other__")) as unknown);
const text = fc.string({ unit: "grapheme", maxLength: 40 });

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Uint8Array.from(array));

const fromAgent: fc.Arbitrary<AgentToGateway> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    v: fc.nat(),
    epoch: text,
    agentVersion: text,
    bootId: text,
    at,
  }),
  fc.record({ type: fc.constant("heartbeat" as const), at, spooled: fc.nat() }),
  fc.record({
    type: fc.constant("facts" as const),
    batch: fc.nat(),
    items: fc.array(fc.record({ kind, hash: text, at, data: json, error: fc.option(text) }), { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant("durable" as const),
    seq,
    body: fc.oneof(
      fc.record({ type: fc.constant("progress" as const), commandId: fc.uuid({ version: [4, 7] }), at, message: text }),
      fc.record({
        type: fc.constant("kernel-events" as const),
        bootId: text,
        events: fc.array(
          fc.record({ seq: fc.nat(), at, level: fc.nat({ max: 7 }), facility: fc.nat({ max: 23 }), message: text }),
          { maxLength: 3 },
        ),
      }),
    ),
  }),
  fc.record({ type: fc.constant("accepted" as const), commandId: fc.uuid({ version: [4, 7] }) }),
);

const document = fc.record({ payload: bytes, signatures: fc.dictionary(fc.constantFrom("k1", "k2"), bytes) });
const freeze = fc.record({ payload: bytes, keyId: fc.option(text), signature: fc.option(bytes) });

const fromGateway: fc.Arbitrary<GatewayToAgent> = fc.oneof(
  fc.record({
    type: fc.constant("welcome" as const),
    v: fc.nat(),
    at,
    heartbeatMs: fc.nat(),
    ackedSeq: fc.nat(),
    hashes: fc.dictionary(kind, text),
    trust: fc.option(document),
    freeze,
  }),
  fc.record({ type: fc.constant("trust" as const), document }),
  fc.record({ type: fc.constant("freeze" as const), freeze }),
  fc.record({ type: fc.constant("ack" as const), seq: fc.nat() }),
  fc.record({ type: fc.constant("pulse" as const), echo: at, at }),
  fc.record({
    type: fc.constant("command" as const),
    command: fc.record({
      payload: fc.uint8Array({ maxLength: 300 }),
      keyId: text,
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    }),
  }),
  fc.record({ type: fc.constant("collect" as const), kinds: fc.array(kind, { maxLength: 5 }) }),
);

/** A Buffer and a plain byte array hold the same bytes; everything else is compared as it is. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe("codec", () => {
  it("gives back what an agent says", () => {
    fc.assert(
      fc.property(fromAgent, (message) => {
        expect(decodeFromAgent(encode(message))).toEqual({ ok: true, message: expect.anything() });
        const decoded = decodeFromAgent(encode(message));
        if (decoded.ok) expect(plain(decoded.message)).toEqual(plain(message));
      }),
    );
  });

  it("gives back what a gateway says, bytes included", () => {
    fc.assert(
      fc.property(fromGateway, (message) => {
        const decoded = decodeFromGateway(encode(message));
        expect(decoded.ok).toBe(true);
        if (decoded.ok) expect(plain(decoded.message)).toEqual(plain(message));
      }),
    );
  });

  it("answers noise with a reason and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const decoded of [decodeFromAgent(bytes), decodeFromGateway(bytes)]) {
          if (!decoded.ok) expect(decoded.reason.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("answers a damaged frame with a reason or with a whole message, never by throwing", () => {
    fc.assert(
      fc.property(fromAgent, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, where, flip) => {
        const bytes = Uint8Array.from(encode(message));
        const index = where % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        expect(typeof decodeFromAgent(bytes).ok).toBe("boolean");
        expect(typeof decodeFromAgent(bytes.subarray(0, index)).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a frame larger than the limit before reading it", () => {
    const decoded = decodeFromAgent(new Uint8Array(FRAME_BYTES_MAX + 1));
    expect(decoded).toEqual({ ok: false, reason: expect.stringContaining(`${FRAME_BYTES_MAX}`) });
  });

  it.each([
    { name: "a cycle", hex: "d66900000001" + "91" + "d67000000001" },
    { name: "a big integer", hex: "c7014205" },
    { name: "a date", hex: "d6ff00000001" },
    { name: "a regular expression", hex: "d47800" + "92a161a0" },
    { name: "a set", hex: "d47300" + "9101" },
    { name: "deep nesting", hex: `${"91".repeat(40)}c0` },
  ])("refuses $name in a result, which no storage could take", ({ hex }) => {
    const marker = 0x12345678;
    const result = {
      commandId: "5f0f4b3e-6c9d-4e1a-8a4c-0123456789ab",
      status: "done" as const,
      code: null,
      message: "",
      changed: true,
      output: { a: marker },
      startedAt: 1,
      endedAt: 2,
    };
    const frame = Buffer.from(encode({ type: "durable", seq: 1, body: { type: "result", result } }));
    const at = frame.indexOf(Buffer.from("ce12345678", "hex"));
    const hostile = Buffer.concat([frame.subarray(0, at), Buffer.from(hex, "hex"), frame.subarray(at + 5)]);
    expect(decodeFromAgent(frame).ok).toBe(true);
    expect(decodeFromAgent(hostile)).toEqual({ ok: false, reason: expect.stringContaining("plain values") });
  });

  it("gives no object another prototype", () => {
    const data = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    const fact = { kind: "limits" as const, hash: "h", at: 1, data, error: null };
    const decoded = decodeFromAgent(encode({ type: "facts", batch: 1, items: [fact] }));
    expect(decoded).toMatchObject({ ok: true, message: { items: [{ data: { constructor: 1 } }] } });
    const [item] = decoded.ok && decoded.message.type === "facts" ? decoded.message.items : [];
    expect(Object.getPrototypeOf(item?.data)).toBe(Object.prototype);
    expect((item?.data as { polluted?: boolean } | undefined)?.polluted).toBeUndefined();
  });

  it("does not take one direction's messages for the other's", () => {
    expect(decodeFromGateway(encode({ type: "heartbeat", at: 1, spooled: 0 })).ok).toBe(false);
    expect(decodeFromAgent(encode({ type: "ack", seq: 1 })).ok).toBe(false);
  });
});

// The short road takes what the safe road takes, with the same meaning, and nothing else.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFromAgent, decodeFromGateway, encode } from "./codec.ts";
import { heartbeatAt, pulseFrame } from "./heartbeat.ts";

const NOW = 1_795_000_000_000;
const packed = (at: number, spooled: number) => Buffer.from(encode({ type: "heartbeat", at, spooled }));

/** Whatever the short road reads must be what the codec reads, too. */
function expectNoMore(bytes: Buffer): void {
  const at = heartbeatAt(bytes);
  if (Number.isNaN(at)) return;
  expect(decodeFromAgent(bytes)).toEqual({
    ok: true,
    message: { type: "heartbeat", at, spooled: expect.any(Number) },
  });
}

describe("heartbeat", () => {
  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295])("is read with %i frames spooled", (spooled) => {
    expect(heartbeatAt(packed(NOW, spooled))).toBe(NOW);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("with %d frames spooled takes the safe road", (spooled) => {
    expect(heartbeatAt(packed(NOW, spooled))).toBeNaN();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("at %d is none, as in the codec", (at) => {
    expect(heartbeatAt(packed(at, 0))).toBeNaN();
    expect(decodeFromAgent(packed(at, 0)).ok).toBe(false);
  });

  it("is never taken from bytes that the codec refuses or reads otherwise", () => {
    const times = fc.double({ noNaN: false });
    const flips = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 3 });
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: -70_000, max: 70_000 }),
        flips,
        fc.nat({ max: 45 }),
        (at, spooled, changes, cut) => {
          const bytes = packed(at, spooled);
          for (const [where, value] of changes) bytes[where % bytes.length] = value;
          expectNoMore(bytes);
          expectNoMore(bytes.subarray(0, cut));
          expectNoMore(Buffer.concat([bytes, Buffer.from([cut])]));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("is told from every change of one byte as the codec tells it", () => {
    const bytes = packed(NOW, 300);
    for (let i = 0; i < bytes.length; i += 1)
      for (let value = 0; value < 256; value += 1) {
        const changed = Buffer.from(bytes);
        changed[i] = value;
        expectNoMore(changed);
      }
  });
});

describe("pulse", () => {
  it("is a whole frame that an agent reads as it was meant", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(), (echo, at) => {
        const frame = pulseFrame(echo, at);
        expect([frame[0], frame[1]]).toEqual([0x82, frame.length - 2]);
        expect(decodeFromGateway(frame.subarray(2))).toEqual({ ok: true, message: { type: "pulse", echo, at } });
      }),
    );
  });
});

// Accrual: never too soon, never too late, the more patient the more irregular a node is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { HEARTBEAT_MS, SESSION_SILENCE_MS } from "../protocol/constants.ts";
import { isLate, isSilent, learn, phi, REGULAR, type Rhythm } from "./liveness-accrual.ts";

const silence = fc.double({ min: 0, max: 60_000, noNaN: true });
const rhythm = fc.array(silence, { maxLength: 40 }).map((all) => all.reduce<Rhythm>(learn, REGULAR));
/** The first silence, in steps of 50 ms, at which it counts as dead. */
function patience(of: Rhythm): number {
  for (let ms = 0; ; ms += 50) if (isSilent(of, ms)) return ms;
}

test("a regular node is given two heartbeats and hardly more", () => {
  expect(isSilent(REGULAR, 2 * HEARTBEAT_MS)).toBe(false);
  expect(patience(REGULAR)).toBeLessThanOrEqual(2 * HEARTBEAT_MS + 250);
});

test("a node that is often late is given more, and less again when it keeps time", () => {
  const late = [9_000, 12_000, 8_000, 13_000].reduce<Rhythm>(learn, REGULAR);
  expect(patience(late)).toBeGreaterThan(patience(REGULAR) + 2_000);
  const calm = Array.from({ length: 30 }, () => HEARTBEAT_MS).reduce<Rhythm>(learn, late);
  expect(patience(calm)).toBe(patience(REGULAR));
});

test("suspicion grows with the silence, and stays a number", () => {
  fc.assert(
    fc.property(rhythm, silence, silence, (of, a, b) => {
      const [short, long] = [phi(of, Math.min(a, b)), phi(of, Math.max(a, b))];
      expect(Number.isFinite(short) && Number.isFinite(long)).toBe(true);
      expect(long).toBeGreaterThanOrEqual(short);
    }),
  );
});

test("whatever was heard before: not before two heartbeats are missing, not after the protocol's silence, and asked first", () => {
  fc.assert(
    fc.property(rhythm, silence, (of, ms) => {
      if (ms <= 2 * HEARTBEAT_MS) expect(isSilent(of, ms)).toBe(false);
      if (ms >= SESSION_SILENCE_MS) expect(isSilent(of, ms)).toBe(true);
      if (isSilent(of, ms) && ms < SESSION_SILENCE_MS) expect(isLate(of, ms)).toBe(true);
    }),
  );
});

test("dead stays dead as the silence goes on", () => {
  fc.assert(
    fc.property(rhythm, silence, fc.double({ min: 0, max: 10_000, noNaN: true }), (of, ms, more) => {
      if (isSilent(of, ms)) expect(isSilent(of, ms + more)).toBe(true);
    }),
  );
});

test("more scatter around the same mean never makes it more hasty", () => {
  const mean = fc.double({ min: HEARTBEAT_MS, max: SESSION_SILENCE_MS, noNaN: true });
  const variance = fc.double({ min: 0, max: 1e8, noNaN: true });
  fc.assert(
    fc.property(mean, variance, variance, (m, a, b) => {
      const [calm, wild] = [Math.min(a, b), Math.max(a, b)].map((v) => patience({ mean: m, variance: v }));
      expect(wild).toBeGreaterThanOrEqual(calm ?? 0);
    }),
    { numRuns: 60 },
  );
});

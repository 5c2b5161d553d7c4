// Who is late is asked, who answers lives, who does not is silent; whole stories with a clock of their own.
import { expect, test } from "vitest";
import { HEARTBEAT_MS, SESSION_SILENCE_MS } from "../protocol/constants.ts";
import { createSilence } from "./watch-silence.ts";

/** A look each second; `heard` says at which seconds the session sends something, `isAlive` whether it answers questions. */
async function watch(seconds: number, heard: (second: number) => boolean, isAlive: (second: number) => boolean) {
  let [now, asked] = [0, 0];
  const session = {
    nodeId: "a",
    heardAt: 0,
    answers: async () => {
      asked += 1;
      return isAlive(now / 1_000);
    },
  };
  const silence = createSilence<typeof session>(() => now);
  const late: number[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    now = second * 1_000;
    if (heard(second)) session.heardAt = now;
    const found = silence.look([session], now);
    if (found.late.length > 0) late.push(second);
    if (found.silent.length > 0) return { silentAt: second, asked, late };
    await new Promise((resolve) => setImmediate(resolve)); // answers come before the next look
  }
  return { silentAt: null, asked, late };
}

const never = () => false;
const always = () => true;

test("who keeps time is never asked", async () => {
  const found = await watch(120, (s) => s % (HEARTBEAT_MS / 1_000) === 0, always);
  expect(found).toEqual({ silentAt: null, asked: 0, late: [] });
});

test("who falls silent and does not answer is silent after two heartbeats, and missing before that", async () => {
  const found = await watch(60, never, never);
  expect(found).toEqual({ silentAt: 11, asked: 1, late: [8, 9, 10] });
});

test("who answers is given until the protocol's silence, and no longer", async () => {
  const found = await watch(60, never, always);
  expect(found.silentAt).toBe(SESSION_SILENCE_MS / 1_000);
  expect(found.late).toEqual([]);
});

test("who beats every ten seconds is asked at first, then known", async () => {
  const every10 = (s: number) => s % 10 === 0;
  const first = await watch(60, every10, always);
  const long = await watch(600, every10, always);
  expect(first.silentAt).toBeNull();
  expect(long.asked).toBeLessThan(20);
});

test("a stop after a regular life is noticed as soon as one at the beginning", async () => {
  expect(
    (
      await watch(
        200,
        (s) => s <= 100 && s % 5 === 0,
        (s) => s <= 100,
      )
    ).silentAt,
  ).toBe(111);
});

test("a stall of our own lengthens nobody's patience but by itself", () => {
  const session = { nodeId: "a", heardAt: 0, answers: async () => false };
  const silence = createSilence<typeof session>(() => 0);
  for (const now of [7_000, 8_000]) expect(silence.look([session], now).silent).toEqual([]);
  silence.forgive([session], 3_000);
  expect(silence.look([session], 13_000).silent).toEqual([]);
  expect(silence.look([session], 13_500).silent).toEqual([session]);
});

test("one lateness is soon made good", async () => {
  const heard = (s: number) => (s <= 100 ? s % 5 === 0 && s !== 50 : false);
  const found = await watch(200, heard, (s) => s <= 100);
  expect(found.asked).toBe(2);
  // Two seconds more than one that was never late, no longer the five of a scattered rhythm.
  expect(found.silentAt).toBe(113);
});

// How fast one agent is read: a budget that fills again with time. Whoever sends more is not refused but left waiting in its own socket. Pure.

/** Work that a session may ask for at once, and again each second: one frame costs 1, and 1 more per 16 KiB. */
const BURST = 2_000;
const PER_SECOND = 500;
const BYTES_PER_UNIT = 16 * 1024;

export type Throttle = { spend: (bytes: number, now: number) => number };

/** @returns from `spend`: how long to stop reading, ms (monotonic); 0 mostly. An agent that empties a full spool stays below it. */
export function createThrottle(start: number): Throttle {
  let budget = BURST;
  let at = start;
  return {
    spend(bytes, now) {
      budget = Math.min(BURST, budget + ((now - at) / 1_000) * PER_SECOND);
      at = now;
      budget -= 1 + bytes / BYTES_PER_UNIT;
      return budget >= 0 ? 0 : Math.ceil((-budget / PER_SECOND) * 1_000);
    },
  };
}

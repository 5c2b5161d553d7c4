// When a dead process is started again: at once the first time, ever slower when it keeps dying, never in a tight loop.

/** A run shorter than this counts as a quick death, in ms. */
export const QUICK_DEATH_MS = 30_000;
/** Quick deaths in a row after which we say so plainly and keep trying slowly. */
export const QUICK_DEATHS_MAX = 5;
const SLOW_RETRY_MS = 60_000;

export type Decision = { quickDeaths: number; delayMs: number; isFailing: boolean };

/** What follows a death after `livedMs`, given the quick deaths in a row before it. */
export function decideRestart(quickDeathsBefore: number, livedMs: number): Decision {
  const quickDeaths = livedMs < QUICK_DEATH_MS ? quickDeathsBefore + 1 : 0;
  const isFailing = quickDeaths >= QUICK_DEATHS_MAX;
  return { quickDeaths, delayMs: isFailing ? SLOW_RETRY_MS : 250 * 2 ** Math.max(0, quickDeaths - 1), isFailing };
}

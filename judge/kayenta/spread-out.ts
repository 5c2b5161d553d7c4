// Two samples of one value each, and the values differ: ranks alone cannot give an interval. A little spread, far below the difference, makes one.
// Kayenta draws it at random; here it is fixed, so that the same data always gives the same verdict. Used by classify.ts.
import { quantile } from "./normal.ts";

/** Spread as a share of the value. */
const SCALE = 1e-5;

type Samples = { baseline: readonly number[]; canary: readonly number[] };

/** The samples, spread out when each consists of one value, else as they are. */
export function degenerateNoise(samples: Samples): Samples {
  const { baseline, canary } = samples;
  if (new Set(baseline).size !== 1 || new Set(canary).size !== 1) return samples;
  return { baseline: spreadOut(baseline), canary: spreadOut(canary) };
}

/** Normal quantiles around the value, at the middles of equal shares: mean kept, standard deviation near SCALE times the value. A 0 stays 0. */
function spreadOut(values: readonly number[]): number[] {
  return values.map((value, index) => value + value * SCALE * quantile((index + 0.5) / values.length));
}

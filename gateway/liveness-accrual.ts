// How long a session may be silent before it counts as dead, from how late it used to be: accrual as in Hayashibara et al. 2004, on lateness only. Pure.
import { HEARTBEAT_MS, SESSION_SILENCE_MS } from "../protocol/constants.ts";

/** Mean and variance of the silences of a node that was late before, ms and ms². */
export type Rhythm = { mean: number; variance: number };

/** A node that was never late is judged by the protocol's interval alone, and nothing is kept of it. */
export const REGULAR: Rhythm = { mean: HEARTBEAT_MS, variance: 0 };

/** One heartbeat is missing, ms of silence: nobody that keeps the interval is silent for so long. */
export const LATE_MS = HEARTBEAT_MS + 1_500;
/** Two heartbeats are missing: never sooner. */
const TWO_MISSED_MS = 2 * HEARTBEAT_MS + 250;
/** What no rhythm is more regular than: ticks, timers and the network, ms. */
const DEVIATION_MIN_MS = 500;
/** A new silence weighs so much against those before it. */
const WEIGHT = 1 / 4;
/** Time constant with which a longer interval is forgotten, ms. */
const MEAN_KEPT_MS = 300_000;
/** Suspicion from which a session counts as dead: one in 10^8 silences of a node that lives is longer. Akka's and Cassandra's own default is 8. */
const PHI = 8;

/** The rhythm with one more silence that ended, ms. */
export function learn({ mean, variance }: Rhythm, silenceMs: number): Rhythm {
  const silence = Math.min(Math.max(silenceMs, 0), 2 * SESSION_SILENCE_MS);
  const off = silence - mean;
  return { mean: mean + WEIGHT * off, variance: (1 - WEIGHT) * (variance + WEIGHT * off * off) };
}

/** The rhythm after `ms` of keeping time: what was irregular is soon made good, a longer interval is kept in mind for some minutes. */
export function calm({ mean, variance }: Rhythm, ms: number): Rhythm {
  const since = Math.max(0, ms);
  return {
    mean: REGULAR.mean + (mean - REGULAR.mean) * Math.exp(-since / MEAN_KEPT_MS),
    variance: variance * (1 - WEIGHT) ** (since / HEARTBEAT_MS),
  };
}

/** −log10 of the chance that a living node of this rhythm is silent for longer; the normal tail by its logistic approximation, at most 300. */
export function phi({ mean, variance }: Rhythm, silenceMs: number): number {
  const y = (silenceMs - mean) / Math.max(Math.sqrt(variance), DEVIATION_MIN_MS);
  const exponent = y * (1.5976 + 0.070566 * y * y);
  // 1 / (1 + e^x) in a form that does not overflow.
  return Math.min(
    300,
    (exponent > 0 ? exponent + Math.log1p(Math.exp(-exponent)) : Math.log1p(Math.exp(exponent))) / Math.LN10,
  );
}

/** Whether it is worth asking: a heartbeat is missing, by this node's own rhythm. */
export const isLate = ({ mean }: Rhythm, silenceMs: number): boolean =>
  silenceMs >= Math.max(LATE_MS, mean + LATE_MS - HEARTBEAT_MS);

/** Whether the session counts as dead: two heartbeats missing and past doubt; at SESSION_SILENCE_MS at the latest. */
export function isSilent(rhythm: Rhythm, silenceMs: number): boolean {
  if (silenceMs >= SESSION_SILENCE_MS) return true;
  return silenceMs >= Math.max(TWO_MISSED_MS, 2 * rhythm.mean) && phi(rhythm, silenceMs) >= PHI;
}

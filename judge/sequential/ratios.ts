// Evidence on rate ratios: the partial likelihood "whose event is it?" on a grid of ratios gives the e-value and the confidence sequence at once.

const STEPS = 10;
/** Rate ratios of canary to control, 2^-5 … 2^5 in steps of √2. The middle one is 1: no harm. */
export const RATIOS: readonly number[] = Array.from({ length: 2 * STEPS + 1 }, (_, i) => 2 ** ((i - STEPS) / 2));
const NONE = STEPS;

/** A fresh grid: every ratio is as likely. */
export const freshRatios = (): number[] => RATIOS.map(() => 0);

/** The ratios that are harm. */
export const HARMS: readonly number[] = RATIOS.slice(NONE + 1);

/** Log evidence for each ratio of harm, against none. */
export const harmsOf = (log: readonly number[]): number[] => log.slice(NONE + 1).map((one) => one - (log[NONE] ?? 0));

/** log of the mean of exponentials; −∞ for none. */
export function logMeanExp(logs: readonly number[]): number {
  const max = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(max)) return max;
  return max + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - max), 0) / logs.length);
}

/**
 * Adds one window: `canary` and `control` units that failed among those at risk. `rho` is the canary's share of what was at risk, known before the
 * window's outcome. Given how many failed, under ratio r each is a canary's with probability ρr/(ρr + 1−ρ). At most one failure per unit makes the count
 * hypergeometric under "no harm", which the binomial dominates (Hoeffding 1963), so the e-value stays one. Units on one side only: no evidence.
 */
export function addToRatios(log: readonly number[], canary: number, control: number, rho: number): number[] {
  if (canary + control === 0 || rho <= 0 || rho >= 1) return [...log];
  return log.map((one, i) => {
    const ratio = RATIOS[i] ?? 1;
    const bottom = Math.log(rho * ratio + 1 - rho);
    return one + canary * Math.log(ratio) - (canary + control) * bottom;
  });
}

/**
 * Weights of the ratios √2 … 32 in the e-value, fixed before the start: most on 3–16, where a rollout has to be halted within minutes. Small ones keep enough
 * to be found in an hour (each halving of a weight costs as much evidence as one event or two).
 */
export const WEIGHTS: readonly number[] = [0.01, 0.03, 0.06, 0.1, 0.19, 0.25, 0.19, 0.1, 0.04, 0.03];

/** Log e-value against "the canary's rate is not above the controls'" (for every ratio ≤ 1 at once: the likelihood ratio rises with the ratio). */
export function logEOfRatios(log: readonly number[]): number {
  return logMeanExp(harmsOf(log).map((one, i) => one + Math.log((WEIGHTS[i] ?? 0) * WEIGHTS.length)));
}

/**
 * Confidence sequence of the rate ratio at 1 − alpha: the ratios that a mixture over all of the grid does not refute, widened by one step to each side
 * since the truth lies between steps. Beyond the grid's ends it is open: 0 and null.
 */
export function boundOfRatios(log: readonly number[], alpha: number): { low: number; high: number | null } {
  const mixture = logMeanExp(log);
  const keeps = log.map((one) => mixture - one < Math.log(1 / alpha));
  const first = keeps.indexOf(true) - 1;
  const last = keeps.lastIndexOf(true) + 1;
  return {
    low: first < 0 ? 0 : (RATIOS[first] ?? 0),
    high: RATIOS[last] ?? null,
  };
}

/** log Γ (Lanczos, g = 7, nine terms; relative error below 1e-13 for x > 0). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const sum = terms.reduce((total, term, i) => total + term / (x + i), 0.9999999999998099);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** log of the binomial tail P(X ≤ c), X ~ Bin(n, p). */
function logBinomialCdf(c: number, n: number, p: number): number {
  const logs: number[] = [];
  for (let i = 0; i <= c; i += 1)
    logs.push(logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) + i * Math.log(p) + (n - i) * Math.log(1 - p));
  return Math.min(0, logMeanExp(logs) + Math.log(logs.length));
}

/**
 * The textbook form for a constant share ρ: a mixture over θ uniform on (ρ, 1), `B(c+1,k+1)·(1 − I_ρ(c+1,k+1)) / ((1−ρ)·ρ^c·(1−ρ)^k)` in logs.
 * 1 − I_ρ(c+1, k+1) is the chance of at most c successes in c+k+1 tries of chance ρ. Used to check the grid, and where ρ never changes.
 */
export function logEUniform(canary: number, control: number, rho: number): number {
  const logBeta = logGamma(canary + 1) + logGamma(control + 1) - logGamma(canary + control + 2);
  const tail = logBinomialCdf(canary, canary + control + 1, rho);
  return logBeta + tail - Math.log(1 - rho) - canary * Math.log(rho) - control * Math.log(1 - rho);
}

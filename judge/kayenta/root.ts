// Where a falling step function crosses zero: Brent's method, as R's uniroot runs it (same tolerance, same steps: published intervals depend on them).

/** R's wilcox.test looks for its interval's ends so exactly, and no more. */
const TOLERANCE = 1e-4;
const STEPS_MAX = 1000;

type Point = { at: number; value: number };

/**
 * A zero of `f` between two points where its signs differ.
 *
 * @see R. P. Brent, Algorithms for Minimization without Derivatives (1973), chapter 4
 */
export function zeroBetween(f: (at: number) => number, from: Point, to: Point): number {
  if (from.value === 0) return from.at;
  if (to.value === 0) return to.at;
  let previous = from;
  let best = to;
  /** On the other side of zero than `best`. */
  let opposite = from;
  for (let step = 0; step <= STEPS_MAX; step++) {
    const lastMove = best.at - previous.at;
    if (Math.abs(opposite.value) < Math.abs(best.value)) {
      [previous, best] = [best, opposite];
      opposite = previous;
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(best.at) + TOLERANCE / 2;
    const half = (opposite.at - best.at) / 2;
    if (Math.abs(half) <= tolerance || best.value === 0) return best.at;
    const isWorthIt = Math.abs(lastMove) >= tolerance && Math.abs(previous.value) > Math.abs(best.value);
    let move = isWorthIt ? (interpolated(previous, best, opposite, lastMove, tolerance) ?? half) : half;
    if (Math.abs(move) < tolerance) move = move > 0 ? tolerance : -tolerance;
    previous = best;
    const at = best.at + move;
    best = { at, value: f(at) };
    if ((best.value > 0 && opposite.value > 0) || (best.value < 0 && opposite.value < 0)) opposite = previous;
  }
  return best.at;
}

/** Secant through two points, inverse parabola through three; null where it would leave the bracket or move too far. */
function interpolated(previous: Point, best: Point, opposite: Point, lastMove: number, tolerance: number) {
  const width = opposite.at - best.at;
  let p: number;
  let q: number;
  if (previous.at === opposite.at) {
    const ratio = best.value / previous.value;
    p = width * ratio;
    q = 1 - ratio;
  } else {
    const r = previous.value / opposite.value;
    const s = best.value / opposite.value;
    const t = best.value / previous.value;
    p = t * (width * r * (r - s) - (best.at - previous.at) * (s - 1));
    q = (r - 1) * (s - 1) * (t - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const isInside = p < 0.75 * width * q - Math.abs(tolerance * q) / 2 && p < Math.abs((lastMove * q) / 2);
  return isInside ? p / q : null;
}

// Notices a process that lives but no longer answers (stopped, dead-locked, an endless loop): dying is not the only way to fail.

export type HangLimits = {
  /** Time between two questions, in ms. */
  everyMs: number;
  /** Unanswered questions in a row that make a hang. */
  missesMax: number;
};

/** A minute without any answer: longer than every pause a healthy process makes (collection, crash recovery, a busy machine). */
export const HANG_LIMITS: HangLimits = { everyMs: 10_000, missesMax: 6 };

/**
 * Asks again and again; calls `onHang` once when `missesMax` questions in a row got no answer, then stops asking.
 *
 * @param ask resolves true when the process answered; must settle by itself
 * @returns ends the watch
 */
export function watchHang(
  ask: () => Promise<boolean>,
  onHang: () => void,
  { everyMs, missesMax }: HangLimits,
): () => void {
  let misses = 0;
  let isOver = false;
  const timer = setInterval(async () => {
    const hasAnswered = await ask();
    if (isOver) return;
    misses = hasAnswered ? 0 : misses + 1;
    if (misses < missesMax) return;
    end();
    onHang();
  }, everyMs);
  function end(): void {
    isOver = true;
    clearInterval(timer);
  }
  return end;
}

// Waiting with an end: deadlines around promises, and polling a condition.

export class DeadlineError extends Error {
  constructor(what: string, ms: number) {
    super(`${what}: no answer within ${ms} ms`);
    this.name = "DeadlineError";
  }
}

/** The promise's outcome, or DeadlineError after `ms`; the promise itself goes on and its late outcome is ignored. */
export function within<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineError(what, ms)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `probe` each `everyMs` until it gives something other than null; null when `ms` have passed. */
export async function until<T>(
  ms: number,
  everyMs: number,
  probe: () => T | null | Promise<T | null>,
): Promise<T | null> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await probe();
    if (found !== null) return found;
    if (performance.now() >= end) return null;
    await sleep(Math.min(everyMs, Math.max(1, end - performance.now())));
  }
}

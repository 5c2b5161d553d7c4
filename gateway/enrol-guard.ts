// Keeps enrolment from costing the sessions anything: few at a time, a short queue, and addresses that guess are turned away.
/** Enrolments worked on at once, and waiting. */
const RUNNING_MAX = 4;
const WAITING_MAX = 256;
/** Failed attempts from one address within a minute after which it must wait. */
const FAILURES_MAX = 30;
const WINDOW_MS = 60_000;
/** Addresses remembered. */
const ADDRESSES_MAX = 10_000;

export type EnrolGuard = ReturnType<typeof createEnrolGuard>;

/** @param now monotonic ms */
export function createEnrolGuard(now: () => number = () => performance.now()) {
  const failures = new Map<string, { count: number; since: number }>();
  const waiting: (() => void)[] = [];
  let running = 0;

  return {
    mayTry(address: string): boolean {
      const own = failures.get(address);
      if (own && now() - own.since > WINDOW_MS) failures.delete(address);
      return (failures.get(address)?.count ?? 0) < FAILURES_MAX;
    },
    failed(address: string): void {
      if (failures.size >= ADDRESSES_MAX) failures.clear();
      const own = failures.get(address) ?? { count: 0, since: now() };
      failures.set(address, { ...own, count: own.count + 1 });
    },
    /** Runs it when there is room; null when too many wait already. */
    async run<T>(work: () => Promise<T>): Promise<T | null> {
      if (running >= RUNNING_MAX) {
        if (waiting.length >= WAITING_MAX) return null;
        await new Promise<void>((resolve) => waiting.push(resolve)); // the one that ends hands its place over
      } else running += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}

// What can only be said by remembering earlier looks: counts that rose, rates over a window, restarts of containers and daemons. Pure but for what it keeps.
import type { ContainerFact, FactData } from "../../protocol/facts.ts";

type Restart = FactData["workload"]["restarts"][number];
type DaemonStart = FactData["workload"]["daemonStarts"][number];

/** Restarts of containers are counted over this, ms (as kube-prometheus counts a crash loop). */
const RESTART_WINDOW_MS = 15 * 60_000;
/** Starts of a daemon are counted over this, ms (node-problem-detector's lookback for frequent restarts). */
const DAEMON_WINDOW_MS = 20 * 60_000;

/** When a count rose last. The first sight of one is no rise: nobody knows when it happened. */
export class RiseWatch {
  readonly #seen = new Map<string, { count: number; at: number | null }>();

  /** @returns when the count of `key` was last seen to rise, null before */
  see(key: string, count: number | null, now: number): number | null {
    if (count === null) return null;
    const before = this.#seen.get(key);
    const at = before && count > before.count ? now : (before?.at ?? null);
    this.#seen.set(key, { count, at });
    return at;
  }

  /** Forgets all but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#seen.keys()) if (!keys.has(key)) this.#seen.delete(key);
  }
}

/** Since when something holds without a break. */
export class SinceWatch {
  readonly #since = new Map<string, number>();

  /** @returns the first look of the unbroken row that found it so, null while it is not */
  see(key: string, holds: boolean, now: number): number | null {
    if (!holds) this.#since.delete(key);
    else if (!this.#since.has(key)) this.#since.set(key, now);
    return this.#since.get(key) ?? null;
  }

  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#since.keys()) if (!keys.has(key)) this.#since.delete(key);
  }
}

/** A count of tasks that doubles within this is no slow leak, ms. */
const DOUBLES_MS = 300_000;
/** Below this a doubling is a program that starts, or a pool that wakes up. */
const DOUBLES_MIN = 32;
/** A program that is refused a task now and then tries again; what forks without end is refused by the hundred between two looks. */
const REFUSED_MIN = 500;

/** When a container last multiplied its tasks, or was refused new ones by the hundred: what a fork bomb does and a leak or a small pool does not. */
export class FastTasks {
  readonly #least = new Map<string, { at: number; count: number }[]>();
  readonly #refused = new Map<string, number>();
  readonly #fastAt = new Map<string, number>();

  /** @param refused forks refused so far, null where the kernel does not count them */
  see(key: string, count: number | null, refused: number | null, now: number): number | null {
    const before = this.#refused.get(key);
    if (refused !== null) this.#refused.set(key, refused);
    const isRefused = before !== undefined && refused !== null && refused - before >= REFUSED_MIN;
    const recent = (this.#least.get(key) ?? []).filter((sample) => now - sample.at <= DOUBLES_MS);
    const least = Math.min(...recent.map((sample) => sample.count));
    const isDoubled = count !== null && count >= DOUBLES_MIN && recent.length > 0 && count >= 2 * least;
    if (count !== null) this.#least.set(key, [...recent, { at: now, count }]);
    if (isRefused || isDoubled) this.#fastAt.set(key, now);
    return this.#fastAt.get(key) ?? null;
  }

  keep(keys: ReadonlySet<string>): void {
    for (const map of [this.#least, this.#refused, this.#fastAt])
      for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
  }
}

/** Samples of one value per key over a window. */
export class Window<T> {
  readonly #lengthMs: number;
  readonly #everyMs: number;
  readonly #samples = new Map<string, { at: number; value: T }[]>();

  constructor(lengthMs: number, everyMs: number) {
    this.#lengthMs = lengthMs;
    this.#everyMs = everyMs;
  }

  /** Adds a sample; gives the oldest one inside the window, null as long as there is no earlier one. */
  add(key: string, at: number, value: T): { at: number; value: T } | null {
    const samples = (this.#samples.get(key) ?? []).filter((s) => at - s.at <= this.#lengthMs);
    const oldest = samples[0] ?? null;
    if (at - (samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= this.#everyMs) samples.push({ at, value });
    this.#samples.set(key, samples);
    return oldest;
  }

  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#samples.keys()) if (!keys.has(key)) this.#samples.delete(key);
  }
}

/** What stays the same from one start of a container to the next: its place in the pod, or its id where the engine starts the same one again. */
export const restartKey = (c: Pick<ContainerFact, "runtime" | "id" | "podUid" | "podId" | "name">): string =>
  c.podUid || c.podId ? `${c.runtime}/${c.podUid ?? c.podId}/${c.name}` : `${c.runtime}/${c.id}`;

/** Restarts within the window, from the rise of the attempt number. */
export class RestartWatch {
  #seen = new Map<string, { at: number; attempt: number }[]>();

  look(containers: readonly ContainerFact[], now: number): Restart[] {
    const newest = new Map<string, ContainerFact>();
    const endedBefore = new Map<string, ContainerFact>();
    for (const container of containers) {
      const key = restartKey(container);
      const known = newest.get(key);
      const isNewer = !known || container.attempt > known.attempt;
      if (isNewer) newest.set(key, container);
      const ended = endedBefore.get(key);
      if (container.finishedAt !== null && (!ended || container.finishedAt > (ended.finishedAt ?? 0)))
        endedBefore.set(key, container);
    }
    const next = new Map<string, { at: number; attempt: number }[]>();
    const restarts: Restart[] = [];
    for (const [key, container] of newest) {
      const before = this.#seen.get(key) ?? [];
      // The last entry from before the window is the count at its beginning.
      const start = before.findLastIndex((entry) => now - entry.at > RESTART_WINDOW_MS);
      const entries = before.slice(Math.max(0, start));
      if (entries.at(-1)?.attempt !== container.attempt) entries.push({ at: now, attempt: container.attempt });
      next.set(key, entries);
      const count = container.attempt - (entries[0]?.attempt ?? container.attempt);
      if (count <= 0) continue;
      const last = endedBefore.get(key);
      restarts.push({
        runtime: container.runtime,
        key,
        containerId: container.id,
        name: container.name,
        podName: container.podName,
        image: container.image,
        count,
        lastAt: container.startedAt ?? container.createdAt,
        exitCode: last?.exitCode ?? null,
        reason: last?.reason ?? null,
      });
    }
    this.#seen = next;
    return restarts.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)).slice(0, 200);
  }
}

/** Starts of the runtimes' daemons that were seen, within the window. */
export class DaemonWatch {
  readonly #seen = new Map<string, { pid: number; startTicks: number; starts: number[] }>();

  look(modules: FactData["modules"], now: number): DaemonStart[] {
    const starts: DaemonStart[] = [];
    for (const { name, kind, process, startedAt } of modules) {
      if (kind !== "runtime") continue;
      const known = this.#seen.get(name);
      const isNew = process && (known?.pid !== process.pid || known.startTicks !== process.startTicks);
      const recent = (known?.starts ?? []).filter((at) => now - at <= DAEMON_WINDOW_MS);
      // The first one that is seen was there before: no start of it was seen.
      if (isNew && known) recent.push(startedAt ?? now);
      if (process) this.#seen.set(name, { ...process, starts: recent });
      else if (known) this.#seen.set(name, { ...known, starts: recent });
      const [firstAt] = recent;
      if (firstAt !== undefined)
        starts.push({ module: name, count: recent.length, firstAt, lastAt: recent.at(-1) ?? firstAt });
    }
    return starts;
  }
}

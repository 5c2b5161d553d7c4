// How fast one actor may change things over the API: a token bucket each, asked before a mutation runs, so that a flood leaves neither
// transactions nor audit rows. Verbs called directly (workers, the command line's own processes) are not counted.
import { type Actor, actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";

/** Mutations that an actor may make at once. */
const BURST = 120;
/** Mutations that come free again each second. */
const PER_SECOND = 20;
/** Actors remembered before full buckets are forgotten. */
const ACTORS_MAX = 5_000;

type Bucket = { left: number; at: number };

export class MutationBudget {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now a clock that never goes back, ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes one. @throws AppError("too_many") when there is none left */
  take(actor: Actor): void {
    if (actor.kind === "system" || actor.kind === "anonymous") return; // the latter may change nothing anyway
    const now = this.#now();
    if (this.#buckets.size >= ACTORS_MAX) this.#forgetFull(now);
    const ref = actorRef(actor);
    const left = this.#leftOf(this.#buckets.get(ref), now);
    const isAllowed = left >= 1;
    this.#buckets.set(ref, { left: isAllowed ? left - 1 : left, at: now });
    if (isAllowed) return;
    throw new AppError("too_many", `${ref}: more than ${BURST} mutations at once`, {
      publicMessage: "Too many changes at once. Wait a few seconds and go on.",
    });
  }

  #leftOf(bucket: Bucket | undefined, now: number): number {
    return bucket ? Math.min(BURST, bucket.left + ((now - bucket.at) / 1_000) * PER_SECOND) : BURST;
  }

  #forgetFull(now: number): void {
    for (const [ref, bucket] of this.#buckets) if (this.#leftOf(bucket, now) >= BURST) this.#buckets.delete(ref);
  }
}

// How much text one actor may have diagnosed: reading it takes the web process's time, which everybody shares. A token bucket of characters each.
import type { Actor } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { askerOf } from "./cases.ts";

/** Characters at once: six of the longest texts, some five hundred ordinary ones. */
const BURST = 2_100_000;
/** Characters that come free again each second: a third of the longest text, which takes some 30 ms to read. */
const PER_SECOND = 100_000;
/** What every question costs besides its text. */
const BASE = 2_000;
/** Actors remembered before full buckets are forgotten. */
const ACTORS_MAX = 5_000;

type Bucket = { left: number; at: number };

export class TextPace {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now a clock that never goes back, ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes what a text costs. @throws AppError("too_many") when too little is left */
  take(actor: Actor, characters: number): void {
    const now = this.#now();
    if (this.#buckets.size >= ACTORS_MAX)
      for (const [ref, bucket] of this.#buckets) if (this.#left(bucket, now) >= BURST) this.#buckets.delete(ref);
    const ref = askerOf(actor); // a person's tokens share their bucket
    const bucket = this.#buckets.get(ref);
    const left = bucket ? this.#left(bucket, now) : BURST;
    const cost = BASE + characters;
    this.#buckets.set(ref, { left: cost <= left ? left - cost : left, at: now });
    if (cost > left)
      throw new AppError("too_many", `${ref}: more than ${BURST} characters at once`, {
        publicMessage: "Too much text at once. Wait a few seconds and ask again.",
      });
  }

  #left({ left, at }: Bucket, now: number): number {
    return Math.min(BURST, left + ((now - at) / 1_000) * PER_SECOND);
  }
}

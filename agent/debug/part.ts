// One part of a debug report: read within a time of its own, or the reason why not. No part ends a report, and none waits for another.
import type { Part } from "../../protocol/debug.ts";
import { messageOf } from "../host/errors.ts";
import { within } from "../host/wait.ts";

/** A part has this long, ms; all run side by side, so a report is done soon after. */
const PART_MS = 7_000;

/** Reads one part. Never throws. */
export async function part<T>(what: string, read: () => Promise<T> | T, limitMs = PART_MS): Promise<Part<T>> {
  const began = performance.now();
  const took = () => Math.round(performance.now() - began);
  try {
    const value = await within(what, limitMs, Promise.resolve().then(read));
    return { value, error: null, ms: took() };
  } catch (err) {
    return { value: null, error: messageOf(err).slice(0, 1_000), ms: took() };
  }
}

/** A part that makes no sense for this subject. */
export const absent = (why: string): Part<never> => ({ value: null, error: why, ms: 0 });

/** Does `work` for each, `width` at a time. */
export async function inTurns<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const run = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T); // at < length
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  return results;
}

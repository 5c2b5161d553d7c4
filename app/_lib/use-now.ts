// One clock for all relative times on the page: they change together, without a timer each.
"use client";
import { useSyncExternalStore } from "react";

/** How often relative times move on, ms. */
const TICK_MS = 5_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // After a time without readers the clock stood still; React looks at the snapshot again right after this.
  if (!timer) now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const read = (): number => now;

/** Epoch ms, renewed every five seconds. */
export const useNow = (): number => useSyncExternalStore(subscribe, read, read);

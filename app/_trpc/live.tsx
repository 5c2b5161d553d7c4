// The live link: change hints over server-sent events make queries stale; when the stream is down, everything is polled instead.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { leaveToSignIn } from "../_lib/leave.ts";
import { type Hint, isStale, parseChange } from "./changes.ts";

/** How the page is kept current. `since` is when that began, epoch ms. */
export type LiveState = { status: "connecting" | "live" | "polling"; since: number };

/** First and largest wait before the stream is opened again, ms. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 20_000;
/** Hints of this span are applied together, ms: a busy fleet must not make the page read all the time. */
const COLLECT_MS = 400;
/** Polling while the stream is down, ms. */
const POLL_MS = 15_000;

/** The server pings each 15 s: a stream that is silent for longer than two of them hangs, ms. */
const SILENCE_MS = 35_000;

const hearers = new Set<(hint: Hint) => void>();
/** Hears every hint at once, before queries do: for what cannot wait for the burst to end. @returns how to stop */
export function onHint(hear: (hint: Hint) => void): () => void {
  hearers.add(hear);
  return () => void hearers.delete(hear);
}

const LiveContext = createContext<LiveState>({ status: "connecting", since: 0 });
export const useLive = (): LiveState => useContext(LiveContext);

function procedureOf(queryKey: readonly unknown[]): { procedure: string; input: unknown } {
  const [path, options] = queryKey;
  const input = typeof options === "object" && options !== null && "input" in options ? options.input : undefined;
  return { procedure: Array.isArray(path) ? path.join(".") : "", input };
}

/** Opens the stream for everything below it. */
export function LiveProvider({ children }: { children: ReactNode }): ReactNode {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>({ status: "connecting", since: 0 });

  useEffect(() => {
    let source: EventSource | null = null;
    let waiting: Hint[] = [];
    let collect: ReturnType<typeof setTimeout> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    let delay = RETRY_MIN_MS;
    let isClosed = false;
    let wasLive = false;

    const apply = (): void => {
      const changes = waiting;
      waiting = [];
      collect = undefined;
      void queries.invalidateQueries({
        predicate: ({ queryKey }) => {
          const { procedure, input } = procedureOf(queryKey);
          return changes.some((change) => isStale(change, procedure, input));
        },
      });
    };

    const open = (): void => {
      source = new EventSource("/events");
      const heard = (): void => {
        clearTimeout(silence);
        silence = setTimeout(lose, SILENCE_MS);
      };
      source.addEventListener("ping", heard);
      // This session was ended elsewhere.
      source.addEventListener("signed-out", () => {
        isClosed = true;
        lose();
        leaveToSignIn();
      });
      source.onopen = () => {
        heard();
        delay = RETRY_MIN_MS;
        setState({ status: "live", since: Date.now() });
        // What changed while nobody listened is unknown: read everything that is on screen again.
        if (wasLive) void queries.invalidateQueries();
        wasLive = true;
      };
      source.onmessage = (event: MessageEvent<string>) => {
        heard();
        const change = parseChange(event.data);
        if (!change) return;
        for (const hear of hearers) hear(change);
        waiting.push(change);
        collect ??= setTimeout(apply, COLLECT_MS);
      };
      source.onerror = lose;
    };
    const lose = (): void => {
      source?.close();
      clearTimeout(silence);
      if (isClosed) return;
      setState((before) => (before.status === "polling" ? before : { status: "polling", since: Date.now() }));
      clearTimeout(retry);
      retry = setTimeout(open, delay * (0.5 + Math.random() / 2));
      delay = Math.min(delay * 2, RETRY_MAX_MS);
    };
    // A stream whose network went away can stay silent for minutes before it fails; the browser knows sooner.
    const comeBack = (): void => {
      clearTimeout(retry);
      source?.close();
      open();
    };
    window.addEventListener("offline", lose);
    window.addEventListener("online", comeBack);

    open();
    return () => {
      isClosed = true;
      window.removeEventListener("offline", lose);
      window.removeEventListener("online", comeBack);
      source?.close();
      clearTimeout(retry);
      clearTimeout(collect);
      clearTimeout(silence);
    };
  }, [queries]);

  const isPolling = state.status === "polling";
  useEffect(() => {
    if (!isPolling) return;
    const timer = setInterval(() => void queries.invalidateQueries(), POLL_MS);
    return () => clearInterval(timer);
  }, [isPolling, queries]);

  return <LiveContext value={state}>{children}</LiveContext>;
}

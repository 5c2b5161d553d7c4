// What a shell prints, piece by piece, as it is stored: read again on each hint, and every two seconds in case one was lost.
"use client";
import { useEffect, useRef, useState } from "react";
import type { Printed } from "../../../../../parsers/asciicast.ts";
import { useTRPCClient } from "../../../../_trpc/client.ts";
import { onHint } from "../../../../_trpc/live.tsx";

const POLL_MS = 2_000;

const toBytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/**
 * @param take called with the pieces in order, each once
 * @returns whether everything there will ever be was read
 */
export function useStream(id: string, take: (pieces: Printed[]) => void): boolean {
  const client = useTRPCClient();
  const [isOver, setOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;

  useEffect(() => {
    let after = 0;
    let isReading = false;
    let isAgain = false;
    let isGone = false;
    const read = async (): Promise<void> => {
      if (isReading) {
        isAgain = true;
        return;
      }
      isReading = true;
      try {
        for (let hasMore = true; hasMore && !isGone; ) {
          isAgain = false;
          const part = await client.shells.output.query({ id, after });
          if (isGone) return;
          latest.current(part.pieces.map(({ atMs, data }) => ({ atMs, data: toBytes(data) })));
          after = part.pieces.at(-1)?.seq ?? after;
          if (part.isOver && !part.hasMore) {
            setOver(true);
            stop();
          }
          hasMore = part.hasMore || isAgain;
        }
      } catch {
        // The console is away for a moment: the next look reads on from here.
      } finally {
        isReading = false;
      }
    };
    const silence = onHint((hint) => {
      if (hint.domain === "*" || (hint.domain === "shells" && (hint.ids.length === 0 || hint.ids.includes(id))))
        void read();
    });
    const timer = setInterval(() => void read(), POLL_MS);
    const stop = (): void => {
      isGone = true;
      silence();
      clearInterval(timer);
    };
    void read();
    return stop;
  }, [client, id]);
  return isOver;
}

// Keys on their way to a shell: one request at a time, what is typed meanwhile goes with the next, in order.
"use client";
import { useEffect, useRef } from "react";
import { useTRPCClient } from "../../../../_trpc/client.ts";

type Input = { kind: "i" | "r"; data: Uint8Array };

/** Of one request, bytes; and how many of them. */
const BYTES_MAX = 8_192;
const INPUTS_MAX = 50;
/** Between two requests, ms: fast typing needs no more. */
const PACE_MS = 40;

const toBase64 = (data: Uint8Array): string => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));

/** Keys one after the other become one input; what is longer than a request takes is cut. Pure. */
export function pack(waiting: readonly Input[]): Input[] {
  const packed: Input[] = [];
  for (const { kind, data } of waiting) {
    const last = packed.at(-1);
    if (kind === "r" && last?.kind === "r") packed.pop(); // only the newest size counts
    if (kind === "i" && last?.kind === "i" && last.data.length + data.length <= BYTES_MAX) {
      packed.pop();
      packed.push({ kind, data: Uint8Array.from([...last.data, ...data]) });
    } else
      for (let at = 0; at < data.length; at += BYTES_MAX)
        packed.push({ kind, data: data.subarray(at, at + BYTES_MAX) });
  }
  return packed;
}

/** @returns functions that never wait: `type` and `resize` */
export function useKeys(
  id: string,
  onLost: (error: unknown) => void,
): { type: (data: Uint8Array) => void; resize: (cols: number, rows: number) => void } {
  const client = useTRPCClient();
  const waiting = useRef<Input[]>([]);
  const isSending = useRef(false);
  const lost = useRef(onLost);
  useEffect(() => {
    lost.current = onLost;
  });
  const send = async (): Promise<void> => {
    if (isSending.current) return;
    isSending.current = true;
    while (waiting.current.length > 0) {
      const packed = pack(waiting.current);
      const now = packed.slice(0, INPUTS_MAX);
      waiting.current = packed.slice(INPUTS_MAX);
      const inputs = now.map(({ kind, data }) => ({ kind, data: toBase64(data) }));
      try {
        await client.shells.type.mutate({ id, inputs });
        await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      } catch (error) {
        waiting.current = []; // what was typed into a shell that may be gone is not typed later
        lost.current(error);
      }
    }
    isSending.current = false;
  };
  const put = (input: Input): void => {
    waiting.current.push(input);
    void send();
  };
  return {
    type: (data) => put({ kind: "i", data }),
    resize: (cols, rows) => put({ kind: "r", data: new TextEncoder().encode(`${cols}x${rows}`) }),
  };
}

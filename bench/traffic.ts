// What agents send to the gateway: bytes from the kernel's own counters of each connection (so with TLS and heartbeats), frames from
// the gateway's metrics.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { forEachSample } from "../parsers/promtext-stream.ts";

/** Bytes received so far, by the other end's address and port. */
export type Received = Map<string, number>;

/** Reads `ss -tniHO`: one connection a line. Lines without a counter are connections that have received nothing. */
export function parseSockets(text: string): Received {
  const received: Received = new Map();
  for (const line of text.split("\n")) {
    const peer = line.trim().split(/\s+/)[3];
    if (peer) received.set(peer, Number(/\bbytes_received:(\d+)/.exec(line)?.[1] ?? 0));
  }
  return received;
}

/** Bytes that came in between two looks, a number for each connection that stood all the time. */
export function growth(before: Received, after: Received): number[] {
  return [...after].flatMap(([peer, bytes]) => {
    const was = before.get(peer);
    return was === undefined ? [] : [bytes - was];
  });
}

/** The gateway's connections right now; undefined where `ss` (iproute2) is missing. */
export async function readSockets(port: number): Promise<Received | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ss", ["-tniHO", "state", "established", "sport", "=", `:${port}`]);
    return parseSockets(stdout);
  } catch {
    return undefined; // not installed
  }
}

/** Frames so far, by their kind, from the text of the gateway's /metrics. */
export function parseFrames(text: string): Map<string, number> {
  const frames = new Map<string, number>();
  forEachSample(text, new Set(["nodeops_requests_total"]), ({ labels, value }) => {
    if (labels.kind === "frame" && labels.interface) frames.set(labels.interface, value);
  });
  return frames;
}

/** Frames the gateway has counted so far. @throws Error when it does not answer */
export async function readFrames(healthPort: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return parseFrames(await response.text());
}

// Asks addresses whether they are there, at most every 30 s each, and keeps since when they were not. Used by the collector "distribution".
import { connect } from "node:net";
import type { FactData } from "../../protocol/facts.ts";
import { codeOf } from "../host/errors.ts";

export type Reach = FactData["distribution"]["mirrors"][number]["reach"];

const TIMEOUT_MS = 2_000;
const FAILURES_MAX = 20;

/** The next state of an address from the last one and what was seen; `error` null means that it answered. Pure. */
export function nextReach(before: Reach | null, address: string, error: string | null, now: number): Reach {
  if (error === null) return { address, ok: true, error: null, failingSince: null, failures: 0 };
  return {
    address,
    ok: false,
    error,
    failingSince: before?.failingSince ?? now,
    failures: Math.min((before?.failures ?? 0) + 1, FAILURES_MAX),
  };
}

/** Opens a TCP connection and closes it: null when it came about, else the reason as a code. */
export function touch(host: string, port: number, timeoutMs = TIMEOUT_MS): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => end("ETIMEDOUT"), timeoutMs);
    socket.once("connect", () => end(null));
    socket.once("error", (err) => end(codeOf(err) ?? "UNREACHABLE"));
  });
}

type Entry = { reach: Reach; askedAt: number };

/** Keeps the answers of one kind of address. */
export class ReachBook {
  readonly #entries = new Map<string, Entry>();
  readonly #everyMs: number;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** The state of an address, asked anew when the last answer is old or was a failure. */
  async ask(address: string, target: { host: string; port: number } | null): Promise<Reach> {
    if (target === null) return { address, ok: null, error: null, failingSince: null, failures: 0 };
    const known = this.#entries.get(address);
    if (known?.reach.ok && Date.now() - known.askedAt < this.#everyMs) return known.reach;
    const error = await touch(target.host, target.port);
    const reach = nextReach(known?.reach ?? null, address, error, Date.now());
    if (this.#entries.size > 500) this.#entries.clear();
    this.#entries.set(address, { reach, askedAt: Date.now() });
    return reach;
  }
}

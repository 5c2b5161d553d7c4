// Options of `up`, parsed once, and the events it reports while it works.
import type { Timing } from "../state.ts";

export type UpOptions = {
  dataDir: string;
  /** Explicit ports must be free; absent ones are the last used, the default, or the next free one. */
  port?: number;
  gatewayPort?: number;
  /** Address the console listens on. */
  listen: string;
  /** Address people open, when it is not http://<listen>:<port> (a proxy in front). */
  publicUrl?: string;
  withAgent: boolean;
  isDev: boolean;
  /** Let shells be opened on nodes that allow them (the dispatcher's policy); absent leaves the policy as it is. */
  allowShells?: boolean;
  /** "required": fail rather than run processes under one account. */
  isolation?: "auto" | "required";
};

/** What `up` did, for the closing words and `--json`. */
export type UpSummary = {
  webUrl: string;
  gatewayUrl: string;
  dataDir: string;
  pid: number;
  /** The first administrator; the password only when it was made in this start. */
  admin: { email: string; password: string | null };
  nodeName: string | null;
  isCold: boolean;
  timings: Timing[];
  totalMs: number;
};

export type UpEvent =
  | { type: "begin"; step: string }
  | { type: "end"; step: string; ms: number; detail: string }
  | { type: "note"; text: string }
  /** Sent at once: a later step may fail, and the password is shown only this time. */
  | { type: "admin"; email: string; password: string }
  | { type: "ready"; summary: UpSummary }
  | { type: "failed"; message: string; hint?: string; exitCode: number }
  | { type: "stopped" };

export type Emit = (event: UpEvent) => void;

export const DEFAULT_PORTS = {
  web: 7080,
  gateway: 7443,
  gatewayHealth: 7081,
  workersHealth: 7082,
  postgres: 7083,
  dispatcherHealth: 7084,
} as const;

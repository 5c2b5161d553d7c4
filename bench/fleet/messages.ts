// What the bench and its generator processes say to each other.
import type { PlanSettings } from "./plan.ts";
import type { Spread } from "./spread.ts";

export type GeneratorSettings = PlanSettings & {
  /** Numbers of its agents: from `first`, `count` of them. */
  first: number;
  count: number;
  /** Gateways, https://host:port; agent i keeps to gateway i modulo their number. */
  gateways: string[];
  /** Address that its connections come from: each has ports of its own. */
  localAddress: string;
  dataDir: string;
  databaseUrl: string;
  /** How many of its agents enrol over the wire with this token; the others get their certificates from the same CA code, in bulk. */
  token: string;
  byToken: number;
  /** New connections a second, and agents between connecting and having all facts stored, at most. */
  connectsPerSecond: number;
  inFlight: number;
};

/** Epoch ms. */
export type Mark = { node: number; at: number };

export type ToGenerator =
  | { type: "prepare"; settings: GeneratorSettings }
  | { type: "connect" }
  | { type: "measure"; from: number }
  | { type: "count" }
  | { type: "welcomes" }
  | { type: "finish" }
  | { type: "judge"; marks: Mark[] }
  | { type: "stop" };

export type Tally = {
  /** Heartbeats that were meant to be sent while the agent was meant to be there, and those answered. */
  due: number;
  answered: number;
  /** Of those due: sent, but the agent went away by plan before the answer came. */
  cutOff: number;
  /** Meant to be sent while the session was lost without a plan. */
  missed: number;
  factsSent: number;
  factsAcked: number;
  durableSent: number;
  durableAcked: number;
  commands: number;
  /** Sessions that ended without a plan, by reason. */
  losses: Record<string, number>;
  failed: number;
  rebooted: number;
  beats: Spread;
  facts: Spread;
  durables: Spread;
  /** How late the generator itself sent. */
  lateness: Spread;
};

export type FromGenerator =
  | { type: "prepared"; keysMs: number; enrolMs: number; enrolled: number; refused: string | null }
  | { type: "progress"; live: number; stored: number }
  | { type: "connected"; ms: number }
  | { type: "counted"; live: number }
  /** When those that are connected got their welcome, epoch ms. */
  | { type: "welcomed"; at: number[] }
  | { type: "finished"; tally: Tally; live: number }
  | { type: "judged"; wrong: number }
  | { type: "failed"; message: string };

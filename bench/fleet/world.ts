// What all simulated agents of a process share: settings, clock, facts, the tally of what was sent and answered.
import type { Tally } from "./messages.ts";
import { emptySpread } from "./spread.ts";
import type { Templates } from "./templates.ts";

export type World = {
  templates: Templates;
  /** CAs of the trust document, PEM. */
  cas: string[];
  localAddress: string;
  intervalMs: number;
  /** What is meant to happen within it is counted, epoch ms; empty before the measurement. */
  measured: { from: number; to: number };
  tally: Tally;
  /** An agent has all its facts stored for the first time since it started. */
  onStored: () => void;
  isStopping: boolean;
};

/** Epoch ms with fractions; does not jump when the clock is set. */
export const epochNow = (): number => performance.timeOrigin + performance.now();

export const isMeasured = ({ measured }: World, at: number): boolean => at >= measured.from && at < measured.to;

export const emptyTally = (): Tally => ({
  due: 0,
  answered: 0,
  cutOff: 0,
  missed: 0,
  factsSent: 0,
  factsAcked: 0,
  durableSent: 0,
  durableAcked: 0,
  commands: 0,
  losses: {},
  failed: 0,
  rebooted: 0,
  beats: emptySpread(),
  facts: emptySpread(),
  durables: emptySpread(),
  lateness: emptySpread(),
});

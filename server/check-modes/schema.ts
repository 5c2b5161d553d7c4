// Inputs and outputs of modes: how far the product may go by itself for a check, per pool. Client-safe.
import { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";

/**
 * observe: the finding, no repair. suggest: repairs are offered (what holds without a word). approve: the product prepares the run, a person releases
 * it. auto: it starts safe plans by itself; plans that interrupt something wait for approval as ever.
 */
export const modes = ["observe", "suggest", "approve", "auto"] as const;
export const Mode = z.enum(modes);
export type Mode = z.infer<typeof Mode>;
export const DEFAULT_MODE: Mode = "suggest";
/** Stands for every pool that has no mode of its own. */
export const EVERY_POOL = "*";

/**
 * Outcomes of the check's first repair in this fleet – one for a node and a day – that auto takes. Editorial: fewer say nothing about the tenth that
 * goes wrong.
 */
export const EARN_RUNS_MIN = 20;
/** As many as it really takes while none fails: 35 of 35 is the first whose interval begins above EARN_LOWER_BOUND (20 of 20 begins at 0.839). */
export const EARN_FLAWLESS_MIN = 35;
/** … and the lower end of the 95 % Wilson interval of those that ended verified. */
export const EARN_LOWER_BOUND = 0.9;
/** Below this it is taken back. */
export const LOSE_LOWER_BOUND = 0.8;
/** So is it after this many failures in a row. */
export const LOSE_FAILURES = 2;

export const ListModes = z.object({ checkId: z.string().optional() }).default({});
export const SetMode = z.object({
  checkId: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/),
  /** A pool's name, "*" for every pool without a mode of its own. */
  pool: z.string().min(1).max(100),
  /** Null: no word of its own any more. */
  mode: Mode.nullable(),
  reason: z.string().trim().min(3).max(500),
});

export type ModeRow = {
  checkId: string;
  title: Text;
  pool: string;
  mode: Mode;
  reason: string;
  setByName: string;
  setAt: Date;
};

/** What the check's first repair has shown so far, over the whole fleet. */
export type Earned = {
  repairId: string;
  title: Text;
  risk: Risk;
  /** Outcomes of the last 90 days, one for a node and a day; undos and runs that touched nothing do not count. */
  runs: number;
  succeeded: number;
  /** Lower end of the 95 % Wilson interval, 0–1. */
  lowerBound: number;
  /** Failures since the last success. */
  failuresInARow: number;
  isEarned: boolean;
  /** Why not (yet); null when it is earned. */
  why: Text | null;
};

export type ModeList = { rows: ModeRow[]; pools: string[] };
/** What `modes.list` says of one check. */
export type CheckModes = {
  checkId: string;
  fleet: Mode;
  pools: ModeRow[] /** Null also for who sees a part of the fleet only. */;
  earned: Earned | null;
};

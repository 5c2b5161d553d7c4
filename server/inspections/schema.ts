// What the catalogue page reads: each check with how it stands on the fleet, its mode and what was measured of it. Client-safe.
import { z } from "zod";
import type { Severity } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import type { CheckModes, Mode } from "../check-modes/schema.ts";
import type { MuteRow } from "../mutes/schema.ts";

/** Figures look back this far, days. */
export const FIGURES_DAYS = 90;

export const CheckRef = z.object({ id: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/) });

/** What was measured of a check over the last FIGURES_DAYS days. Rates are null where there is nothing to divide by. */
export type CheckFigures = {
  /** Findings that came to light. */
  occurrences: number;
  /** Findings that a person has judged, and of them those that were none. */
  judged: number;
  falsePositives: number;
  falsePositiveRate: number | null;
  /** Closed findings that went away by themselves soon after they had opened: nobody and no repair had a part in it. */
  transient: number;
  transientRate: number | null;
  /** Median from the first sighting to the open finding, and from the open finding to its close, ms. */
  mttdMs: number | null;
  mttrMs: number | null;
  /** How old a fact may be at most when it is judged, ms: comes on top of `mttdMs`. */
  factMs: number;
};

/** How often a repair ended verified for this check. */
export type RepairFigures = {
  id: string;
  title: Text;
  risk: Risk;
  runs: number;
  succeeded: number;
  /** Lower end of the 95 % Wilson interval, null without a run. */
  lowerBound: number | null;
};

export type CheckRow = {
  id: string;
  title: Text;
  area: string;
  severity: Severity;
  suggestion: Text;
  needs: string[];
  dependsOn: string[];
  aliases: string[];
  /** Best first: as the check names them, and by what was measured. */
  repairs: RepairFigures[];
  raiseAfterMs: number;
  clearAfterMs: number;
  factTtlMs: number;
  thresholds: Record<string, number>;
  /** Written at run time; in shadow mode its findings are shown nowhere. */
  isCustom: boolean;
  isShadow: boolean;
  /** Nodes by its last outcome, of those that were ever looked at. */
  ok: number;
  problem: number;
  unknown: number;
  /** Share of the nodes that it could judge, 0–1; null without nodes. */
  coverage: number | null;
  /** What holds where no pool has a word of its own. */
  mode: Mode;
  /** Living findings that a mute covers. */
  muted: number;
  figures: CheckFigures;
};

export type CheckDetail = CheckRow & {
  article: Text | null;
  modes: CheckModes;
  mutes: MuteRow[];
  /** Outcomes per pool, most problems first. */
  pools: { pool: string; ok: number; problem: number; unknown: number }[];
  /** Why nodes are unknown, most frequent first; numbers in the reasons are left out. */
  unknownReasons: { reason: string; count: number }[];
  /** Success of each repair by kernel and by runtimes, most runs first. */
  versions: { repairId: string; kernel: string; runtimes: string; runs: number; succeeded: number }[];
  /** Findings that came per day over the last 30 days, oldest first. */
  perDay: number[];
};

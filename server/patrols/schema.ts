// Inputs and outputs of patrols: a plan to look at a part of the fleet again and again, and one look with its report. Client-safe.
import { z } from "zod";
import type { Severity } from "../../checks/define.ts";
import { FactKind } from "../../protocol/facts.ts";
import { Page, type Paged } from "../core/paging.ts";

/** Shortest interval between two patrols, ms; cron's is a minute. */
export const INTERVAL_MIN_MS = 60_000;
/** Longest spread, ms. */
export const JITTER_MAX_MS = 6 * 3_600_000;

export const Trigger = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("interval"),
    everyMs: z
      .number()
      .int()
      .min(INTERVAL_MIN_MS)
      .max(31 * 86_400_000),
  }),
  z.object({
    type: z.literal("cron"),
    /** Five fields; a sixth for seconds is refused. */
    expression: z.string().trim().min(9).max(100),
    /** IANA name, e.g. "Asia/Shanghai". */
    timeZone: z.string().min(1).max(60),
  }),
  z.object({
    type: z.literal("change"),
    /** A node is looked at when one of these facts changed, or its state ("node-state"). */
    kinds: z
      .array(z.union([FactKind, z.literal("node-state")]))
      .min(1)
      .max(20),
  }),
  z.object({ type: z.literal("manual") }),
]);
export type Trigger = z.infer<typeof Trigger>;

const runStates = ["running", "done", "cancelled", "failed", "skipped"] as const;
export const RunState = z.enum(runStates);
/** skipped: its predecessor still ran. */
export type RunState = z.infer<typeof RunState>;
export const isRunOver = (state: RunState): boolean => state !== "running";

export const purposes = ["patrol", "on-demand", "pre-change"] as const;
export type Purpose = (typeof purposes)[number];
/** A look before a change. fail: a critical finding stands; inconclusive: too little is known yet; pass: neither. */
export type Verdict = "pass" | "fail" | "inconclusive";

const Name = z.string().trim().min(1).max(80);
/** Text of selectors/. An empty one selects no node. */
const SelectorText = z.string().max(500);
const CheckIds = z.array(z.string().max(60)).max(300).default([]);

export const SavePatrol = z.object({
  name: Name,
  selector: SelectorText,
  /** Empty: every check. */
  checkIds: CheckIds,
  trigger: Trigger,
  /** Nodes are spread evenly over this long, ms, each always at the same place in it. */
  jitterMs: z.number().int().min(0).max(JITTER_MAX_MS).default(0),
  isEnabled: z.boolean().default(true),
});
export type SavePatrol = z.infer<typeof SavePatrol>;
export const UpdatePatrol = SavePatrol.extend({ id: z.uuid() });
export const PatrolRef = z.object({ id: z.uuid() });
export const RunRef = z.object({ id: z.uuid() });
export const PreviewCount = z.object({ selector: SelectorText });
export const ListRuns = Page.extend({ patrolId: z.uuid().optional(), purpose: z.enum(purposes).optional() });

export const RunNow = z.union([
  /** A patrol's own selection and checks, now. */
  z.object({ patrolId: z.uuid() }),
  z.object({
    selector: SelectorText,
    checkIds: CheckIds,
    purpose: z.enum(["on-demand", "pre-change"]).default("on-demand"),
    /** Of a look before a change: more than this share of nodes unknown or not reporting is inconclusive. */
    unknownMaxRatio: z.number().min(0).max(1).optional(),
  }),
]);

export type RunNow = z.infer<typeof RunNow>;

export type PatrolRow = {
  id: string;
  name: string;
  selector: string;
  checkIds: string[];
  trigger: Trigger;
  jitterMs: number;
  isEnabled: boolean;
  /** When it runs next; null: not by the clock. */
  nextAt: Date | null;
  createdByName: string;
  updatedAt: Date;
  lastRun: RunRow | null;
};

export type RunRow = {
  id: string;
  patrolId: string | null;
  patrolName: string | null;
  purpose: Purpose;
  selector: string;
  checkIds: string[];
  state: RunState;
  /** Nodes it is about, and how many of them have been looked at. */
  asked: number;
  done: number;
  verdict: Verdict | null;
  requestedByName: string;
  startedAt: Date;
  endedAt: Date | null;
  report: Report;
};

/** Counts grow while it runs and are whole once it is done. */
export type Report = {
  coverage: {
    asked: number;
    /** Every check was answered, or said itself why it could not be. */
    looked: number;
    /** Of those: facts, catalogue and mutes were the same as at the last look, so that its outcome stands. */
    unchanged: number;
    /** Nothing could be judged: no facts at all, or none fresh. */
    withoutFacts: number;
    notReporting: number;
    /** Removed from the fleet since it started. */
    gone: number;
  };
  /** Findings that opened or closed since the previous run (the first one: since its own start), and those that stood before and stand now. Muted ones do not count. */
  opened: number;
  cleared: number;
  /** Given up after too long without knowing: that is not "cleared". */
  expired: number;
  stillOpen: number;
  muted: number;
  /** Open findings by severity, and nodes that have any. */
  bySeverity: Record<Severity, number>;
  /** Critical problems in their debounce: seen, not yet open. */
  pendingCritical: number;
  problemNodes: number;
  /** Nodes on which at least one check is unknown. */
  unknownNodes: number;
  /** Check id → nodes. */
  problems: Record<string, number>;
  unknown: Record<string, number>;
  /** Ids that were asked for and that nobody evaluates: a draft, a retired one, one that left the catalogue. Unknown on every node. */
  notEvaluated: string[];
  /** The first 50 findings that opened; of them, those on nodes that the reader may see. */
  openedSample: {
    findingId: string;
    nodeId: string;
    nodeName: string;
    checkId: string;
    subject: string;
    severity: Severity;
  }[];
  cost: { cpuMs: number; wallMs: number; batches: number };
  /** Why it failed, was skipped, or reads as it does: one sentence, "" when there is nothing to say. */
  note: string;
};

export type RunDetail = RunRow & {
  /** The run before it, of the same patrol. */
  previous: Pick<RunRow, "id" | "startedAt" | "state" | "report"> | null;
  /** Selected nodes where a critical finding stands now, at most 50 by name. */
  criticalNodes: { nodeId: string; nodeName: string }[];
};
export type PatrolDetail = PatrolRow & { runs: RunRow[] };
export type RunList = Paged<RunRow>;

export type Preview = {
  /** Nodes that it selects and the caller may see. */
  count: number;
  /** At most 10, by name. */
  sample: { id: string; name: string; pool: string; zone: string; state: string }[];
  /** Why the text is no selector; null when it is one. */
  error: { en: string; zh: string } | null;
};

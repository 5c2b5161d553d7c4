// A run's report: added up batch by batch, and what a look before a change makes of it. Pure.
import { z } from "zod";
import type { Report, Verdict } from "./schema.ts";

/** Findings of the sample that a report keeps. */
export const SAMPLE_MAX = 50;
/** A look before a change: with more than this share of nodes unknown or not reporting it says nothing. Editorial: one node in twenty may be away. */
export const UNKNOWN_MAX_RATIO = 0.05;

export const emptyReport = (): Report => ({
  coverage: { asked: 0, looked: 0, unchanged: 0, withoutFacts: 0, notReporting: 0, gone: 0 },
  opened: 0,
  cleared: 0,
  expired: 0,
  stillOpen: 0,
  muted: 0,
  bySeverity: { critical: 0, warning: 0, info: 0 },
  pendingCritical: 0,
  problemNodes: 0,
  unknownNodes: 0,
  problems: {},
  unknown: {},
  notEvaluated: [],
  openedSample: [],
  cost: { cpuMs: 0, wallMs: 0, batches: 0 },
  note: "",
});

const Count = z.number().catch(0);
const Counts = z.record(z.string(), z.number()).catch({});
const Sample = z.object({
  findingId: z.string(),
  nodeId: z.string(),
  nodeName: z.string(),
  checkId: z.string(),
  subject: z.string(),
  severity: z.enum(["critical", "warning", "info"]),
});
const coverage = {
  asked: Count,
  looked: Count,
  unchanged: Count,
  withoutFacts: Count,
  notReporting: Count,
  gone: Count,
};
const bySeverity = { critical: Count, warning: Count, info: Count };
const Stored = z.object({
  coverage: z.object(coverage).catch(emptyReport().coverage),
  opened: Count,
  cleared: Count,
  expired: Count,
  stillOpen: Count,
  muted: Count,
  bySeverity: z.object(bySeverity).catch(emptyReport().bySeverity),
  pendingCritical: Count,
  problemNodes: Count,
  unknownNodes: Count,
  problems: Counts,
  unknown: Counts,
  notEvaluated: z.array(z.string()).catch([]),
  openedSample: z.array(Sample).catch([]),
  cost: z.object({ cpuMs: Count, wallMs: Count, batches: Count }).catch({ cpuMs: 0, wallMs: 0, batches: 0 }),
  note: z.string().catch(""),
});

/** A report as stored, by whatever version. */
export const readReport = (stored: unknown): Report => {
  const parsed = Stored.safeParse(stored);
  return parsed.success ? parsed.data : emptyReport();
};

const sumMaps = (a: Record<string, number>, b: Record<string, number>): Record<string, number> => {
  const sum = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) sum.set(key, (sum.get(key) ?? 0) + value);
  return Object.fromEntries(sum);
};
const sumFields = <T extends Record<string, number>>(a: T, b: T): T => sumMaps(a, b) as T; // the same keys on both sides

/** For people: which checks were asked for and are not evaluated; "" for none. */
export const notEvaluatedNote = (ids: readonly string[]): string =>
  ids.length === 0
    ? ""
    : `not evaluated: ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ` and ${ids.length - 5} more` : ""}`;

/** One more batch. */
export function addBatch(report: Report, batch: Report): Report {
  return {
    coverage: sumFields(report.coverage, batch.coverage),
    opened: report.opened + batch.opened,
    cleared: report.cleared + batch.cleared,
    expired: report.expired + batch.expired,
    stillOpen: report.stillOpen + batch.stillOpen,
    muted: report.muted + batch.muted,
    bySeverity: sumFields(report.bySeverity, batch.bySeverity),
    pendingCritical: report.pendingCritical + batch.pendingCritical,
    problemNodes: report.problemNodes + batch.problemNodes,
    unknownNodes: report.unknownNodes + batch.unknownNodes,
    problems: sumMaps(report.problems, batch.problems),
    unknown: sumMaps(report.unknown, batch.unknown),
    notEvaluated: [...new Set([...report.notEvaluated, ...batch.notEvaluated])].sort(),
    openedSample: [...report.openedSample, ...batch.openedSample].slice(0, SAMPLE_MAX),
    cost: sumFields(report.cost, batch.cost),
    note: batch.note || report.note,
  };
}

/**
 * Whether a change may begin on these nodes. A critical finding that stands is a fail, whatever else is unknown; no node at all, one that was not
 * looked at, a check that nobody evaluates, a critical problem in its debounce, or too many nodes that nothing is known of: inconclusive, never pass.
 * Muted findings were accepted by somebody and do not count.
 */
export function verdictOf(
  report: Report,
  unknownMaxRatio: number = UNKNOWN_MAX_RATIO,
): { verdict: Verdict; reason: string } {
  const { coverage, bySeverity, unknownNodes, notEvaluated, pendingCritical } = report;
  if (bySeverity.critical > 0)
    return { verdict: "fail", reason: `${bySeverity.critical} critical finding(s) stand on the selected nodes` };
  if (coverage.asked === 0) return { verdict: "inconclusive", reason: "no node is selected" };
  const reached = coverage.looked + coverage.gone;
  if (reached < coverage.asked)
    return { verdict: "inconclusive", reason: `${coverage.asked - reached} node(s) were not looked at` };
  if (notEvaluated.length > 0) return { verdict: "inconclusive", reason: notEvaluatedNote(notEvaluated) };
  if (pendingCritical > 0)
    return {
      verdict: "inconclusive",
      reason: `${pendingCritical} critical problem(s) were seen and are not confirmed yet`,
    };
  // A node that is not reporting soon has unknown checks as well: the larger number counts, not the sum.
  const inTheDark = Math.max(unknownNodes, coverage.notReporting, coverage.withoutFacts);
  const ratio = inTheDark / coverage.asked;
  if (ratio > unknownMaxRatio)
    return {
      verdict: "inconclusive",
      reason: `${inTheDark} of ${coverage.asked} node(s) are unknown or not reporting; ${Math.round(unknownMaxRatio * 100)} % are allowed`,
    };
  return { verdict: "pass", reason: "" };
}

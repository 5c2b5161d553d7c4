// From classified metrics to one score of 0–100 and its verdict, as Kayenta's weighted groups count.
import type { MetricLabel } from "./classify.ts";

export type ScoredMetric = { label: MetricLabel; isCritical: boolean; groups: readonly string[] };

export type GroupScore = { name: string; score: number; hasNoData: boolean; metrics: number };

export type Score = {
  /** 0–100 when the weights sum to at most 100; two decimals. */
  summary: number;
  groups: GroupScore[];
  /** Why the summary is 0 whatever the groups say. */
  failedBy: "critical" | "nodata" | null;
};

/** From this share of metrics without data on, there is nothing to judge: 0. */
const NODATA_MAX = 0.5;

/** Counted in a group's score; Nodata and Error are not. */
const COUNTED: ReadonlySet<MetricLabel> = new Set(["Pass", "High", "Low", "NodataFailMetric"]);

/**
 * The score. A group is the share of its metrics that pass; one without any data counts as full in the sum.
 *
 * @param weights percent per group; groups that have none share equally what is missing to 100. Weights need not sum to 100, and the score is not
 *   scaled to make up for it
 */
export function weightedScore(metrics: readonly ScoredMetric[], weights: Readonly<Record<string, number>>): Score {
  const groups = [...new Set(metrics.flatMap((metric) => metric.groups))].map((name) => groupScore(name, metrics));
  if (metrics.some((metric) => metric.isCritical && metric.label !== "Pass"))
    return { summary: 0, groups, failedBy: "critical" };
  const withoutData = metrics.filter((metric) => metric.label === "Nodata").length;
  if (metrics.length > 0 && withoutData / metrics.length >= NODATA_MAX)
    return { summary: 0, groups, failedBy: "nodata" };
  return { summary: summed(groups, new Map(Object.entries(weights))), groups, failedBy: null };
}

function groupScore(name: string, metrics: readonly ScoredMetric[]): GroupScore {
  const own = metrics.flatMap((metric) => metric.groups.filter((group) => group === name).map(() => metric.label));
  const counted = own.filter((label) => COUNTED.has(label));
  const passed = counted.filter((label) => label === "Pass").length;
  const hasNoData = counted.length === 0;
  return { name, score: hasNoData ? 0 : (passed / counted.length) * 100, hasNoData, metrics: own.length };
}

function summed(groups: readonly GroupScore[], weights: ReadonlyMap<string, number>): number {
  const given = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const unweighted = groups.filter(({ name }) => !weights.has(name)).length;
  const rest = unweighted === 0 ? 0 : (100 - given) / unweighted;
  const total = groups.reduce(
    (sum, { name, score, hasNoData }) => sum + (hasNoData ? 100 : score) * ((weights.get(name) ?? rest) / 100),
    0,
  );
  return halfUp(total);
}

/** Two decimals, halves away from zero, by the printed digits: 33.335 becomes 33.34 although its double lies below. */
function halfUp(value: number): number {
  const digits = Math.abs(value).toString();
  if (digits.includes("e")) return Math.round(value * 100) / 100;
  return Math.sign(value) * Number(`${Math.round(Number(`${digits}e2`))}e-2`);
}

export type ScoreVerdict = "pass" | "marginal" | "fail";

/** Both limits are inclusive. */
export function scoreVerdict(score: number, limits: { pass: number; marginal: number }): ScoreVerdict {
  if (score >= limits.pass) return "pass";
  return score >= limits.marginal ? "marginal" : "fail";
}

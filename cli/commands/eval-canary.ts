// The canary suite of `nodeops eval`: values of the window judge and of the condition language against vectors of public test suites. Called by eval.ts.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { evaluateCondition, phaseOf, scorePhase } from "../../judge/argo/condition.ts";
import { type Classification, classifyMannWhitney, classifyMeans, withoutNaN } from "../../judge/kayenta/classify.ts";
import { cohenD, commonLanguage, meanRatio } from "../../judge/kayenta/effect-size.ts";
import { exactU } from "../../judge/kayenta/exact-u.ts";
import { percentile, summary } from "../../judge/kayenta/numbers.ts";
import { iqrOutliers, sigmaOutliers } from "../../judge/kayenta/outliers.ts";
import { rankSumTest } from "../../judge/kayenta/rank-sum.ts";
import { scoreVerdict, weightedScore } from "../../judge/kayenta/score.ts";
import { AllTiedError, kayentaShift, kayentaTrace, standardised } from "../../judge/kayenta/shift.ts";
import { CanaryRecord, type Of } from "./eval-canary-form.ts";

/** In what a record and the judge differ. */
export type Mismatch = { kind: string; name: string; expected: unknown; got: unknown };

/** null when the judge agrees. Throws ZodError when the record is not of the suite's form. */
export function evalCanary(record: unknown): Mismatch | null {
  const parsed = CanaryRecord.parse(record);
  const { name } = z.object({ name: z.string().default("") }).parse(record);
  const { isRight, got } = answerOrRefusal(parsed);
  return isRight ? null : { kind: parsed.kind, name, expected: parsed.expected, got };
}

type Answer = { isRight: boolean; got: unknown };

/** What the judge refuses (a percentile of 0, samples too large to count, all values tied) is a wrong answer, not a broken run. */
function answerOrRefusal(record: z.infer<typeof CanaryRecord>): Answer {
  try {
    return answer(record);
  } catch (err) {
    if (err instanceof RangeError || err instanceof AllTiedError) return { isRight: false, got: err.message };
    throw err;
  }
}

function answer(record: z.infer<typeof CanaryRecord>): Answer {
  switch (record.kind) {
    case "classify":
      return classification(record);
    case "condition_eval": {
      const found = evaluateCondition(record.result, record.expression);
      return same(found.ok ? found.value : "error", record.expected);
    }
    case "condition_phase":
      return same(phaseOf(record.result, conditions(record)).phase, record.expected);
    case "effect_size":
      return near(effectSize(record), record.expected, record.tolerance);
    case "exact_u_cdf":
      return allNear(cumulated(exactU(record.m, record.n)), record.expected, record.tolerance);
    case "mann_whitney_ci":
      return interval(record);
    case "mann_whitney_intermediate":
      return trace(record);
    case "outlier_detect":
      return same(outliers(record), record.expected);
    case "percentile":
      return near(percentile(record.data, record.q), record.expected, record.tolerance);
    case "score":
      return score(record);
    case "score_threshold":
      return threshold(record);
    case "summary_stats":
      return stats(record);
    case "wilcox_test":
      return wilcox(record);
    case "wilcoxon_diff": {
      const got = record.expected.map(({ mu, zq }) => standardised(record, mu, zq));
      return allNear(
        got,
        record.expected.map(({ value }) => value),
        record.tolerance,
      );
    }
  }
}

const isNear = (got: number, want: number, within: number) => Object.is(got, want) || Math.abs(got - want) <= within;
const same = (got: unknown, want: unknown): Answer => ({ isRight: isDeepStrictEqual(got, want), got });
const near = (got: number, want: number, within: number): Answer => ({ isRight: isNear(got, want, within), got });

/** The vector may stop early; it may not be longer. */
function allNear(got: readonly number[], want: readonly number[], within: number): Answer {
  return { isRight: want.every((value, index) => isNear(got[index] ?? Number.NaN, value, within)), got };
}

function cumulated(values: readonly number[]): number[] {
  let total = 0;
  return values.map((value) => {
    total += value;
    return total;
  });
}

function conditions({ success_condition, failure_condition }: Of<"condition_phase">) {
  return { success: success_condition ?? "", failure: failure_condition ?? "" };
}

function classification(record: Of<"classify">): Answer {
  const { params } = record;
  const nanStrategy = params.nan_strategy?.startsWith("Replace") ? "Replace" : "Remove";
  const samples = {
    baseline: withoutNaN(record.baseline, nanStrategy),
    canary: withoutNaN(record.canary, nanStrategy),
  } as const;
  const rules = {
    direction: params.direction ?? undefined,
    nanStrategy,
    isCritical: params.critical_metric ?? undefined,
    isDataRequired: params.data_required ?? undefined,
    tolerance: params.tolerance ?? undefined,
    confidence: params.conf_level ?? undefined,
    effectThresholds: params.effect_size_thresholds ?? undefined,
    criticalThresholds: params.critical_thresholds ?? undefined,
    measure: params.effect_size_measure ?? undefined,
  } as const;
  const got: Classification =
    params.classifier === "MannWhitneyClassifier" ? classifyMannWhitney(samples, rules) : classifyMeans(samples, rules);
  const isCriticalRight = typeof record.expected_critical !== "boolean" || got.isCritical === record.expected_critical;
  return { isRight: got.label === record.expected && isCriticalRight, got };
}

const EFFECTS = { cles: commonLanguage, cohenD, meanRatio };

/** The suites call some measures with the canary in the baseline's place; the vector says so. */
function effectSize({ measure, argument_order, canary, baseline }: Of<"effect_size">): number {
  const isSwapped = argument_order?.[0]?.startsWith("experiment") ?? false;
  return isSwapped ? EFFECTS[measure](canary, baseline) : EFFECTS[measure](baseline, canary);
}

function interval({ x, y, conf_level, expected }: Of<"mann_whitney_ci">): Answer {
  const { low, high, estimate } = kayentaShift(x, y, conf_level);
  const got: { [key: string]: number } = { ci_low: low, ci_high: high, estimate };
  return { isRight: fieldsNear(got, expected, 1e-6), got };
}

/** Each field within its own `…_tolerance`, or the given one. */
function fieldsNear(got: { [key: string]: number }, want: { [key: string]: number }, within: number): boolean {
  return Object.entries(want)
    .filter(([key]) => !key.endsWith("_tolerance"))
    .every(([key, value]) => isNear(got[key] ?? Number.NaN, value, want[`${key}_tolerance`] ?? within));
}

function trace({ x, y, conf_level, expected, tolerance: within }: Of<"mann_whitney_intermediate">): Answer {
  const found = kayentaTrace(x, y, conf_level);
  const got = {
    rMumin: found.muMin,
    rMumax: found.muMax,
    rZqLower: found.zLower,
    rZqUpper: found.zUpper,
    rFlower1: found.atMinLower,
    rFupper1: found.atMaxLower,
    rFlower2: found.atMinUpper,
    rFupper2: found.atMaxUpper,
    rCil: found.low,
    rCiu: found.high,
    rEst: found.estimate,
  };
  return { isRight: fieldsNear(got, expected, within), got };
}

function outliers({ detector, param, reduce_sensitivity, data }: Of<"outlier_detect">): boolean[] {
  return detector === "IQRDetector"
    ? iqrOutliers(data, param, reduce_sensitivity ?? false)
    : sigmaOutliers(data, param);
}

function score({ metrics, group_weights, expected }: Of<"score">): Answer {
  const got = weightedScore(
    metrics.map(({ classification: label, critical, groups }) => ({
      label,
      isCritical: critical ?? false,
      groups: groups ?? [],
    })),
    group_weights ?? {},
  );
  const sorted = got.groups.map((group) => group.score).sort((a, b) => a - b);
  const want = expected.sorted_group_scores;
  const areGroupsRight = !want || (want.length === sorted.length && allNear(sorted, want, 1e-9).isRight);
  return { isRight: isNear(got.summary, expected.summary_score, 1e-9) && areGroupsRight, got };
}

const KAYENTA_WORDS = { pass: "Pass", marginal: "Marginal", fail: "Fail" };

/** In the words of Argo, or of Kayenta. */
function threshold({ score: own, pass_threshold, marginal_threshold, expected }: Of<"score_threshold">): Answer {
  const limits = { pass: pass_threshold, marginal: marginal_threshold };
  const word = KAYENTA_WORDS[scoreVerdict(own, limits)];
  return Object.values(KAYENTA_WORDS).includes(expected)
    ? same(word, expected)
    : same(scorePhase(own, limits), expected);
}

function stats({ data, expected }: Of<"summary_stats">): Answer {
  const got = summary(data);
  return { isRight: fieldsNear(got, expected, 1e-9), got };
}

function wilcox({ x, y, alternative, method, continuity, expected, tolerance: within }: Of<"wilcox_test">): Answer {
  const got = rankSumTest(x, y, { alternative, method, continuity: continuity ?? true });
  const isURight = expected.U === undefined || isNear(got.u, expected.U, within);
  return { isRight: isURight && (expected.p === undefined || isNear(got.p, expected.p, within)), got };
}

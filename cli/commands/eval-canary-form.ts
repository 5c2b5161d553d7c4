// Forms of the records that `nodeops eval canary` reads, one a kind. Read by eval-canary.ts.
import { z } from "zod";

/** A number of a vector: JSON knows neither NaN (null here) nor infinity. */
const Num = z.union([
  z.number(),
  z.null().transform(() => Number.NaN),
  z.enum(["NaN", "inf", "+inf", "-inf", "Infinity", "-Infinity"]).transform((word) => {
    if (word === "NaN") return Number.NaN;
    return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }),
]);
const Nums = z.array(Num);
const Pair = z.tuple([z.number(), z.number()]).nullish();
const tolerance = z
  .number()
  .nullish()
  .transform((within) => within ?? 1e-9);

const Classify = z.object({
  kind: z.literal("classify"),
  params: z.object({
    classifier: z.enum(["MannWhitneyClassifier", "MeanInequalityClassifier"]),
    tolerance: z.number().nullish(),
    conf_level: z.number().nullish(),
    effect_size_thresholds: Pair,
    critical_thresholds: Pair,
    effect_size_measure: z.enum(["meanRatio", "cles"]).nullish(),
    direction: z.enum(["Increase", "Decrease", "Either"]).nullish(),
    nan_strategy: z.string().nullish(),
    critical_metric: z.boolean().nullish(),
    data_required: z.boolean().nullish(),
  }),
  canary: Nums,
  baseline: Nums,
  expected: z.string(),
  expected_critical: z.boolean().nullish(),
});

const Sides = z.object({ x: Nums, y: Nums });

/** A record of the suite, by its kind. */
export const CanaryRecord = z.discriminatedUnion("kind", [
  Classify,
  z.object({ kind: z.literal("condition_eval"), result: z.unknown(), expression: z.string(), expected: z.unknown() }),
  z.object({
    kind: z.literal("condition_phase"),
    result: z.unknown(),
    success_condition: z.string().nullish(),
    failure_condition: z.string().nullish(),
    expected: z.string(),
  }),
  z.object({
    kind: z.literal("effect_size"),
    measure: z.enum(["cles", "cohenD", "meanRatio"]),
    argument_order: z.array(z.string()).nullish(),
    canary: Nums,
    baseline: Nums,
    expected: Num,
    tolerance,
  }),
  z.object({ kind: z.literal("exact_u_cdf"), m: z.int(), n: z.int(), expected: Nums, tolerance }),
  Sides.extend({
    kind: z.literal("mann_whitney_ci"),
    conf_level: z.number(),
    expected: z.record(z.string(), z.number()),
  }),
  Sides.extend({
    kind: z.literal("mann_whitney_intermediate"),
    conf_level: z.number(),
    expected: z.record(z.string(), Num),
    tolerance,
  }),
  z.object({
    kind: z.literal("outlier_detect"),
    detector: z.enum(["IQRDetector", "KSigmaDetector"]),
    param: z.number(),
    reduce_sensitivity: z.boolean().nullish(),
    data: Nums,
    expected: z.array(z.boolean()),
  }),
  z.object({ kind: z.literal("percentile"), data: Nums, q: z.number(), expected: Num, tolerance }),
  z.object({
    kind: z.literal("score"),
    group_weights: z.record(z.string(), z.number()).nullish(),
    metrics: z.array(
      z.object({
        classification: z.enum(["Pass", "High", "Low", "Nodata", "NodataFailMetric", "Error"]),
        critical: z.boolean().nullish(),
        groups: z.array(z.string()).nullish(),
      }),
    ),
    expected: z.object({ summary_score: z.number(), sorted_group_scores: z.array(z.number()).nullish() }),
  }),
  z.object({
    kind: z.literal("score_threshold"),
    score: z.number(),
    pass_threshold: z.number(),
    marginal_threshold: z.number(),
    expected: z.string(),
  }),
  z.object({ kind: z.literal("summary_stats"), data: Nums, expected: z.record(z.string(), Num) }),
  Sides.extend({
    kind: z.literal("wilcox_test"),
    alternative: z.enum(["two-sided", "greater", "less"]),
    method: z.enum(["exact", "asymptotic", "auto"]),
    continuity: z.boolean().nullish(),
    expected: z.object({ U: Num.optional(), p: Num.optional() }),
    tolerance,
  }),
  Sides.extend({
    kind: z.literal("wilcoxon_diff"),
    expected: z.array(z.object({ mu: z.number(), zq: z.number(), value: Num })),
    tolerance,
  }),
]);

/** The record of one kind. */
export type Of<Kind> = Extract<z.infer<typeof CanaryRecord>, { kind: Kind }>;

// Inputs and outputs of the rollouts domain. Client-safe.
import { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import type { Counts, Phase, Policy, SkipReason, Stage, State, Verdict } from "../../rollout/types.ts";
import type { ApprovalNeed, ApprovalState } from "../approvals/schema.ts";
import type { BudgetRow } from "../budget/schema.ts";
import { Page, type Paged } from "../core/paging.ts";

export const phases = [
  "draft",
  "planned",
  "approved",
  "running",
  "paused",
  "halted",
  "rolling-back",
  "rolled-back",
  "succeeded",
  "aborted",
] as const satisfies readonly Phase[];
export const isFinal = (phase: Phase): boolean =>
  phase === "succeeded" || phase === "rolled-back" || phase === "aborted";

const Reason = z.string().trim().min(3).max(500);
const Words = z.array(z.string().min(1).max(200)).max(100);

/** Gray selection. Conditions are joined by "and"; an empty one is no condition, but with no selector, list or finding at all it is zero nodes. */
export const Where = z.strictObject({
  /** Text of selectors/; "*" is the whole fleet, "" selects nothing. */
  selector: z.string().max(2_000).default(""),
  /** Ids or names; joined to what the selector selects. */
  nodes: z.array(z.string().max(253)).max(10_000).default([]),
  exclude: z.array(z.string().max(253)).max(10_000).default([]),
  /** Prefixes: "5.10", "containerd 1.6". */
  kernels: Words.default([]),
  runtimes: Words.default([]),
  /** e.g. "amd64". */
  archs: Words.default([]),
  /** Hardware: product names by prefix. */
  products: Words.default([]),
  /** Nodes that run a container of these images or pods, by prefix. */
  applications: Words.default([]),
  /** Nodes with a present finding of this check (for repairs). */
  checkId: z.string().max(100).nullable().default(null),
  /** A sticky random share of what is left, %. */
  percentage: z.number().gt(0).max(100).default(100),
  /** At most so many nodes. */
  limit: z.number().int().positive().nullable().default(null),
});
export type Where = z.output<typeof Where>;

export const ChangeInput = z.strictObject({
  /** A kind of changes/list.ts. */
  kind: z.string().max(50),
  params: z.record(z.string(), z.unknown()),
});
export type ChangeInput = z.output<typeof ChangeInput>;

const MINUTE = 60_000;
const Gate = z.union([
  z.strictObject({ after: z.union([z.number().int().min(0), z.literal("each")]), kind: z.literal("manual") }),
  z.strictObject({
    after: z.union([z.number().int().min(0), z.literal("each")]),
    kind: z.literal("webhook"),
    url: z.url({ protocol: /^https?$/ }).max(2_000),
  }),
]);
const Window = z.strictObject({
  days: z.array(z.number().int().min(0).max(6)).min(1).max(7),
  from: z.number().int().min(0).max(1_439),
  to: z.number().int().min(0).max(1_440),
  timeZone: z.string().max(64),
});

/** What people may set of a policy; the rest is by default for risk, size and lane (rollout/policy.ts). */
export const PolicyInput = z
  .strictObject({
    first: z.number().int().positive(),
    growth: z.number().gt(1).max(3),
    waveMax: z.number().int().positive().nullable(),
    domain: z.enum(["zone", "rack", "none"]),
    soakMs: z
      .number()
      .int()
      .min(0)
      .max(7 * 24 * 60 * MINUTE),
    judgeEveryMs: z
      .number()
      .int()
      .min(1_000)
      .max(10 * MINUTE),
    applyTimeoutMs: z
      .number()
      .int()
      .min(1_000)
      .max(24 * 60 * MINUTE),
    maxErrors: z.number().int().min(1),
    maxInFlight: z.number().int().min(1),
    rehearse: z.boolean(),
    onFail: z.enum(["roll-back", "halt"]),
    gates: z.array(Gate).max(50),
    windows: z.array(Window).max(50),
    judge: z
      .strictObject({
        kind: z.enum(["sequential", "kayenta"]),
        alpha: z.number().gt(0).max(0.01),
        minExposureMs: z.number().int().min(0),
        toleratedRatio: z.number().min(1).max(100),
        atTimeLimit: z.enum(["pass", "pause"]),
        controlsMax: z.number().int().min(0).max(2_000),
      })
      .partial(),
  })
  .partial();
export type PolicyInput = z.output<typeof PolicyInput>;

export const PlanRollout = z.strictObject({
  title: z.string().trim().max(200).default(""),
  change: ChangeInput,
  where: Where,
  policy: PolicyInput.default({}),
  /** fast: shorter soak, still a canary; two people; `reason` is required. */
  lane: z.enum(["normal", "fast"]).default("normal"),
  reason: z.string().trim().max(500).default(""),
  templateId: z.uuid().nullable().default(null),
});
export type PlanRollout = z.output<typeof PlanRollout>;
export type PlanRolloutInput = z.input<typeof PlanRollout>;

export type WavePreview = {
  wave: number;
  domain: string;
  size: number;
  sample: { id: string; name: string }[];
  startsAtMs: number;
  endsAtMs: number;
};

/** What a plan would be: asked again and again while the wizard is filled in; writes nothing. */
export type RolloutPreview = {
  summary: Text;
  risk: Risk;
  isReversible: boolean;
  /** Nodes that would be changed, and those that the selection has and that are left out, by reason. */
  count: number;
  selected: number;
  skipped: Partial<Record<SkipReason, number>>;
  skippedSample: { id: string; name: string; reason: SkipReason }[];
  sample: { id: string; name: string; pool: string; zone: string; kernel: string; runtimes: string }[];
  /** Facets of the target set: how many by pool, zone, kernel, runtime. */
  spread: Record<"pool" | "zone" | "kernel" | "runtime", { value: string; count: number }[]>;
  waves: WavePreview[];
  policy: Policy;
  /** What keeps it from being planned, in order; empty: it may be planned. */
  problems: { path: string; text: Text }[];
  /** What is worth knowing and keeps nobody: a wave with one domain only, no controls left, … */
  hints: Text[];
  /** Per pool: how the budget stands now. */
  budget: BudgetRow[];
  approval: ApprovalNeed;
  /** First canary's plan on its node, as an example. */
  example: {
    node: { id: string; name: string };
    steps: { title: Text; type: string; params: unknown }[];
    back: { title: Text; type: string; params: unknown }[];
  } | null;
};

export type RolloutRow = {
  id: string;
  title: string;
  kind: string;
  summary: Text;
  risk: Risk;
  lane: "normal" | "fast";
  origin: "person" | "auto" | "single";
  phase: Phase;
  stage: Stage | null;
  wave: number;
  waveCount: number;
  counts: Counts;
  targetCount: number;
  why: Text | null;
  requestedByName: string;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
};
export const ListRollouts = Page.extend({
  state: z.enum(["active", "over", "all"]).default("all"),
  kind: z.string().max(50).optional(),
  phase: z.enum(phases).optional(),
  node: z.string().optional(),
  /** Runs of one repair on one node are rollouts of one wave: left out unless asked for. */
  single: z.boolean().default(false),
  search: z.string().max(200).default(""),
});
export type RolloutList = Paged<RolloutRow>;

export const RolloutRef = z.strictObject({ id: z.uuid() });
export const RolloutAct = RolloutRef.extend({ reason: Reason });
export const StartRollout = RolloutRef.extend({ targetHash: z.string().length(64) });
export const DecideGate = RolloutAct.extend({ after: z.number().int().min(0), isOpen: z.boolean() });

/** What may be done now, and why not: buttons are shown by it. */
export type RolloutActions = Record<
  "start" | "pause" | "resume" | "promote" | "abort" | "rollBack" | "retry",
  { can: boolean; why: Text | null }
>;

export type RolloutDetail = RolloutRow & {
  change: ChangeInput;
  where: Where;
  policy: Policy;
  policyHash: string;
  changeHash: string;
  targetHash: string;
  reason: string;
  isReversible: boolean;
  state: State;
  /** The present wave ends about then, and all, ms epoch; null where nobody can say. */
  eta: { waveAt: number | null; endAt: number | null };
  verdict: Verdict | null;
  budget: BudgetRow[];
  approval: ApprovalState | null;
  actions: RolloutActions;
  gate: { after: number; kind: "manual" | "webhook"; askedAt: number; canDecide: boolean } | null;
  parentId: string | null;
  /** Nodes of the plan that are not changed, by reason, most first: left out when it was planned, or skipped on the way. */
  leftOut: { reason: Text; count: number; sample: { id: string; name: string }[] }[];
};

/** Nodes that the selection gives by now and the plan does not have. Null where that says nothing: it is over, or asked for a list, a share or a finding. */
export type LateJoiners = { count: number; sample: { id: string; name: string }[] } | null;

export const ListTargets = Page.extend({
  id: z.uuid(),
  wave: z.number().int().optional(),
  state: z.string().max(20).optional(),
  search: z.string().max(200).default(""),
});
export type TargetRow = {
  nodeId: string;
  nodeName: string;
  wave: number;
  domain: string;
  state: keyof Counts;
  reason: Text | null;
  healthBefore: string;
  healthNow: string;
  runId: string | null;
  changedAt: Date;
};
export type TargetList = Paged<TargetRow>;

export const ReadLooks = RolloutRef.extend({ wave: z.number().int().min(0).optional() });
/** One arm of a signal: cases (nodes, each counted once for one trouble) and looks at nodes since the wave began, and the value of this look with its 95 % interval. */
export type LookArm = {
  events: number;
  exposure: number;
  nodes: number;
  value: number | null;
  low: number | null;
  high: number | null;
  /** Of a rate: how many calls of this look the value is a share of; absent in looks that were stored before it was kept. */
  calls?: number;
};
/** One signal of one look. Values: events per node and hour, shares 0–1 for rates, seconds for latencies, the gauge's own for gauges. */
export type LookSignal = {
  id: string;
  title: Text;
  kind: "event" | "rate" | "latency" | "gauge";
  canary: LookArm;
  control: LookArm;
  eValue: number;
  threshold: number;
  /** Ratio of canary to control with its bounds; null where there is nothing to say. */
  effect: { value: number; low: number; high: number } | null;
};
export type Look = {
  wave: number;
  at: Date;
  dataAt: Date | null;
  verdict: string;
  reason: Text;
  signals: LookSignal[];
};
/** At most 300 looks a wave, thinned evenly, the last always. */
export type LookList = { looks: Look[] };

export type RolloutEventRow = {
  seq: number;
  at: Date;
  type: string;
  actor: string;
  /** As people know them. */
  actorName: string;
  phase: Phase;
  text: Text;
  hash: string;
};
export type RolloutEventList = { events: RolloutEventRow[]; isChainWhole: boolean };

export const SaveTemplate = z.strictObject({ name: z.string().trim().min(1).max(100), definition: PlanRollout });
export type TemplateRow = {
  id: string;
  name: string;
  definition: PlanRollout;
  summary: Text;
  createdByName: string;
  updatedAt: Date;
};

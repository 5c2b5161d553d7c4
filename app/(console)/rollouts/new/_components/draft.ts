// The wizard's draft: everything as it was typed, so that bad input and a reload lose nothing; and the plan that it means. Pure.
import { z } from "zod";
import { type PlanRollout, type PlanRolloutInput, PolicyInput, Where } from "../../../../../server/rollouts/schema.ts";

const Texts = z.record(z.string(), z.string());
const GateDraft = z.object({ after: z.string(), kind: z.enum(["manual", "webhook"]), url: z.string() });
const WindowDraft = z.object({ days: z.array(z.number()), from: z.string(), to: z.string(), timeZone: z.string() });

const Draft = z.object({
  title: z.string(),
  kind: z.string(),
  /** Fields of each kind that was looked at: going back and forth between kinds loses nothing. */
  params: z.record(z.string(), Texts),
  where: Texts,
  policy: Texts,
  gates: z.array(GateDraft),
  windows: z.array(WindowDraft),
  lane: z.enum(["normal", "fast"]),
  reason: z.string(),
  templateId: z.string().nullable(),
});
export type Draft = z.output<typeof Draft>;
export type GateDraft = z.output<typeof GateDraft>;
export type WindowDraft = z.output<typeof WindowDraft>;

export const emptyDraft: Draft = {
  title: "",
  kind: "",
  params: {},
  where: {},
  policy: {},
  gates: [],
  windows: [],
  lane: "normal",
  reason: "",
  templateId: null,
};

/** A stored draft; null when it is none (any more). */
export function parseDraft(text: string | null): Draft | null {
  if (text === null) return null;
  try {
    return Draft.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const MINUTE_MS = 60_000;
const words = (text: string | undefined): string[] =>
  (text ?? "")
    .split(/[\n,]+/)
    .map((one) => one.trim())
    .filter(Boolean);
const names = (text: string | undefined): string[] => (text ?? "").split(/[\s,]+/).filter(Boolean);
const amount = (text: string | undefined): number | undefined => (text?.trim() ? Number(text) : undefined);

/** Times of day as people type them, in minutes after midnight. */
export function minutesOf(clock: string): number {
  const [hours = "", minutes = ""] = clock.split(":");
  return Number(hours) * 60 + Number(minutes);
}
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

function whereOf(typed: Record<string, string>): z.input<typeof Where> {
  return {
    selector: typed.selector?.trim() ?? "",
    nodes: names(typed.nodes),
    exclude: names(typed.exclude),
    kernels: words(typed.kernels),
    runtimes: words(typed.runtimes),
    archs: words(typed.archs),
    products: words(typed.products),
    applications: words(typed.applications),
    checkId: typed.checkId?.trim() || null,
    percentage: amount(typed.percentage) ?? 100,
    limit: amount(typed.limit) ?? null,
  };
}

/** Policy fields with what their text means; empty ones are left to the defaults. */
const numbers = {
  first: 1,
  growth: 1,
  soakMs: MINUTE_MS,
  judgeEveryMs: 1_000,
  applyTimeoutMs: MINUTE_MS,
  maxErrors: 1,
  maxInFlight: 1,
} as const;
const judgeNumbers = { alpha: 1, minExposureMs: MINUTE_MS, toleratedRatio: 1, controlsMax: 1 } as const;

const read = (units: Record<string, number>, typed: Record<string, string>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(units).flatMap(([name, unit]) => {
      const value = amount(typed[name]);
      return value === undefined ? [] : [[name, Number((value * unit).toPrecision(12))]];
    }),
  );

function policyOf({ policy: typed, gates, windows }: Draft): Record<string, unknown> {
  const judge = {
    ...read(judgeNumbers, typed),
    ...(typed.judgeKind && { kind: typed.judgeKind }),
    ...(typed.atTimeLimit && { atTimeLimit: typed.atTimeLimit }),
  };
  const waveMax = amount(typed.waveMax);
  return {
    ...read(numbers, typed),
    ...(waveMax !== undefined && { waveMax }),
    ...(typed.domain && { domain: typed.domain }),
    ...(typed.onFail && { onFail: typed.onFail }),
    ...(typed.rehearse && { rehearse: typed.rehearse === "true" }),
    ...(Object.keys(judge).length > 0 && { judge }),
    ...(gates.length > 0 && {
      gates: gates.map(({ after, kind, url }) => ({
        after: after === "each" ? after : Number(after) - 1,
        kind,
        ...(kind === "webhook" && { url: url.trim() }),
      })),
    }),
    ...(windows.length > 0 && {
      windows: windows.map(({ days, from, to, timeZone }) => ({
        days,
        from: minutesOf(from),
        to: minutesOf(to) || 1_440,
        timeZone,
      })),
    }),
  };
}

/** What is wrong, by path ("where.limit", "policy.gates.0.url"). */
export type Faults = Record<string, string>;

const faultsIn = (prefix: string, error: z.ZodError | undefined): Faults =>
  Object.fromEntries(error?.issues.map((issue) => [[prefix, ...issue.path].join("."), issue.message]).reverse() ?? []);

/** The plan that a draft means, or null with what is wrong. Parameters of the change come from their form. */
export function planOf(
  draft: Draft,
  params: Record<string, unknown>,
): { plan: PlanRolloutInput | null; faults: Faults } {
  const where = Where.safeParse(whereOf(draft.where));
  const policy = PolicyInput.safeParse(policyOf(draft));
  const faults = { ...faultsIn("where", where.error), ...faultsIn("policy", policy.error) };
  if (!where.success || !policy.success || draft.kind === "") return { plan: null, faults };
  const { title, kind, lane, reason, templateId } = draft;
  return {
    plan: { title, change: { kind, params }, where: where.data, policy: policy.data, lane, reason, templateId },
    faults,
  };
}

const put = (units: Record<string, number>, from: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(units).flatMap(([name, unit]) => {
      const value = from[name];
      return typeof value === "number" ? [[name, String(Number((value / unit).toPrecision(12)))]] : [];
    }),
  );

/** The draft of a plan: of a template, of an old rollout. @param typed fields of its change, from `typeParams` */
export function draftOf(plan: PlanRollout, typed: Record<string, string>): Draft {
  const { title, change, where, policy, lane, reason, templateId } = plan;
  const judge = policy.judge ?? {};
  const text = (name: string, value: unknown): Record<string, string> =>
    value === undefined || value === null ? {} : { [name]: String(value) };
  const lines = (name: "nodes" | "exclude" | "kernels" | "runtimes" | "archs" | "products" | "applications") =>
    where[name].length > 0 ? { [name]: where[name].join("\n") } : {};
  return {
    title,
    kind: change.kind,
    params: { [change.kind]: typed },
    where: {
      selector: where.selector,
      ...lines("nodes"),
      ...lines("exclude"),
      ...lines("kernels"),
      ...lines("runtimes"),
      ...lines("archs"),
      ...lines("products"),
      ...lines("applications"),
      ...text("checkId", where.checkId),
      ...(where.percentage !== 100 && text("percentage", where.percentage)),
      ...text("limit", where.limit),
    },
    policy: {
      ...put(numbers, policy),
      ...put(judgeNumbers, judge),
      ...text("waveMax", policy.waveMax),
      ...text("domain", policy.domain),
      ...text("onFail", policy.onFail),
      ...text("rehearse", policy.rehearse),
      ...text("judgeKind", judge.kind),
      ...text("atTimeLimit", judge.atTimeLimit),
    },
    gates: (policy.gates ?? []).map((gate) => ({
      after: gate.after === "each" ? "each" : String(gate.after + 1),
      kind: gate.kind,
      url: gate.kind === "webhook" ? gate.url : "",
    })),
    windows: (policy.windows ?? []).map(({ days, from, to, timeZone }) => ({
      days,
      from: clockOf(from),
      to: clockOf(to),
      timeZone,
    })),
    lane,
    reason,
    templateId,
  };
}

// What a plan would be: asked again and again while the wizard is filled in; writes nothing. It is the very preparation that the plan is made by.
import type { Text } from "../../protocol/text.ts";
import { rolloutNeed } from "../approvals/rollout-standing.ts";
import { budgetRows } from "../budget/budgets.ts";
import { query } from "../core/verb.ts";
import { contextsOf, readNodes } from "./nodes-now.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { PlanRollout, type RolloutPreview } from "./schema.ts";
import type { Selected } from "./where.ts";

const SAMPLE = 10;
const FACET_MAX = 50;
/** One node takes about so long to be changed, ms; for the estimate of times only. */
const APPLY_ESTIMATE_MS = 30_000;

export const previewRollout = query({
  name: "rollouts.preview",
  access: "rollouts:run",
  on: "node",
  input: PlanRollout,
  async run({ db, actor, scope, now }, input): Promise<RolloutPreview> {
    const prepared = await prepare(db, input, scope);
    const { plan, byId, policy, selected, summary, risk, isReversible, problems } = prepared;
    const ids = plan.waves.flatMap(({ nodeIds }) => nodeIds);
    const nodes = ids.flatMap((id) => byId.get(id) ?? []);
    const skipped: RolloutPreview["skipped"] = {};
    for (const { reason } of plan.skipped) skipped[reason] = (skipped[reason] ?? 0) + 1;
    return {
      summary,
      risk,
      isReversible,
      count: plan.count,
      selected: selected.length,
      skipped,
      skippedSample: plan.skipped
        .slice(0, SAMPLE)
        .map(({ id, reason }) => ({ id, name: byId.get(id)?.name ?? id, reason })),
      sample: nodes
        .slice(0, SAMPLE)
        .map(({ id, name, pool, zone, kernel, runtimes }) => ({ id, name, pool, zone, kernel, runtimes })),
      spread: {
        pool: facet(nodes, ({ pool }) => [pool]),
        zone: facet(nodes, ({ zone }) => [zone]),
        kernel: facet(nodes, ({ kernel }) => [kernel]),
        runtime: facet(nodes, ({ runtimes }) => runtimes.split(", ").filter(Boolean)),
      },
      waves: wavesOf(prepared),
      policy,
      problems,
      hints: hintsOf(prepared),
      budget: await budgetRows(db, [...new Set(nodes.map(({ pool }) => pool))], scope),
      approval: await rolloutNeed(db, actor, { risk, lane: input.lane, targetCount: plan.count }, now()),
      example: await exampleOf(db, prepared, now()),
    };
  },
});

function facet(nodes: readonly Selected[], read: (node: Selected) => string[]): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const node of nodes) for (const value of read(node)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, FACET_MAX);
}

/** Times from the start on, if nothing is held up. */
function wavesOf({ plan, policy, byId }: Prepared): RolloutPreview["waves"] {
  let at = 0;
  return plan.waves.map(({ domain, nodeIds }, wave) => {
    const startsAtMs = at;
    at += Math.ceil(nodeIds.length / Math.max(1, policy.maxInFlight)) * APPLY_ESTIMATE_MS + policy.soakMs;
    const sample = nodeIds.slice(0, SAMPLE).map((id) => ({ id, name: byId.get(id)?.name ?? id }));
    return { wave, domain, size: nodeIds.length, sample, startsAtMs, endsAtMs: at };
  });
}

function hintsOf({ plan, policy, selected, definition }: Prepared): Text[] {
  const hints: Text[] = [];
  const domains = new Set(plan.waves.map(({ domain }) => domain));
  if (plan.waves.length > 1 && domains.size === 1 && policy.domain !== "none")
    hints.push({
      en: "All nodes lie in one failure domain: waves cannot be kept apart by it.",
      zh: "所有节点位于同一故障域，无法按故障域隔离各批次。",
    });
  if (plan.waves.length > 0 && plan.count < 4)
    hints.push({
      en: "So few nodes leave the judge few to compare with: hard signals decide, or a person.",
      zh: "节点过少，可供对照的节点有限：由硬信号或人员判断。",
    });
  if (definition.acts === "on-well" && selected.length > 0 && plan.skipped.length > selected.length / 2)
    hints.push({ en: "More than half of the selection is left out.", zh: "所选节点中超过一半被跳过。" });
  return hints;
}

/** What would be done on the first canary. */
async function exampleOf(
  db: Parameters<typeof prepare>[0],
  { plan, byId, definition, params }: Prepared,
  now: Date,
): Promise<RolloutPreview["example"]> {
  const first = byId.get(plan.waves[0]?.nodeIds[0] ?? "");
  if (!first) return null;
  const nodes = await readNodes(db, [first.id]);
  const findingIds = new Map(first.findingId ? [[first.id, first.findingId]] : []);
  const ctx = (await contextsOf(db, definition, nodes, findingIds, now)).get(first.id);
  const planned = ctx && definition.plan(params, ctx);
  if (!ctx || !planned || !("plan" in planned)) return null;
  const at = now.getTime();
  const done = planned.plan.steps.map((step) => ({
    step,
    result: {
      commandId: "",
      status: "done" as const,
      code: null,
      message: "",
      changed: true,
      output: {},
      startedAt: at,
      endedAt: at,
    },
  }));
  const shown = (steps: typeof planned.plan.steps) =>
    steps.map(({ title, action: { type, params: of } }) => ({ title, type, params: of as unknown }));
  return {
    node: { id: first.id, name: first.name },
    steps: shown(planned.plan.steps),
    back: shown(definition.revert(params, done, ctx)),
  };
}

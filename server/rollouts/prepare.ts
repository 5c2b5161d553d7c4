// From what somebody asks for to a plan: change, nodes, policy, waves, and what speaks against it. Preview and plan are this very function; it writes nothing.
import { changeHashOf, policyHashOf, sha256Of } from "../../changes/hashes.ts";
import { type AnyChange, parseChange } from "../../changes/list.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import { planWaves, reasonToSkip, targetText } from "../../rollout/plan.ts";
import { defaultPolicy, validatePolicy } from "../../rollout/policy.ts";
import type { Plan, Policy } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { selectConcerned } from "./centre.ts";
import { isAllowedGate } from "./gates.ts";
import type { PlanRollout, Where } from "./schema.ts";
import { lastOfTheirPool, type Selected } from "./where.ts";

export type Problem = { path: string; text: Text };
export type Prepared = {
  definition: AnyChange;
  params: Record<string, unknown>;
  summary: Text;
  risk: Risk;
  isReversible: boolean;
  where: Where;
  seed: string;
  selected: Selected[];
  byId: ReadonlyMap<string, Selected>;
  plan: Plan;
  policy: Policy;
  problems: Problem[];
  changeHash: string;
  policyHash: string;
};

const t = (en: string, zh: string): Text => ({ en, zh });

/** @throws AppError("invalid") for a change or a selector that cannot be read */
export async function prepare(db: PrismaClient | Tx, input: PlanRollout, scope: Scope): Promise<Prepared> {
  const change = parseChange(input.change);
  if ("error" in change)
    throw new AppError("invalid", `change: ${change.error}`, {
      publicMessage: `This change cannot be read: ${change.error}`,
      details: { field: "change" },
    });
  const { definition, params } = change;
  const checkId = params.checkId;
  const isRepair = definition.acts === "on-sick";
  const where = isRepair && typeof checkId === "string" ? { ...input.where, checkId } : input.where;
  // Of what is asked for and nothing else: the same words give the same canaries, in the preview as in the plan.
  const seed = sha256Of(canonicalJson({ change: input.change, where })).slice(0, 32);
  const found = await selectConcerned(db, { kind: definition.kind, params }, where, { scope, seed });
  const selected = await withHealth(db, found, definition.risk(params), isRepair);
  const count = selected.filter((node) => reasonToSkip(node, definition.acts) === null).length;
  const risk = definition.risk(params);
  const isReversible = definition.isReversible(params);
  const policy = policyOf(input, { risk, count, isReversible });
  const planned = planWaves(selected, policy, { seed, acts: definition.acts });
  const ids = planned.waves.flatMap(({ nodeIds }) => nodeIds);
  return {
    definition,
    params,
    summary: definition.summary(params),
    risk,
    isReversible,
    where,
    seed,
    selected,
    byId: new Map(selected.map((node) => [node.id, node])),
    plan: { ...planned, targetHash: sha256Of(targetText(ids)) },
    policy,
    problems: problemsOf(input, policy, planned.count),
    changeHash: changeHashOf({ kind: definition.kind, params }),
    policyHash: policyHashOf(policy),
  };
}

/** Health as the change sees it: a repair is for whoever has the finding; the last node of a pool that is well is nobody's to risk. */
async function withHealth(
  db: PrismaClient | Tx,
  selected: Selected[],
  risk: Risk,
  isRepair: boolean,
): Promise<Selected[]> {
  if (isRepair)
    return selected.map((node) => (node.findingId && node.health === "well" ? { ...node, health: "sick" } : node));
  if (risk === "safe" || selected.length === 0) return selected;
  const last = await lastOfTheirPool(db, [...new Set(selected.map(({ pool }) => pool))]);
  return last.size === 0
    ? selected
    : selected.map((node) => (last.has(node.id) ? { ...node, isProtected: true } : node));
}

function policyOf(
  { policy: asked, lane }: PlanRollout,
  of: { risk: Risk; count: number; isReversible: boolean },
): Policy {
  const base = defaultPolicy({ ...of, lane });
  const { judge, ...rest } = asked;
  const set = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const merged: Policy = { ...base, ...set };
  const least = judge?.minExposureMs ?? Math.min(base.judge.minExposureMs, merged.soakMs);
  const judged = Object.fromEntries(Object.entries(judge ?? {}).filter(([, value]) => value !== undefined));
  return {
    ...merged,
    judgeSilentMs: Math.max(merged.judgeSilentMs, 2 * merged.judgeEveryMs),
    rehearse: merged.rehearse && of.isReversible,
    onFail: of.isReversible ? merged.onFail : "halt",
    judge: { ...base.judge, ...judged, minExposureMs: least },
  };
}

function problemsOf(input: PlanRollout, policy: Policy, count: number): Problem[] {
  const problems: Problem[] = validatePolicy(policy).map(({ path, text }) => ({ path: `policy.${path}`, text }));
  const { selector, nodes, checkId } = input.where;
  if (count === 0) {
    const isEmpty = selector.trim() === "" && nodes.length === 0 && checkId === null && input.change.kind !== "repair";
    problems.push({
      path: "where",
      text: isEmpty
        ? t("Nothing is selected yet.", "尚未选择节点。")
        : t("No node of the selection can be changed now.", "所选范围内目前没有可以变更的节点。"),
    });
  }
  if (input.lane === "fast" && input.reason.length < 3)
    problems.push({ path: "reason", text: t("The fast lane needs a reason.", "快速通道必须说明原因。") });
  policy.gates.forEach((gate, i) => {
    if (gate.kind === "webhook" && !isAllowedGate(gate.url))
      problems.push({
        path: `policy.gates.${i}`,
        text: t(
          "This address may not be called; an operator allows it by NODEOPS_WEBHOOK_ALLOW.",
          "该地址不允许调用；须由运维人员通过 NODEOPS_WEBHOOK_ALLOW 放行。",
        ),
      });
  });
  return problems;
}

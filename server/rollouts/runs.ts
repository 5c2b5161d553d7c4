// Private to the rollouts domain: makes the runs of many nodes in a few statements. A run is a `repair` row; the repairs' engine carries it on from there.
import { v7 as uuidv7 } from "uuid";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { planRisk } from "../../repairs/action-risk.ts";
import type { Plan, Risk } from "../../repairs/define.ts";
import { repairById } from "../../repairs/index.ts";
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import type { NodeNow } from "./nodes-now.ts";
import type { Loaded } from "./rows.ts";

export type NewRun = {
  id: string;
  node: Pick<NodeNow, "id" | "kernel" | "runtimes">;
  findingId: string | null;
  finding: { checkId: string; subject: string } | null;
  plan: Plan;
  direction: "apply" | "revert";
  /** Of a repair that is taken back: the run that did it. */
  undoOfId: string | null;
};

/** `repairId` of the runs of a change: the repair's own, or the change's kind. */
export function runName({ change }: Pick<Loaded, "change">): string {
  const { repairId } = change.params;
  return change.kind === "repair" && typeof repairId === "string" ? repairId : `change/${change.kind}`;
}

export const newRunId = (): string => uuidv7();

/** Plans written out: most nodes of a wave have the very same one, which is sent and parsed once. `nth` counts from 1, as rows do. */
class Plans {
  readonly stored: string[] = [];
  readonly #known = new Map<string, { nth: number; canonical: string }>();
  add(plan: Plan): { nth: number; canonical: string } {
    const text = JSON.stringify({ ...plan, guards: [] });
    const known = this.#known.get(text);
    if (known) return known;
    const added = { nth: this.stored.push(text), canonical: canonicalJson(plan) };
    this.#known.set(text, added);
    return added;
  }
}

/** Inserts runs in state queued; each claims its node. A node that has a run already makes the transaction fail. */
export async function insertRuns(tx: Tx, rollout: Loaded, runs: readonly NewRun[], now: Date): Promise<void> {
  if (runs.length === 0) return;
  const name = runName(rollout);
  const definition = repairById(name);
  const plans = new Plans();
  const of = runs.map(({ plan, node, findingId, undoOfId }) => {
    const { nth, canonical } = plans.add(plan);
    const repairId = undoOfId === null ? name : undoRepairId(undoOfId);
    return {
      nth,
      planHash: planHashOf({ nodeId: node.id, findingId, repairId, plan }, canonical),
      risk: definition ? planRisk(definition, plan) : (rollout.risk as Risk),
    };
  });
  const origin = rollout.origin === "auto" ? "auto" : "person";
  await tx.$executeRaw(sql`
    INSERT INTO repair (id, repair_id, node_id, finding_id, undo_of_id, risk, plan, plan_hash, state, requested_by, origin, rollout_id, direction,
      check_id, subject, kernel, runtimes, created_at, active_key)
    SELECT t.id, ${name}, t.node_id, nullif(t.finding_id, '')::uuid, nullif(t.undo_of_id, '')::uuid, t.risk, p.plan, t.plan_hash, 'queued',
      ${rollout.requestedBy}, ${origin}, ${rollout.id}::uuid, t.direction, nullif(t.check_id, ''), t.subject, t.kernel, t.runtimes, ${now}::timestamptz,
      t.node_id::text
    FROM unnest(${runs.map(({ id }) => id)}::uuid[], ${runs.map(({ node }) => node.id)}::uuid[],
      ${runs.map(({ findingId }) => findingId ?? "")}::text[], ${runs.map(({ undoOfId }) => undoOfId ?? "")}::text[],
      ${of.map(({ risk }) => risk)}::text[], ${of.map(({ nth }) => nth)}::int[],
      ${of.map(({ planHash }) => planHash)}::text[], ${runs.map(({ direction }) => direction)}::text[],
      ${runs.map(({ finding }) => finding?.checkId ?? "")}::text[], ${runs.map(({ finding }) => finding?.subject ?? "")}::text[],
      ${runs.map(({ node }) => node.kernel)}::text[], ${runs.map(({ node }) => node.runtimes)}::text[])
      AS t(id, node_id, finding_id, undo_of_id, risk, nth, plan_hash, direction, check_id, subject, kernel, runtimes)
      JOIN unnest(${plans.stored}::jsonb[]) WITH ORDINALITY AS p(plan, nth) ON p.nth = t.nth`);
}

export type TargetMove = {
  nodeId: string;
  from: string;
  to: string;
  runId: string | null;
  reason: object | null;
  /** A run was begun, or would have been had there been something to do. */
  isAttempt: boolean;
  isApplied: boolean;
};

/** Moves targets, each from where it is thought to stand. @throws when one stands elsewhere by now: then nothing of it happened */
export async function moveTargets(tx: Tx, rolloutId: string, moves: readonly TargetMove[], now: Date): Promise<void> {
  if (moves.length === 0) return;
  const count = await tx.$executeRaw(sql`
    UPDATE rollout_target t SET state = m.state, changed_at = ${now}::timestamptz, run_id = coalesce(nullif(m.run_id, '')::uuid, t.run_id),
      reason = nullif(m.reason, '')::jsonb, attempt = t.attempt + m.attempts, applied_at = CASE WHEN m.is_applied THEN ${now}::timestamptz ELSE t.applied_at END
    FROM unnest(${moves.map(({ nodeId }) => nodeId)}::uuid[], ${moves.map(({ from }) => from)}::text[], ${moves.map(({ to }) => to)}::text[],
      ${moves.map(({ runId }) => runId ?? "")}::text[], ${moves.map(({ reason }) => (reason ? JSON.stringify(reason) : ""))}::text[],
      ${moves.map(({ isAttempt }) => (isAttempt ? 1 : 0))}::int[], ${moves.map(({ isApplied }) => isApplied)}::boolean[])
      AS m(node_id, was, state, run_id, reason, attempts, is_applied)
    WHERE t.rollout_id = ${rolloutId}::uuid AND t.node_id = m.node_id AND t.state = m.was`);
  if (count !== moves.length) throw new Error(`rollout ${rolloutId}: ${moves.length - count} targets moved in between`);
}

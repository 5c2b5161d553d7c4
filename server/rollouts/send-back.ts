// Carries out "revert": changed nodes go back, each from what was done on it, within the same budget as on the way forth.
import { parseChange } from "../../changes/list.ts";
import type { Text } from "../../protocol/text.ts";
import type { DoneStep, Plan } from "../../repairs/define.ts";
import { lockPools } from "../budget/pools.ts";
import { releaseLeases, takeLeases } from "../budget/take.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { doneSteps } from "../repairs/plan.ts";
import { revertAtCentre } from "./centre.ts";
import { contextsOf, readNodes } from "./nodes-now.ts";
import { type Loaded, ownerOf } from "./rows.ts";
import { insertRuns, moveTargets, type NewRun, newRunId, type TargetMove } from "./runs.ts";
import { holderOf, type Sent } from "./send.ts";

const BATCH = 200;

type Target = {
  nodeId: string;
  state: string;
  reason: Record<string, unknown> | null;
  runId: string | null;
  findingId: string | null;
  pool: string;
};

const NOTHING: Text = { en: "Nothing was changed on it.", zh: "该节点上没有任何更改。" };
const touches = (count: number): Text => ({
  en: `Takes back what the change did, in ${count} ${count === 1 ? "step" : "steps"}, last one first.`,
  zh: `按相反顺序分 ${count} 步撤回该变更。`,
});

/** @param only the rehearsal: the first node that was applied */
export async function sendBack(
  tx: Tx,
  rollout: Loaded,
  { wave, max, only }: { wave: number; max: number; only: "rehearsal" | null },
  now: Date,
): Promise<Sent> {
  const states = only === "rehearsal" ? ["applied"] : ["applied", "failed"];
  const targets = await tx.$queryRaw<Target[]>(sql`
    SELECT t.node_id AS "nodeId", t.state, t.reason, t.run_id AS "runId", t.finding_id AS "findingId", n.pool
    FROM rollout_target t JOIN node n ON n.id = t.node_id
    WHERE t.rollout_id = ${rollout.id}::uuid AND t.wave = ${wave} AND t.state = ANY(${states}::text[])
      AND NOT EXISTS (SELECT FROM repair r WHERE r.active_key = t.node_id::text)
    ORDER BY ${only === "rehearsal" ? sql`t.applied_at, t.turn` : sql`t.turn`} LIMIT ${Math.min(max, BATCH)}`);
  await lockPools(
    tx,
    targets.map(({ pool }) => pool),
  );
  const ids = targets.map(({ nodeId }) => nodeId);
  const nodes = new Map((await readNodes(tx, ids)).map((node) => [node.id, node]));
  const planned = await planBack(tx, rollout, targets, nodes, now);
  const wanted = planned.filter(({ plan }) => plan !== null);
  const taken = await takeLeases(
    tx,
    wanted.map(({ target: { nodeId, pool } }) => {
      const node = nodes.get(nodeId);
      const isSick = node?.state === "unhealthy" || node?.state === "not_reporting";
      return { nodeId, pool, domain: node?.zone ?? "", isSick };
    }),
    // What goes back makes things better: the rule for what starts by itself does not stop it.
    { ...holderOf(rollout), isAutomatic: false },
    now,
  );
  const chosen = new Set(taken.taken);
  const runs: NewRun[] = [];
  const moves: TargetMove[] = [];
  const free: string[] = [];
  for (const { target, plan, findingId, finding } of planned) {
    const node = nodes.get(target.nodeId);
    const base = { nodeId: target.nodeId, from: target.state, runId: null, reason: null, isApplied: false };
    if (plan === null) {
      moves.push({
        ...base,
        to: "reverted",
        reason: target.reason === null ? NOTHING : target.reason,
        isAttempt: false,
      });
      free.push(target.nodeId);
    } else if (node && chosen.has(target.nodeId)) {
      const id = newRunId();
      const undoOfId = rollout.kind === "repair" ? target.runId : null;
      runs.push({ id, node, findingId, finding, plan, direction: "revert", undoOfId });
      moves.push({ ...base, to: "reverting", runId: id, isAttempt: true });
    }
  }
  await insertRuns(tx, rollout, runs, now);
  await moveTargets(tx, rollout.id, moves, now);
  await releaseLeases(tx, ownerOf(rollout.id), only === "rehearsal" ? [] : free, now);
  return { runIds: runs.map(({ id }) => id), sum: taken.sum };
}

type PlannedBack = {
  target: Target;
  /** Null: nothing to take back on it, or taken back just now. */
  plan: Plan | null;
  findingId: string | null;
  finding: { checkId: string; subject: string } | null;
};

type RunRow = { id: string; findingId: string | null; checkId: string | null; subject: string; plan: Plan };

async function planBack(
  tx: Tx,
  rollout: Loaded,
  targets: readonly Target[],
  nodes: ReadonlyMap<string, Awaited<ReturnType<typeof readNodes>>[number]>,
  now: Date,
): Promise<PlannedBack[]> {
  const change = parseChange(rollout.change);
  if ("error" in change) throw new Error(`rollout ${rollout.id}: ${change.error}`);
  const { definition, params } = change;
  const findingIds = new Map(targets.flatMap(({ nodeId, findingId }) => (findingId ? [[nodeId, findingId]] : [])));
  const contexts = await contextsOf(
    tx,
    targets.flatMap(({ nodeId }) => nodes.get(nodeId) ?? []),
    findingIds,
    now,
  );
  const runIds = targets.flatMap(({ runId }) => runId ?? []);
  const rows = await tx.repair.findMany({
    where: { id: { in: runIds }, direction: "apply" },
    select: {
      id: true,
      findingId: true,
      checkId: true,
      subject: true,
      plan: true,
      commands: { where: { role: "step" }, orderBy: { stepIndex: "asc" }, select: { stepIndex: true, result: true } },
    },
  });
  const doneOf = new Map<string, { run: RunRow; done: DoneStep[] }>(
    rows.map(({ commands, plan, ...run }) => {
      const stored = plan as unknown as Plan; // written by us
      return [run.id, { run: { ...run, plan: stored }, done: doneSteps(stored, commands) }];
    }),
  );
  const back: PlannedBack[] = [];
  for (const target of targets) {
    const ctx = contexts.get(target.nodeId);
    const { run, done } = doneOf.get(target.runId ?? "") ?? { run: null, done: [] };
    const none = { target, plan: null, findingId: null, finding: null };
    if (!ctx) back.push(none);
    else if (definition.on === "centre") {
      const was = target.reason?.was;
      if (was && typeof was === "object")
        await revertAtCentre(tx, rollout.change.kind, params, ctx.node, was as Record<string, unknown>);
      back.push(none);
    } else {
      // The finding may be closed by now: what the run was about is in its row.
      const finding = run?.checkId ? { checkId: run.checkId, subject: run.subject } : null;
      const known = finding && !ctx.finding ? { ...finding, id: run?.findingId ?? "", params: {} } : ctx.finding;
      const steps = run ? definition.revert(params, done, { ...ctx, finding: known }) : [];
      if (steps.length === 0) back.push(none);
      else {
        const plan: Plan = { evidence: { sections: ["kmsg"] }, steps, touches: touches(steps.length) };
        back.push({ target, plan, findingId: run?.findingId ?? null, finding });
      }
    }
  }
  return back;
}

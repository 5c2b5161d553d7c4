// Carries out "revert": changed nodes go back, each from what was done on it, within the same budget as on the way forth.
import { changeByKind, parseChange } from "../../changes/list.ts";
import type { Text } from "../../protocol/text.ts";
import type { DoneStep, Plan } from "../../repairs/define.ts";
import { readStanding, releaseLeases, type Standing, takeLeases } from "../budget/take.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { doneSteps } from "../repairs/plan.ts";
import { revertAtCentre } from "./centre.ts";
import { contextsOf, readNodes } from "./nodes-now.ts";
import { type Loaded, ownerOf } from "./rows.ts";
import { insertRuns, moveTargets, type NewRun, newRunId, type TargetMove } from "./runs.ts";
import { holderOf, OTHERS, type Sent } from "./send.ts";

/** Targets looked at in one go; their facts and what was done on them are in memory at once. */
const BATCH = 200;
/** Nodes that begin their way back in one transaction at most; see SEND_MAX of send.ts. */
const SEND_BACK_MAX = 2_000;

type Target = {
  nodeId: string;
  state: string;
  reason: Record<string, unknown> | null;
  runId: string | null;
  findingId: string | null;
  pool: string;
  turn: number;
};

const NOTHING: Text = { en: "Nothing was changed on it.", zh: "该节点上没有任何更改。" };
const touches = (count: number): Text => ({
  en: `Takes back what the change did, in ${count} ${count === 1 ? "step" : "steps"}, last one first.`,
  zh: `按相反顺序分 ${count} 步撤回该变更。`,
});

type Ask = { wave: number; max: number; only: "rehearsal" | null };

/**
 * Sends up to `max` nodes back, in the order of their turns. One that is in other hands, or that the budget does not give, keeps nobody behind it waiting.
 *
 * @param only the rehearsal: the first node that was applied, and no other
 */
export async function sendBack(tx: Tx, rollout: Loaded, ask: Ask, now: Date): Promise<Sent> {
  const standing = await readStanding(tx, await poolsOf(tx, rollout.id, ask));
  const isAtCentre = changeByKind(rollout.change.kind)?.on === "centre";
  const done: Sent = { runIds: [], sum: null, isCut: false };
  let left = Math.min(ask.max, SEND_BACK_MAX);
  let after = -1;
  let held = 0;
  while (left > 0) {
    // At the centre each node that is looked at goes back at once.
    const targets = await readTargets(tx, rollout.id, ask, {
      after,
      limit: isAtCentre ? Math.min(left, BATCH) : BATCH,
    });
    const last = targets.at(-1);
    if (!last) break;
    after = last.turn;
    const part = await backBatch(tx, rollout, { targets, max: left, standing, only: ask.only }, now);
    left -= part.moved;
    held += part.held;
    done.runIds.push(...part.runIds);
    if (part.sum) done.sum = part.sum;
    if (ask.only === "rehearsal") break;
  }
  if (left > 0 && held > 0 && !done.sum) done.sum = OTHERS(held);
  done.isCut = left <= 0 && ask.max > SEND_BACK_MAX;
  return done;
}

/** Nodes of the wave that carry the change, or may, and have no run. */
const changed = (rolloutId: string, { wave, only }: Ask) => sql`
  t.rollout_id = ${rolloutId}::uuid AND t.wave = ${wave} AND t.state = ANY(${only === "rehearsal" ? ["applied"] : ["applied", "failed"]}::text[])
  AND NOT EXISTS (SELECT FROM repair r WHERE r.active_key = t.node_id::text)`;

async function poolsOf(tx: Tx, rolloutId: string, ask: Ask): Promise<string[]> {
  const rows = await tx.$queryRaw<{ pool: string }[]>(sql`
    SELECT DISTINCT n.pool FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE ${changed(rolloutId, ask)}`);
  return rows.map(({ pool }) => pool);
}

function readTargets(tx: Tx, rolloutId: string, ask: Ask, { after, limit }: { after: number; limit: number }) {
  const isRehearsal = ask.only === "rehearsal";
  return tx.$queryRaw<Target[]>(sql`
    SELECT t.node_id AS "nodeId", t.state, t.reason, t.run_id AS "runId", t.finding_id AS "findingId", n.pool, t.turn
    FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE ${changed(rolloutId, ask)} AND t.turn > ${after}
    ORDER BY ${isRehearsal ? sql`t.applied_at, t.turn` : sql`t.turn`} LIMIT ${isRehearsal ? 1 : limit}`);
}

type Batch = { targets: readonly Target[]; max: number; standing: Standing; only: Ask["only"] };

async function backBatch(tx: Tx, rollout: Loaded, { targets, max, standing, only }: Batch, now: Date) {
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
    max,
    standing,
  );
  const chosen = new Set(taken.taken);
  const runs: NewRun[] = [];
  const moves: TargetMove[] = [];
  const free: string[] = [];
  for (const { target, plan, findingId, finding } of planned) {
    const node = nodes.get(target.nodeId);
    const base = { nodeId: target.nodeId, from: target.state, runId: null, isApplied: false };
    if (plan === null) {
      moves.push({ ...base, to: "reverted", reason: target.reason ?? NOTHING, isAttempt: false });
      free.push(target.nodeId);
    } else if (node && chosen.has(target.nodeId)) {
      const id = newRunId();
      const undoOfId = rollout.kind === "repair" ? target.runId : null;
      runs.push({ id, node, findingId, finding, plan, direction: "revert", undoOfId });
      moves.push({ ...base, to: "reverting", reason: null, runId: id, isAttempt: true });
    }
  }
  await insertRuns(tx, rollout, runs, now);
  await moveTargets(tx, rollout.id, moves, now);
  await releaseLeases(tx, ownerOf(rollout.id), only === "rehearsal" ? [] : free, now);
  return { moved: moves.length, held: taken.held.length, runIds: runs.map(({ id }) => id), sum: taken.sum };
}

type PlannedBack = {
  target: Target;
  /** Null: nothing to take back on it, or taken back just now. */
  plan: Plan | null;
  findingId: string | null;
  finding: { checkId: string; subject: string } | null;
};

type RunRow = { findingId: string | null; checkId: string | null; subject: string };

/** What was done on each node since it last went back, in the order in which it was done: a second attempt may have found half of it there already. */
async function readDone(tx: Tx, { id: rolloutId, kind }: Loaded, targets: readonly Target[]) {
  const rows = await tx.repair.findMany({
    where: { rolloutId, nodeId: { in: targets.map(({ nodeId }) => nodeId) } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    select: {
      nodeId: true,
      findingId: true,
      checkId: true,
      subject: true,
      direction: true,
      state: true,
      plan: true,
      commands: { where: { role: "step" }, orderBy: { stepIndex: "asc" }, select: { stepIndex: true, result: true } },
    },
  });
  const doneOf = new Map<string, { run: RunRow; done: DoneStep[] }>();
  for (const { nodeId, direction, state, plan, commands, ...run } of rows) {
    if (direction !== "apply") {
      if (state === "succeeded") doneOf.delete(nodeId);
      continue;
    }
    // A repair is undone run by run: its statement covers the steps of one.
    const before = kind === "repair" ? [] : (doneOf.get(nodeId)?.done ?? []);
    // The plan was written by us.
    doneOf.set(nodeId, { run, done: [...before, ...doneSteps(plan as unknown as Plan, commands)] });
  }
  return doneOf;
}

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
    definition,
    targets.flatMap(({ nodeId }) => nodes.get(nodeId) ?? []),
    findingIds,
    now,
  );
  const doneOf = await readDone(tx, rollout, targets);
  const back: PlannedBack[] = [];
  for (const target of targets) {
    const ctx = contexts.get(target.nodeId);
    const { run, done } = doneOf.get(target.nodeId) ?? { run: null, done: [] };
    const none = { target, plan: null, findingId: null, finding: null };
    if (!ctx) back.push(none);
    else if (definition.on === "centre") {
      const was = target.reason?.was;
      if (was && typeof was === "object")
        await revertAtCentre(tx, rollout, params, ctx.node, { was: was as Record<string, unknown>, now });
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

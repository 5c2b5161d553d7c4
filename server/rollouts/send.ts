// Carries out "dispatch": budget, leases, targets and runs of the next nodes of a wave, in the transaction that stores the engine's decision.
import { changeByKind, parseChange } from "../../changes/list.ts";
import type { Text } from "../../protocol/text.ts";
import { reasonToSkip } from "../../rollout/plan.ts";
import type { SkipReason } from "../../rollout/types.ts";
import { readStanding, releaseLeases, type Standing, soakLeases, takeLeases } from "../budget/take.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { applyAtCentre } from "./centre.ts";
import { mustGiveWay, whoWaitsFor } from "./each-other.ts";
import { contextsOf, type NodeNow, readNodes } from "./nodes-now.ts";
import { type Loaded, ownerOf } from "./rows.ts";
import { insertRuns, moveTargets, type NewRun, newRunId, type TargetMove } from "./runs.ts";
import { skipWords } from "./skip-words.ts";
import { healthOf } from "./where.ts";

/** Targets looked at in one go; their facts are in memory at once. */
const BATCH = 1_000;
/**
 * Nodes sent in one transaction at most. It holds the rollout's row and its pools: whoever pauses, aborts or freezes waits so long
 * (`./nodeops bench fanout` measures it).
 */
export const SEND_MAX = 4_000;

type Target = { nodeId: string; turn: number; domain: string; state: string; findingId: string | null; pool: string };
export type Sent = {
  runIds: string[];
  /** Why fewer were sent than asked for; null when all were. */
  sum: Text | null;
  /** It stopped at the most that one transaction sends: the rest may follow at once, in another one. */
  isCut: boolean;
};

/** Why less goes on than asked for, when nothing but other people's work stands in the way. */
export const OTHERS = (n: number): Text => ({
  en: `${n} ${n === 1 ? "node is" : "nodes are"} in other hands.`,
  zh: `${n} 个节点正由他人占用。`,
});

const GIVES_WAY: Text = {
  en: "An older rollout has it and waits for nodes of this one.",
  zh: "更早的发布占用该节点，且正等待本发布占用的节点。",
};

/** @param only the rehearsal's node, which went back and goes forth again */
export async function send(
  tx: Tx,
  rollout: Loaded,
  { wave, max, only }: { wave: number; max: number; only: "rehearsal" | null },
  now: Date,
): Promise<Sent> {
  if (rollout.origin === "single") throw new Error(`rollout ${rollout.id} is one run, which starts by itself`);
  const from = only === "rehearsal" ? "reverted" : "pending";
  const pools = await tx.$queryRaw<{ pool: string }[]>(sql`
    SELECT DISTINCT n.pool FROM rollout_target t JOIN node n ON n.id = t.node_id
    WHERE t.rollout_id = ${rollout.id}::uuid AND t.wave = ${wave} AND t.state = ${from}`);
  const standing = await readStanding(
    tx,
    pools.map(({ pool }) => pool),
  );
  const done: Sent = { runIds: [], sum: null, isCut: false };
  let left = Math.min(max, SEND_MAX);
  let after = -1;
  let held = 0;
  /** Pools that gave nothing more: their nodes are not asked about again in this turn. */
  const full = new Set<string>();
  while (left > 0) {
    const targets = await readTargets(tx, rollout.id, { wave, from, after, full: [...full] });
    const last = targets.at(-1);
    if (!last) break;
    after = last.turn;
    const part = await sendBatch(tx, rollout, { targets, from, max: left, standing }, now);
    left -= part.sent;
    held += part.held;
    done.runIds.push(...part.runIds);
    if (part.sum) done.sum = part.sum;
    for (const pool of part.full) full.add(pool);
  }
  if (left > 0 && held > 0 && !done.sum) done.sum = OTHERS(held);
  done.isCut = left === 0 && max > SEND_MAX;
  return done;
}

const readTargets = (
  tx: Tx,
  rolloutId: string,
  { wave, from, after, full }: { wave: number; from: string; after: number; full: string[] },
): Promise<Target[]> =>
  tx.$queryRaw<Target[]>(sql`
    SELECT t.node_id AS "nodeId", t.turn, t.domain, t.state, t.finding_id AS "findingId", n.pool
    FROM rollout_target t JOIN node n ON n.id = t.node_id
    WHERE t.rollout_id = ${rolloutId}::uuid AND t.wave = ${wave} AND t.state = ${from} AND t.turn > ${after} AND NOT n.pool = ANY(${full}::text[])
    ORDER BY t.turn LIMIT ${BATCH}`);

/** A node that is no candidate any more, for a reason of its own. */
function whyNot(rollout: Loaded, node: NodeNow | undefined, isRehearsal: boolean): SkipReason | null {
  if (!node || node.isRevoked || node.isQuarantined) return "gone";
  if (isRehearsal) return null; // it was changed already: what it is like now is the change's own doing
  if (node.state === "maintenance") return "held";
  const health = healthOf(node.state, node.criticalCount);
  const { id, pool, zone, isProtected } = node;
  const acts = rollout.acts === "on-sick" ? "on-sick" : "on-well";
  const reason = reasonToSkip({ id, pool, zone, rack: "", stratum: "", health, isProtected }, acts);
  // A finding below critical leaves a node well, and its repair is for it all the same.
  return reason === "not-needed" || (reason === "unknown" && acts === "on-sick") ? null : reason;
}

type Batch = { targets: readonly Target[]; from: string; max: number; standing: Standing };

async function sendBatch(tx: Tx, rollout: Loaded, { targets, from, max, standing }: Batch, now: Date) {
  const ids = targets.map(({ nodeId }) => nodeId);
  const nodes = new Map((await readNodes(tx, ids)).map((node) => [node.id, node]));
  const busy = await busyNodes(tx, rollout, ids);
  const moves: TargetMove[] = [];
  const fit: Target[] = [];
  let held = 0;
  for (const target of targets) {
    const node = nodes.get(target.nodeId);
    const why = whyNot(rollout, node, from === "reverted");
    const holder = busy.get(target.nodeId);
    if (why) moves.push(moved(target, "skipped", { reason: skipWords[why] }));
    else if (holder === "cordon") moves.push(moved(target, "skipped", { reason: skipWords.held }));
    else if (holder === "each-other") moves.push(moved(target, "skipped", { reason: GIVES_WAY }));
    else if (holder) held += 1;
    else if (node?.isConnected || changeByKind(rollout.change.kind)?.on === "centre") fit.push(target);
    else held += 1; // gone for a moment; the gateway will say when it is more than that
  }
  const taken = await takeLeases(
    tx,
    fit.map(({ nodeId, pool }) => {
      const node = nodes.get(nodeId);
      const isSick = node?.state === "unhealthy" || node?.state === "not_reporting";
      return { nodeId, pool, domain: node?.zone ?? "", isSick };
    }),
    holderOf(rollout),
    now,
    max,
    standing,
  );
  const chosen = new Set(taken.taken);
  const begun = await begin(
    tx,
    rollout,
    fit.filter(({ nodeId }) => chosen.has(nodeId)),
    nodes,
    now,
  );
  await moveTargets(tx, rollout.id, [...moves, ...begun.moves], now);
  const refused = new Set(taken.refused);
  return {
    sent: begun.moves.filter(({ to }) => to !== "skipped").length,
    held: held + taken.held.length,
    runIds: begun.runIds,
    sum: taken.sum,
    full: fit.filter(({ nodeId }) => refused.has(nodeId)).map(({ pool }) => pool),
  };
}

export const holderOf = (rollout: Loaded) => ({
  kind: "action" as const,
  owner: ownerOf(rollout.id),
  ownerName: rollout.title || rollout.kind,
  reason: rollout.reason,
  expiresAt: null,
  isAutomatic: rollout.origin === "auto",
  onBehalfOf: rollout.requestedBy,
});

function moved(target: Target, to: string, over: Partial<TargetMove> = {}): TargetMove {
  const base = { nodeId: target.nodeId, from: target.state, to, runId: null, reason: null };
  return { ...base, isAttempt: to !== "skipped", isApplied: to === "applied", ...over };
}

/** Nodes in other hands, and in what kind: a lease, a run that came another way, or "each-other" where this rollout is the one to give way. */
async function busyNodes(tx: Tx, { id, requestedBy }: Loaded, ids: readonly string[]): Promise<Map<string, string>> {
  const own = ownerOf(id);
  const rows = await tx.$queryRaw<{ nodeId: string; kind: string; owner: string }[]>(sql`
    SELECT l.node_id AS "nodeId", l.kind, l.owner FROM lease l
    WHERE l.active_key = ANY(${[...ids]}::text[]) AND NOT l.owner = ANY(${[own, requestedBy]}::text[])
    UNION ALL SELECT r.node_id, 'run', '' FROM repair r WHERE r.active_key = ANY(${[...ids]}::text[])
      AND NOT EXISTS (SELECT FROM lease l WHERE l.active_key = r.active_key AND l.kind <> 'cordon')`);
  const isOlder = rows.some(({ kind, owner }) => kind !== "cordon" && owner.startsWith("rollout:") && owner < own);
  const waiters = isOlder ? await whoWaitsFor(tx, id) : new Set<string>();
  return new Map(
    rows.map(({ nodeId, kind, owner }) => [
      nodeId,
      kind !== "cordon" && mustGiveWay(id, owner, waiters) ? "each-other" : kind,
    ]),
  );
}

/** Plans, node by node, from what is known of each now; writes the runs. */
async function begin(
  tx: Tx,
  rollout: Loaded,
  targets: readonly Target[],
  nodes: ReadonlyMap<string, NodeNow>,
  now: Date,
): Promise<{ moves: TargetMove[]; runIds: string[] }> {
  const change = parseChange(rollout.change);
  if ("error" in change) throw new Error(`rollout ${rollout.id}: ${change.error}`);
  const { definition, params } = change;
  const findingIds = new Map(targets.flatMap(({ nodeId, findingId }) => (findingId ? [[nodeId, findingId]] : [])));
  const own = targets.flatMap(({ nodeId }) => nodes.get(nodeId) ?? []);
  const contexts = await contextsOf(tx, definition, own, findingIds, now);
  const moves: TargetMove[] = [];
  const runs: NewRun[] = [];
  const free: string[] = [];
  const soaking: string[] = [];
  for (const target of targets) {
    const node = nodes.get(target.nodeId);
    const ctx = contexts.get(target.nodeId);
    if (!node || !ctx) continue;
    const planned = definition.plan(params, ctx);
    if ("refused" in planned) {
      moves.push(moved(target, "failed", { reason: planned.refused }));
      free.push(node.id);
    } else if ("nothing" in planned) {
      const to = planned.isThere ? "applied" : "skipped";
      moves.push(moved(target, to, { reason: planned.nothing }));
      (planned.isThere ? soaking : free).push(node.id);
    } else if (definition.on === "centre") {
      const did = await applyAtCentre(tx, rollout, params, ctx.node, now);
      if ("refused" in did) {
        moves.push(moved(target, "skipped", { reason: did.refused }));
        free.push(node.id);
        continue;
      }
      moves.push(moved(target, "applied", { reason: { ...planned.plan.touches, was: did.was } }));
      soaking.push(node.id);
    } else {
      const id = newRunId();
      const { finding } = ctx;
      const findingId = finding?.id ?? null;
      runs.push({ id, node, finding, findingId, plan: planned.plan, direction: "apply", undoOfId: null });
      moves.push(moved(target, "applying", { runId: id }));
    }
  }
  await insertRuns(tx, rollout, runs, now);
  await soakLeases(tx, ownerOf(rollout.id), soaking);
  await releaseLeases(tx, ownerOf(rollout.id), free, now);
  return { moves, runIds: runs.map(({ id }) => id) };
}

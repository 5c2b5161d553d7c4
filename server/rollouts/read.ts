// Reading rollouts: the list, one with all that may be done to it, its targets, looks and log.

import { parseChange } from "../../changes/list.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import type { Counts, Event, Phase, Stage } from "../../rollout/types.ts";
import { rolloutApproval } from "../approvals/rollout-standing.ts";
import { budgetRows } from "../budget/budgets.ts";
import { holds } from "../core/access.ts";
import { actorNames } from "../core/actor-names.ts";
import { type Actor, actorRef, type Context } from "../core/context.ts";
import { isUuid, likePattern, type Scope } from "../core/scope.ts";
import { join, type Sql, sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { isVisible, requireVisible } from "./access.ts";
import { readLog } from "./event-log.ts";
import { type ToldRun, tellLog } from "./event-words.ts";
import { readLeftOut } from "./left-out.ts";
import { wouldDo } from "./orders.ts";
import { type Loaded, rolloutColumns, targetStates, toLoaded } from "./rows.ts";
import {
  ListRollouts,
  ListTargets,
  type Look,
  type LookList,
  type LookSignal,
  ReadLooks,
  type RolloutActions,
  type RolloutDetail,
  type RolloutEventList,
  type RolloutList,
  RolloutRef,
  type RolloutRow,
  type TargetList,
} from "./schema.ts";

const rowColumns = {
  id: true,
  title: true,
  kind: true,
  change: true,
  risk: true,
  lane: true,
  origin: true,
  phase: true,
  stage: true,
  wave: true,
  waveCount: true,
  counts: true,
  targetCount: true,
  state: true,
  requestedByName: true,
  createdAt: true,
  startedAt: true,
  endedAt: true,
} as const satisfies Prisma.RolloutSelect;
type RawRow = Prisma.RolloutGetPayload<{ select: typeof rowColumns }>;

/** Written by us, from values of these very types. */
function toRow({ change, state, counts, risk, lane, origin, phase, stage, ...raw }: RawRow): RolloutRow {
  const { kind, params } = change as { kind: string; params: unknown };
  const parsed = parseChange({ kind, params });
  const summary = "error" in parsed ? { en: kind, zh: kind } : parsed.definition.summary(parsed.params);
  return {
    ...raw,
    summary,
    risk: risk as Risk,
    lane: lane as RolloutRow["lane"],
    origin: origin as RolloutRow["origin"],
    phase: phase as Phase,
    stage: stage as Stage | null,
    counts: counts as unknown as Counts,
    why: (state as unknown as { why: Text | null }).why,
  };
}

const FINAL = sql`('succeeded', 'rolled-back', 'aborted')`;

export const listRollouts = query({
  name: "rollouts.list",
  access: "rollouts:read",
  on: "node",
  input: ListRollouts,
  async run({ db, scope }, { page, pageSize, state, kind, phase, node, single, search }): Promise<RolloutList> {
    const text = `%${likePattern(search)}%`;
    const parts: Sql[] = [isVisible(scope)];
    if (!single) parts.push(sql`r.origin <> 'single'`);
    if (state !== "all") parts.push(state === "active" ? sql`r.phase NOT IN ${FINAL}` : sql`r.phase IN ${FINAL}`);
    if (kind !== undefined) parts.push(sql`r.kind = ${kind}`);
    if (phase !== undefined) parts.push(sql`r.phase = ${phase}`);
    if (search) parts.push(sql`(r.title ILIKE ${text} OR r.kind ILIKE ${text} OR r.requested_by_name ILIKE ${text})`);
    if (node !== undefined)
      parts.push(sql`EXISTS (SELECT FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE t.rollout_id = r.id
        AND ${isUuid(node) ? sql`n.id = ${node}::uuid` : sql`n.name = ${node}`} AND ${scope.sql("n")})`);
    const where = join(parts, " AND ");
    const [counted] = await db.$queryRaw<{ count: number }[]>(
      sql`SELECT count(*)::int AS count FROM rollout r WHERE ${where}`,
    );
    const ids = await db.$queryRaw<{ id: string }[]>(sql`
      SELECT r.id FROM rollout r WHERE ${where} ORDER BY r.phase IN ${FINAL}, r.created_at DESC, r.id DESC
      LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`);
    const rows = await db.rollout.findMany({ where: { id: { in: ids.map(({ id }) => id) } }, select: rowColumns });
    const byId = new Map(rows.map((row) => [row.id, row]));
    const ordered = ids.flatMap(({ id }) => byId.get(id) ?? []);
    return { rows: ordered.map(toRow), total: counted?.count ?? 0, page, pageSize };
  },
});

export const getRollout = query({
  name: "rollouts.get",
  access: "rollouts:read",
  on: "node",
  input: RolloutRef,
  async run({ db, actor, scope, now }, { id }): Promise<RolloutDetail> {
    await requireVisible(db, scope, id);
    const raw = await db.rollout.findUniqueOrThrow({
      where: { id },
      select: { ...rolloutColumns, ...rowColumns, parentId: true },
    });
    const rollout = toLoaded(raw);
    const pools = await db.$queryRaw<{ pool: string }[]>(sql`
      SELECT DISTINCT n.pool FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE t.rollout_id = ${id}::uuid`);
    const { state, policy, change, where } = rollout;
    const gate = state.gate && {
      ...state.gate,
      canDecide: state.gate.kind === "manual" && holds(actor, "rollouts:approve"),
    };
    return {
      ...toRow(raw),
      change,
      where,
      policy,
      policyHash: raw.policyHash,
      changeHash: raw.changeHash,
      targetHash: rollout.targetHash,
      reason: rollout.reason,
      isReversible: rollout.isReversible,
      state,
      eta: etaOf(rollout, now().getTime()),
      verdict: state.waves[state.wave]?.verdict ?? null,
      budget: await budgetRows(
        db,
        pools.map(({ pool }) => pool),
        scope,
      ),
      approval: await rolloutApproval(db, { ...raw, phase: state.phase }, actor, now()),
      actions: actionsOf(rollout, actor, now().getTime()),
      gate,
      parentId: raw.parentId,
      leftOut: await readLeftOut(db, id, scope),
    };
  },
});

const NO_RIGHT: Text = { en: "You may not run rollouts here.", zh: "您无权在此执行发布。" };

function actionsOf(rollout: Loaded, actor: Actor, at: number): RolloutActions {
  const by = actorRef(actor);
  const why = { en: "asked", zh: "询问" };
  const ask = (event: Event) =>
    holds(actor, "rollouts:run") ? wouldDo(rollout, event) : { can: false, why: NO_RIGHT };
  const { phase } = rollout.state;
  return {
    start: holds(actor, "rollouts:run") ? { can: phase === "approved", why: null } : { can: false, why: NO_RIGHT },
    pause: ask({ type: "pause", at, by, why }),
    resume: ask({ type: "resume", at, by, why }),
    promote: ask({ type: "promote", at, by, persons: 1, why }),
    abort: ask({ type: "abort", at, by, why }),
    rollBack: ask({ type: "roll-back", at, by, why }),
    retry: ask({ type: "retry", at, by, why }),
  };
}

/** One node takes about so long, ms. */
const APPLY_ESTIMATE_MS = 30_000;

/** When it will be over if nothing holds it up; null while a person or a gate is waited for. */
function etaOf({ state, policy }: Loaded, at: number): { waveAt: number | null; endAt: number | null } {
  if (state.phase !== "running" || state.stage === "gate") return { waveAt: null, endAt: null };
  const sending = (waiting: number) => Math.ceil(waiting / Math.max(1, policy.maxInFlight)) * APPLY_ESTIMATE_MS;
  const present = state.waves[state.wave];
  if (!present) return { waveAt: null, endAt: null };
  const waveAt =
    at + sending(present.counts.pending + present.counts.applying) + Math.max(0, policy.soakMs - present.soakedMs);
  const rest = state.waves.slice(state.wave + 1).reduce((sum, { size }) => sum + sending(size) + policy.soakMs, 0);
  return { waveAt, endAt: policy.gates.some(({ kind }) => kind === "manual") ? null : waveAt + rest };
}

export const listTargets = query({
  name: "rollouts.targets",
  access: "rollouts:read",
  on: "node",
  input: ListTargets,
  async run({ db, scope }, { id, wave, state, search, page, pageSize }): Promise<TargetList> {
    await requireVisible(db, scope, id);
    const parts: Sql[] = [sql`t.rollout_id = ${id}::uuid`, scope.sql("n")];
    if (wave !== undefined) parts.push(sql`t.wave = ${wave}`);
    if (state !== undefined) parts.push(sql`t.state = ${state}`);
    if (search) parts.push(sql`n.name ILIKE ${`%${likePattern(search)}%`}`);
    const from = sql`FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE ${join(parts, " AND ")}`;
    const [counted] = await db.$queryRaw<{ count: number }[]>(sql`SELECT count(*)::int AS count ${from}`);
    type Raw = Omit<TargetList["rows"][number], "state" | "reason"> & { state: string; reason: Text | null };
    const rows = await db.$queryRaw<Raw[]>(sql`
      SELECT t.node_id AS "nodeId", n.name AS "nodeName", t.wave, t.domain, t.state, t.reason, t.health_before AS "healthBefore",
        n.state AS "healthNow", t.run_id AS "runId", t.changed_at AS "changedAt" ${from}
      ORDER BY t.wave < 0, t.wave, t.turn, t.node_id LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`);
    return {
      rows: rows.map(({ reason, state: name, ...row }) => ({
        ...row,
        state: targetStates.find((one) => one === name) ?? "pending",
        reason: reason && { en: reason.en, zh: reason.zh },
      })),
      total: counted?.count ?? 0,
      page,
      pageSize,
    };
  },
});

/** Looks a wave that one answer holds. */
const LOOKS_MAX = 300;

export const readLooks = query({
  name: "rollouts.looks",
  access: "rollouts:read",
  on: "node",
  input: ReadLooks,
  async run({ db, scope }, { id, wave }): Promise<LookList> {
    await requireVisible(db, scope, id);
    type Raw = { wave: number; at: Date; dataAt: Date | null; verdict: string; reason: Text; signals: LookSignal[] };
    // Evenly thinned; the newest always.
    const rows = await db.$queryRaw<Raw[]>(sql`
      SELECT wave, at, data_at AS "dataAt", verdict, reason, signals FROM (
        SELECT l.*, row_number() OVER w AS place, count(*) OVER (PARTITION BY wave) AS total FROM rollout_look l
        WHERE rollout_id = ${id}::uuid AND ${wave === undefined ? sql`true` : sql`wave = ${wave}`} WINDOW w AS (PARTITION BY wave ORDER BY at DESC)) l
      WHERE (place - 1) % greatest(1, ceil(total / ${LOOKS_MAX}::numeric)::int) = 0 ORDER BY wave, at`);
    return { looks: rows satisfies Look[] };
  },
});

export const readEvents = query({
  name: "rollouts.events",
  access: "rollouts:read",
  on: "node",
  input: RolloutRef,
  async run({ db, scope }, { id }): Promise<RolloutEventList> {
    await requireVisible(db, scope, id);
    const { entries, isWhole } = await readLog(db, id);
    const told = tellLog(entries, await readRuns(db, id, scope));
    const nameOf = await actorNames(
      db,
      told.map(({ entry }) => entry.actor),
    );
    return {
      events: told.map(({ entry: { seq, at, type, actor, phase, hash }, text }) => {
        return { seq, at, type, actor, actorName: nameOf(actor), phase, hash, text };
      }),
      isChainWhole: isWhole,
    };
  },
});

/** With more nodes than this the log counts them and names none. */
const NAMED_MAX = 500;

/** Runs of a rollout, so that its log can name nodes; those outside of the scope without their names. */
async function readRuns(db: Context["db"], id: string, scope: Scope): Promise<ToldRun[]> {
  return db.$queryRaw<ToldRun[]>(sql`
    SELECT t.wave, CASE WHEN ${scope.sql("n")} THEN n.name END AS name, r.direction, r.state, r.created_at AS "createdAt", r.ended_at AS "endedAt"
    FROM repair r JOIN rollout_target t ON t.rollout_id = r.rollout_id AND t.node_id = r.node_id JOIN node n ON n.id = r.node_id
      JOIN rollout o ON o.id = r.rollout_id
    WHERE r.rollout_id = ${id}::uuid AND o.target_count <= ${NAMED_MAX} ORDER BY r.created_at, r.id`);
}

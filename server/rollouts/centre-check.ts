// The change "check" at the centre: a version or a mode holds for one node (a row of node_check) while waves go on; for all when the rollout has succeeded.
// What somebody said for all meanwhile wins over the rollout.
import type { CheckChange } from "../../changes/check.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { FINAL, type Phase } from "../../rollout/types.ts";
import { readEarned } from "../check-modes/earned.ts";
import { EVERY_POOL } from "../check-modes/schema.ts";
import { writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { requireProvenVersion } from "../custom-checks/proof.ts";
import type { Where } from "./schema.ts";

/** The rollout, as far as it matters here. */
export type Cause = { id: string; where: Where; createdAt: Date };
const UNDER_WAY = ["running", "paused", "halted", "rolling-back"] as const satisfies readonly Phase[];
type Finished = Cause & { reason: string; requestedBy: string; requestedByName: string };

const t = (en: string, zh: string): Text => ({ en, zh });
const wordOf = ({ version, checkMode: mode }: CheckChange) =>
  mode === null ? { what: "version", value: String(version) } : { what: "mode", value: mode };

/** The pool that it is for, "*" for the fleet; null when it is for anything else, which no word can be said for afterwards. */
export function poolOf(where: Where): string | null {
  const { selector, nodes, exclude, checkId, percentage, limit, kernels, runtimes, archs, products, applications } =
    where;
  const isNarrowed =
    [nodes, exclude, kernels, runtimes, archs, products, applications].some((list) => list.length > 0) ||
    checkId !== null ||
    percentage < 100 ||
    limit !== null;
  if (isNarrowed) return null;
  const text = selector.trim();
  if (text === "*") return EVERY_POOL;
  return /^pool=([A-Za-z0-9][A-Za-z0-9._-]{0,99})$/.exec(text)?.[1] ?? null;
}

/** Pools with a mode of their own: one for the fleet changes nothing for them. */
export async function poolsApart(
  db: PrismaClient | Tx,
  { check: checkId, checkMode: mode }: CheckChange,
  where: Where,
): Promise<ReadonlySet<string>> {
  if (mode === null || poolOf(where) !== EVERY_POOL) return new Set();
  const rows = await db.checkMode.findMany({
    where: { checkId, pool: { not: EVERY_POOL } },
    select: { pool: true },
  });
  return new Set(rows.map(({ pool }) => pool));
}

/** Why it may not be planned; null when it may. */
export async function refuseCheckChange(tx: Tx, change: CheckChange, where: Where, now: Date): Promise<Text | null> {
  const { check: checkId, version, checkMode: mode } = change;
  const { what } = wordOf(change);
  const pool = poolOf(where);
  if (version !== null && pool !== EVERY_POOL)
    return t(
      "In the end a version holds for the whole fleet: choose “*”, the waves do the rest.",
      "版本最终对整个机群生效：请选择“*”，由批次逐步推进。",
    );
  if (pool === null)
    return t(
      "A mode is said for the whole fleet or for one pool: “*” or pool=name.",
      "模式只能针对整个机群或单个资源池设定：“*”或 pool=名称。",
    );
  const [other] = await tx.$queryRaw<{ title: string }[]>(sql`
    SELECT title FROM rollout WHERE kind = 'check' AND change -> 'params' ->> 'check' = ${checkId}
      AND (change -> 'params' ->> 'checkMode' IS NULL) = ${mode === null} AND phase = ANY(${[...UNDER_WAY]}::text[]) LIMIT 1`);
  if (other) return t(`“${other.title}” brings this ${what} right now.`, `“${other.title}”正在变更该项。`);
  if (version !== null) return refuseVersion(tx, checkId, version);
  if (mode !== "auto") return null;
  const earned = (await readEarned(tx, [checkId], now)).get(checkId);
  if (earned?.isEarned) return null;
  return earned?.why ?? t("The check has no repair that could start by itself.", "该检查没有可自动启动的修复。");
}

async function refuseVersion(tx: Tx, checkId: string, version: number): Promise<Text | null> {
  const check = await tx.customCheck.findUnique({ where: { id: checkId }, select: { state: true, version: true } });
  if (!check) return t("There is no such check.", "没有该检查项。");
  if (check.state === "active" && check.version === version)
    return t("This version holds for the fleet already.", "该版本已对整个机群生效。");
  try {
    await requireProvenVersion(tx, checkId, version);
    return null;
  } catch (err) {
    if (!(err instanceof AppError)) throw err;
    const refusal = err.details?.refusal as Text | undefined; // written by ourselves
    return refusal ?? t(err.publicMessage ?? "It cannot be used.", err.publicMessage ?? "无法使用。");
  }
}

/** Somebody has said otherwise for all since the rollout was planned, or the pool has a word of its own that the fleet's would not change. */
async function whyNot(tx: Tx, change: CheckChange, nodeId: string, cause: Cause): Promise<Text | null> {
  const { check: checkId, version } = change;
  if (version !== null) {
    const check = await tx.customCheck.findUnique({ where: { id: checkId }, select: { state: true } });
    return check && check.state !== "retired" ? null : t("The check was retired meanwhile.", "该检查项已停用。");
  }
  const pool = poolOf(cause.where);
  const [row] = await tx.$queryRaw<{ pool: string; setAt: Date }[]>(sql`
    SELECT m.pool, m.set_at AS "setAt" FROM check_mode m JOIN node n ON n.id = ${nodeId}::uuid
    WHERE m.check_id = ${checkId} AND m.pool IN (n.pool, ${EVERY_POOL}) ORDER BY m.pool = ${EVERY_POOL} LIMIT 1`);
  if (row && pool === EVERY_POOL && row.pool !== EVERY_POOL)
    return t("Its pool has a mode of its own.", "其所属资源池单独设定了模式。");
  return row && row.setAt > cause.createdAt
    ? t("Its mode was set by somebody meanwhile.", "模式已被他人另行设定。")
    : null;
}

type Was = { before: { value: string; rolloutId: string } | null };

/** @returns what to take back, or why this node is left alone */
export async function applyCheck(
  tx: Tx,
  change: CheckChange,
  nodeId: string,
  cause: Cause,
  now: Date,
): Promise<{ was: Was } | { refused: Text }> {
  const refused = await whyNot(tx, change, nodeId, cause);
  if (refused) return { refused };
  const { what, value } = wordOf(change);
  const [before] = await tx.$queryRaw<{ value: string; rolloutId: string }[]>(sql`
    SELECT value, rollout_id AS "rolloutId" FROM node_check
    WHERE node_id = ${nodeId}::uuid AND check_id = ${change.check} AND what = ${what} FOR UPDATE`);
  await tx.$executeRaw(sql`
    INSERT INTO node_check (node_id, check_id, what, value, rollout_id, set_at)
    VALUES (${nodeId}::uuid, ${change.check}, ${what}, ${value}, ${cause.id}::uuid, ${now}::timestamptz)
    ON CONFLICT (node_id, check_id, what) DO UPDATE SET value = excluded.value, rollout_id = excluded.rollout_id, set_at = excluded.set_at`);
  await lookAgain(tx, [nodeId], now);
  return { was: { before: before ?? null } };
}

/** Its own row only: what another rollout or a person said since is theirs. */
export async function revertCheck(
  tx: Tx,
  change: CheckChange,
  nodeId: string,
  cause: Cause,
  was: Record<string, unknown>,
  now: Date,
): Promise<void> {
  const { what } = wordOf(change);
  const { before } = was as Was; // written by applyCheck
  const own = sql`node_id = ${nodeId}::uuid AND check_id = ${change.check} AND what = ${what} AND rollout_id = ${cause.id}::uuid`;
  await tx.$executeRaw(
    before
      ? sql`UPDATE node_check SET value = ${before.value}, rollout_id = ${before.rolloutId}::uuid, set_at = ${now}::timestamptz WHERE ${own}`
      : sql`DELETE FROM node_check WHERE ${own}`,
  );
  await lookAgain(tx, [nodeId], now);
}

/** The next sweep of inspections visits them; findings of what holds no more go with it. */
const lookAgain = (tx: Tx, nodeIds: readonly string[], now: Date) =>
  tx.$executeRaw(sql`
    UPDATE node_inspection SET due_at = least(due_at, ${now}::timestamptz) WHERE node_id = ANY(${[...nodeIds]}::uuid[])`);

/** It has succeeded: what held node by node holds for all, said in the name of who asked for it, unless somebody has said otherwise meanwhile. */
export async function finishCheck(tx: Tx, change: CheckChange, rollout: Finished, now: Date): Promise<void> {
  const { check: checkId, version, checkMode: mode } = change;
  const { id, createdAt, reason, requestedBy, requestedByName } = rollout;
  const pool = poolOf(rollout.where) ?? EVERY_POOL;
  const { what } = wordOf(change);
  const said =
    version !== null
      ? await tx.$executeRaw(sql`
          UPDATE custom_check SET state = 'active', version = ${version}, updated_at = ${now}::timestamptz
          WHERE id = ${checkId} AND state <> 'retired'`)
      : await tx.$executeRaw(sql`
          INSERT INTO check_mode AS m (check_id, pool, mode, reason, set_by, set_by_name, set_at)
          VALUES (${checkId}, ${pool}, ${mode}, ${reason}, ${requestedBy}, ${requestedByName}, ${now}::timestamptz)
          ON CONFLICT (check_id, pool) DO UPDATE SET mode = excluded.mode, reason = excluded.reason, set_by = excluded.set_by,
            set_by_name = excluded.set_by_name, set_at = excluded.set_at
          WHERE m.set_at <= ${createdAt}::timestamptz`);
  await tx.$executeRaw(sql`
    DELETE FROM node_check c USING rollout r WHERE c.check_id = ${checkId} AND c.what = ${what}
      AND r.id = c.rollout_id AND (r.id = ${id}::uuid OR r.phase = ANY(${[...FINAL]}::text[]))`);
  await publishChanges(tx, [{ domain: "checks", ids: [] }]);
  await writeAudit(tx, {
    actor: systemActor("workers"),
    action: version !== null ? "customChecks.setState" : "modes.set",
    at: now,
    requestId: null,
    outcome: "done",
    entry: {
      entity: ["check", checkId],
      after: { ...(version !== null ? { state: "active", version } : { pool, mode }), rollout: id, isSaid: said > 0 },
    },
  });
}

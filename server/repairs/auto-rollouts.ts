// The same trouble on several nodes at once: the product mends it gray, one canary first, instead of node by node side by side.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { lockPools } from "../budget/pools.ts";
import { writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { wholeFleet } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { giveEvents } from "../rollouts/advance.ts";
import { prepare } from "../rollouts/prepare.ts";
import { PlanRollout } from "../rollouts/schema.ts";
import { storePlan } from "../rollouts/store-plan.ts";
import { hasRoom } from "./brake.ts";

/** From so many nodes on. */
export const TOGETHER_MIN = 2;
/** First key of the advisory lock under which such rollouts are made: two workers must not make the same one twice. */
const AUTO_LOCK = 7_104;

export type Group = { checkId: string; repairId: string; nodeIds: readonly string[] };

const actor = systemActor("workers");

/**
 * Plans and starts one rollout of the repair on these nodes. What is safe needs nobody's word up to a number (approvals/needed.ts); more nodes than that wait
 * for the next turn, when the first are well. @returns its id; null when nothing may go now
 */
export async function startTogether(
  db: PrismaClient,
  { checkId, repairId, nodeIds }: Group,
  nodesMax: number,
  now: Date,
): Promise<string | null> {
  return db.$transaction(
    async (tx) => {
      await tx.$queryRaw(
        sql`SELECT pg_advisory_xact_lock(${AUTO_LOCK}::int, hashtext(${`${checkId}/${repairId}`}))::text`,
      );
      if ((await checksUnderWay(tx)).has(checkId)) return null;
      const nodes = await withRoom(tx, checkId, nodeIds);
      if (nodes.length < TOGETHER_MIN) return null;
      const input = PlanRollout.parse({
        change: { kind: "repair", params: { repairId, checkId } },
        where: { nodes: nodes.slice(0, nodesMax), checkId },
        policy: { soakMs: SOAK_MS, judge: { minExposureMs: SOAK_MS } },
        reason: `${checkId} on ${nodeIds.length} nodes`,
      });
      const prepared = await prepare(tx, input, wholeFleet);
      if (prepared.problems.length > 0 || prepared.plan.count < TOGETHER_MIN || prepared.risk !== "safe") return null;
      const made = {
        title: "",
        reason: input.reason,
        lane: "normal",
        origin: "auto",
        templateId: null,
        parentId: null,
      } as const;
      const id = await storePlan(tx, prepared, made, actor, now);
      const at = now.getTime();
      const { targetHash, count } = prepared.plan;
      const events = [
        { type: "approved", at, targetHash, by: ["system:workers"] },
        { type: "start", at, live: { targetHash, count, missing: 0 }, by: "workers" },
      ] as const;
      const given = events.map((event) => ({ event, actor: "system:workers" }));
      await giveEvents(tx, id, given, now, { isDeferred: true });
      await publishChanges(tx, [{ domain: "rollouts", ids: [id] }]);
      await writeAudit(tx, {
        actor,
        action: "rollouts.start",
        at: now,
        requestId: null,
        outcome: "done",
        entry: { entity: ["rollout", id], after: { checkId, repairId, count, targetHash } },
      });
      return id;
    },
    { timeout: 15_000, maxWait: 10_000 },
  );
}

/** Of these nodes those in pools that are not too sick for anything to start by itself (brake.ts). */
async function withRoom(tx: Tx, checkId: string, nodeIds: readonly string[]): Promise<string[]> {
  const nodes = await tx.node.findMany({ where: { id: { in: [...nodeIds] } }, select: { id: true, pool: true } });
  const pools = [...new Set(nodes.map(({ pool }) => pool))].sort();
  await lockPools(tx, pools);
  const open = new Set<string>();
  for (const pool of pools) if (await hasRoom(tx, pool, checkId)) open.add(pool);
  return nodes.filter(({ pool }) => open.has(pool)).map(({ id }) => id);
}

/** A mended fault that comes back does so within minutes; longer would keep the others sick. Editorial. */
const SOAK_MS = 60_000;

/** Where a rollout stands that is not over: named, because "not over" finds no index among all those that are. */
const UNDER_WAY = sql`('draft', 'planned', 'approved', 'running', 'paused', 'halted', 'rolling-back')`;

/** Checks whose repair is on its way gray, or was halted and nobody has looked at it yet: what is found meanwhile waits for that, and does not go round it. */
export async function checksUnderWay(db: PrismaClient | Tx): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ checkId: string }[]>(sql`
    SELECT DISTINCT change -> 'params' ->> 'checkId' AS "checkId" FROM rollout WHERE origin = 'auto' AND phase IN ${UNDER_WAY}`);
  return new Set(rows.map(({ checkId }) => checkId));
}

/** What keeps the automatic repair of a check waiting, in words; null when no rollout of it is under way. `needsPerson`: it stands until somebody decides. */
export async function waitsForRollout(
  db: PrismaClient | Tx,
  checkId: string,
): Promise<{ text: Text; needsPerson: boolean } | null> {
  const [row] = await db.$queryRaw<{ id: string; title: string; phase: string; why: Text | null }[]>(sql`
    SELECT id, title, phase, state -> 'why' AS why FROM rollout
    WHERE origin = 'auto' AND phase IN ${UNDER_WAY} AND change -> 'params' ->> 'checkId' = ${checkId} ORDER BY created_at LIMIT 1`);
  if (!row) return null;
  const name = `${row.title} (${row.id.slice(-8)})`;
  if (row.phase !== "halted" && row.phase !== "paused")
    return {
      needsPerson: false,
      text: {
        en: `An automatic rollout of its repair is under way: ${name}. This one follows when that is over.`,
        zh: `该修复的自动发布正在进行：${name}。待其结束后再处理此问题。`,
      },
    };
  const why = { en: row.why?.en ?? "", zh: row.why?.zh ?? "" };
  return {
    needsPerson: true,
    text: {
      en: `An automatic rollout of its repair stands still: ${name}. ${why.en} Nothing is started by itself before somebody resumes or aborts it.`,
      zh: `该修复的自动发布已停住：${name}。${why.zh}在有人恢复或中止它之前，不会自动启动修复。`,
    },
  };
}

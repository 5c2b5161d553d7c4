// Whether a check's first repair has earned to start by itself, from the recorded runs of this fleet; judging is pure.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { RepairDefinition } from "../../repairs/define.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { FLAP_WINDOW_MS } from "../inspections/life.ts";
import { COUNTS } from "../repairs/touched.ts";
import {
  EARN_FLAWLESS_MIN,
  EARN_LOWER_BOUND,
  EARN_RUNS_MIN,
  type Earned,
  LOSE_FAILURES,
  LOSE_LOWER_BOUND,
} from "./schema.ts";
import { wilsonLower } from "./wilson.ts";

const DAY_MS = 86_400_000;
/** Outcomes looked at, newest first, and how old they may be: what was long ago says little about today's kernels. Editorial. */
const OUTCOMES_MAX = 500;
const AGE_MAX_MS = 90 * DAY_MS;

/** @param outcomes newest first: whether each run ended verified */
export function judgeRuns(
  repair: Pick<RepairDefinition, "id" | "title" | "risk">,
  outcomes: readonly boolean[],
): Earned {
  const runs = outcomes.length;
  const succeeded = outcomes.filter(Boolean).length;
  const lowerBound = wilsonLower(succeeded, runs);
  const firstSuccess = outcomes.indexOf(true);
  const failuresInARow = firstSuccess === -1 ? runs : firstSuccess;
  const why = whyNot({ runs, succeeded, lowerBound, failuresInARow });
  return {
    repairId: repair.id,
    title: repair.title,
    risk: repair.risk,
    runs,
    succeeded,
    lowerBound,
    failuresInARow,
    isEarned: why === null,
    why,
  };
}

const percent = (ratio: number): string => `${Math.floor(ratio * 100)} %`;

function whyNot({
  runs,
  succeeded,
  lowerBound,
  failuresInARow,
}: Pick<Earned, "runs" | "succeeded" | "lowerBound" | "failuresInARow">): Text | null {
  const worked: Text = { en: `It worked ${succeeded} of ${runs} times`, zh: `已成功 ${succeeded}/${runs} 次` };
  if (runs < EARN_RUNS_MIN)
    return {
      en: `${worked.en}, one run for a node and a day; at least ${EARN_RUNS_MIN} are needed, ${EARN_FLAWLESS_MIN} where none fails.`,
      zh: `${worked.zh}（每节点每天计一次）；至少需要 ${EARN_RUNS_MIN} 次，全部成功时为 ${EARN_FLAWLESS_MIN} 次。`,
    };
  if (lowerBound < EARN_LOWER_BOUND)
    return {
      en: `${worked.en}: with 95 % confidence that is at least ${percent(lowerBound)}, and ${percent(EARN_LOWER_BOUND)} is needed.`,
      zh: `${worked.zh}：以 95% 置信度计，成功率不低于 ${percent(lowerBound)}，而要求为 ${percent(EARN_LOWER_BOUND)}。`,
    };
  if (failuresInARow >= LOSE_FAILURES)
    return {
      en: `Its last ${failuresInARow} runs failed.`,
      zh: `最近 ${failuresInARow} 次执行均失败。`,
    };
  return null;
}

/** Why auto is taken back now; null when it may stay. Less strict than earning it, so that it does not come and go. */
export function whyLost({ runs, succeeded, lowerBound, failuresInARow }: Earned): Text | null {
  if (failuresInARow >= LOSE_FAILURES)
    return { en: `the last ${failuresInARow} runs failed`, zh: `最近 ${failuresInARow} 次执行均失败` };
  if (lowerBound >= LOSE_LOWER_BOUND) return null;
  return {
    en: `it worked ${succeeded} of ${runs} times only (95 % confidence: at least ${percent(lowerBound)}, ${percent(LOSE_LOWER_BOUND)} is needed)`,
    zh: `仅成功 ${succeeded}/${runs} 次（95% 置信度下不低于 ${percent(lowerBound)}，要求 ${percent(LOSE_LOWER_BOUND)}）`,
  };
}

/**
 * The record of each check's first repair, in one query; a check without repairs has none. One outcome for a node and a day, else a single node that
 * breaks again and again would earn it for all: the day succeeded when every run of it did. A success after which the same problem came back within
 * the time of flapping is none.
 */
export async function readEarned(
  db: PrismaClient | Tx,
  checkIds: readonly string[],
  now: Date,
): Promise<Map<string, Earned>> {
  const firsts = checkIds.flatMap((checkId) => {
    const [repair] = repairsForCheck(checkId);
    return repair ? [{ checkId, repair }] : [];
  });
  const rows = await db.$queryRaw<{ checkId: string; hasSucceeded: boolean }[]>(sql`
    SELECT t.check_id AS "checkId", r."hasSucceeded"
    FROM unnest(${firsts.map(({ checkId }) => checkId)}::text[], ${firsts.map(({ repair }) => repair.id)}::text[]) AS t(check_id, repair_id)
    CROSS JOIN LATERAL (
      SELECT bool_and(o.held) AS "hasSucceeded", max(o.ended_at) AS ended_at FROM (
        SELECT r.node_id, r.ended_at, r.state = 'succeeded' AND NOT EXISTS (SELECT FROM finding b
          WHERE b.node_id = r.node_id AND b.check_id = t.check_id AND b.subject = coalesce(nullif(r.subject, ''), f.subject) AND NOT b.is_shadow
            AND b.opened_at > r.ended_at AND b.opened_at <= r.ended_at + ${FLAP_WINDOW_MS} * interval '1 ms') AS held
        FROM repair r LEFT JOIN finding f ON f.id = r.finding_id
        WHERE r.repair_id = t.repair_id AND coalesce(r.check_id, f.check_id) = t.check_id AND r.undo_of_id IS NULL
          AND ${COUNTS} AND r.ended_at >= ${new Date(now.getTime() - AGE_MAX_MS)}) o
      GROUP BY o.node_id, floor(extract(epoch FROM o.ended_at) * 1000 / ${DAY_MS})
      ORDER BY 2 DESC LIMIT ${OUTCOMES_MAX}) r
    ORDER BY t.check_id, r.ended_at DESC`);
  const byCheck = Map.groupBy(rows, ({ checkId }) => checkId);
  return new Map(
    firsts.map(({ checkId, repair }) => [
      checkId,
      judgeRuns(
        repair,
        (byCheck.get(checkId) ?? []).map(({ hasSucceeded }) => hasSucceeded),
      ),
    ]),
  );
}

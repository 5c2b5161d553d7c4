// Whether a check's first repair has earned to start by itself, from the recorded runs of this fleet; judging is pure.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { RepairDefinition } from "../../repairs/define.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { EARN_LOWER_BOUND, EARN_RUNS_MIN, type Earned, LOSE_FAILURES, LOSE_LOWER_BOUND } from "./schema.ts";
import { wilsonLower } from "./wilson.ts";

/** Runs looked at, newest first: what was long ago says little about today's kernels. Editorial. */
const RUNS_MAX = 500;

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
      en: `${worked.en}; at least ${EARN_RUNS_MIN} finished runs are needed.`,
      zh: `${worked.zh}；至少需要 ${EARN_RUNS_MIN} 次已结束的执行。`,
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

/** The record of each check's first repair, in one query; a check without repairs has none. */
export async function readEarned(db: PrismaClient | Tx, checkIds: readonly string[]): Promise<Map<string, Earned>> {
  const firsts = checkIds.flatMap((checkId) => {
    const [repair] = repairsForCheck(checkId);
    return repair ? [{ checkId, repair }] : [];
  });
  const rows = await db.$queryRaw<{ checkId: string; hasSucceeded: boolean }[]>(sql`
    SELECT t.check_id AS "checkId", r.state = 'succeeded' AS "hasSucceeded"
    FROM unnest(${firsts.map(({ checkId }) => checkId)}::text[], ${firsts.map(({ repair }) => repair.id)}::text[]) AS t(check_id, repair_id)
    CROSS JOIN LATERAL (
      SELECT r.state, r.ended_at FROM repair r LEFT JOIN finding f ON f.id = r.finding_id
      WHERE r.repair_id = t.repair_id AND coalesce(r.check_id, f.check_id) = t.check_id AND r.undo_of_id IS NULL
        AND r.state IN ('succeeded', 'failed')
      ORDER BY r.ended_at DESC LIMIT ${RUNS_MAX}) r
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

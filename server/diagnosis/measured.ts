// What people said about answers, per cause, and how far that moves the order of causes: a little, within bounds, and never from unknown to known.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import type { CauseRecord } from "./schema.ts";

const NONE: CauseRecord = { asked: 0, solved: 0, notSolved: 0, wrong: 0 };

/**
 * Prior of a Beta distribution: as if each cause had been right in 8 of 10 answers already, which is about what was measured over all of them
 * (diagnosis/confidence.ts). Ten real answers weigh as much as the prior.
 */
const PRIOR = { right: 8, wrong: 2 } as const;
const PRIOR_MEAN = PRIOR.right / (PRIOR.right + PRIOR.wrong);
/** "It did not help" speaks half as much against a cause as "it is wrong". */
const NOT_SOLVED_WEIGHT = 0.5;
/** A cause moves by this share at most. */
export const MOVE_MAX = 0.1;

/** 1 ± MOVE_MAX: by what a cause's place in the order is multiplied. Pure. */
export function moveOf({ solved, notSolved, wrong }: CauseRecord): number {
  const against = wrong + NOT_SOLVED_WEIGHT * notSolved;
  const mean = (PRIOR.right + solved) / (PRIOR.right + PRIOR.wrong + solved + against);
  const move = mean / PRIOR_MEAN - 1;
  return 1 + Math.max(-MOVE_MAX, Math.min(MOVE_MAX, move));
}

/** A finding of a check that finds the same thing, open on the very node, is worth more than what others said. */
const OPEN_FINDING = 1.5;

/**
 * The order in which causes are named. Without feedback and findings it is the engine's, to the place. Pure.
 * @param isOpen whether a check that finds the same thing is open on the node that it is about
 */
export function reorder<C extends { id: string; confidence: number }>(
  causes: readonly C[],
  recordOf: (id: string) => CauseRecord,
  isOpen: (id: string) => boolean,
): C[] {
  // The engine may put a less certain cause first since it explains the next: its place counts as much as the best one behind it.
  const places = causes.map((_, at) => Math.max(...causes.slice(at).map(({ confidence }) => confidence)));
  return causes
    .map((cause, at) => ({
      cause,
      weight: (places[at] ?? 0) * moveOf(recordOf(cause.id)) * (isOpen(cause.id) ? OPEN_FINDING : 1),
    }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ cause }) => cause);
}

/** Records of these causes, over cases that belong to no node or to one of the scope. A person speaks once for each, however often they asked. */
export async function causeRecords(
  db: PrismaClient | Tx,
  scope: Scope,
  causeIds: readonly string[],
): Promise<(causeId: string) => CauseRecord> {
  if (causeIds.length === 0) return () => NONE;
  const rows = await db.$queryRaw<(CauseRecord & { id: string })[]>(sql`
    SELECT c.top_cause AS id, count(*)::int AS asked, count(DISTINCT c.asked_by) FILTER (WHERE c.feedback = 'solved')::int AS solved,
      count(DISTINCT c.asked_by) FILTER (WHERE c.feedback = 'not-solved')::int AS "notSolved", count(DISTINCT c.asked_by) FILTER (WHERE c.feedback = 'wrong')::int AS wrong
    FROM diagnosis_case c LEFT JOIN node n ON n.id = c.node_id
    WHERE c.top_cause = ANY(${[...causeIds]}::text[]) AND (c.node_id IS NULL OR (n.id IS NOT NULL AND ${scope.sql("n")}))
    GROUP BY 1`);
  const byId = new Map(rows.map(({ id, ...record }) => [id, record]));
  return (causeId) => byId.get(causeId) ?? NONE;
}

// Whom the judge looks at: nodes of the wave that were changed, and concurrent controls that are like them.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { ownerOf } from "./rows.ts";

/** Changed nodes of one wave that are looked at; of a larger wave as many, always the same. Their sum is what the tests need, not all of them. */
const CANARIES_MAX = 500;

export type Watched = {
  id: string;
  name: string;
  domain: string;
  arm: "canary" | "control";
  /** When the change was on it; controls: null. */
  appliedAt: Date | null;
  /** When the run that changed it was begun: what it restarts, it restarts after this. Controls: null. */
  begunAt: Date | null;
  /** When it was first touched: in a rehearsal the change goes forth twice. Controls: null. */
  firstBegunAt: Date | null;
  /** It was well before the change. */
  wasWell: boolean;
};

/** `pending`: ahead of the change, those that will be changed first. */
type Stand = "applied" | "pending";

/** Changed nodes of this wave, those that are on their way back in a rehearsal left out. */
const canaries = (db: PrismaClient, rolloutId: string, wave: number, stand: Stand): Promise<Watched[]> =>
  db.$queryRaw<Watched[]>(sql`
    SELECT n.id, n.name, coalesce(nullif(n.rack, ''), n.zone) AS domain, 'canary' AS arm, t.applied_at AS "appliedAt",
      coalesce(r.started_at, t.applied_at) AS "begunAt",
      (SELECT p.started_at FROM repair p WHERE p.node_id = t.node_id AND p.rollout_id = t.rollout_id ORDER BY p.created_at LIMIT 1) AS "firstBegunAt",
      t.health_before = 'well' AS "wasWell"
    FROM rollout_target t JOIN node n ON n.id = t.node_id LEFT JOIN repair r ON r.id = t.run_id
    WHERE t.rollout_id = ${rolloutId}::uuid AND t.wave = ${wave} AND t.state = ${stand} AND n.revoked_at IS NULL
    ORDER BY t.turn LIMIT ${CANARIES_MAX}`);

/**
 * Nodes of the same pools that nobody changes now and that were well: of the same kernel and runtimes first, then nodes that this change has not reached
 * before those that it has (a wave that passed still shows what the hour does to everybody). In a sticky random order, so that looks compare like with like.
 */
type Whose = { id: string; seed: string; controlsMax: number };
const controls = (
  db: PrismaClient,
  { id: rolloutId, seed, controlsMax }: Whose,
  wave: number,
  stand: Stand,
): Promise<Watched[]> =>
  db.$queryRaw<Watched[]>(sql`
    WITH changed AS (SELECT n.id, n.pool, n.kernel, n.runtimes FROM rollout_target t JOIN node n ON n.id = t.node_id
      WHERE t.rollout_id = ${rolloutId}::uuid AND t.wave = ${wave} AND t.state = ${stand})
    SELECT n.id, n.name, coalesce(nullif(n.rack, ''), n.zone) AS domain, 'control' AS arm, NULL::timestamptz AS "appliedAt", NULL::timestamptz AS "begunAt", NULL::timestamptz AS "firstBegunAt", true AS "wasWell"
    FROM node n LEFT JOIN rollout_target t ON t.rollout_id = ${rolloutId}::uuid AND t.node_id = n.id
    WHERE n.revoked_at IS NULL AND n.quarantined_at IS NULL AND n.state <> 'maintenance'
      AND n.pool IN (SELECT pool FROM changed) AND n.id NOT IN (SELECT id FROM changed)
      AND (t.state IS NULL OR t.state = 'pending' OR (t.state = 'applied' AND t.wave < ${wave}))
      AND (t.health_before = 'well' OR (t.health_before IS NULL AND n.state IN ('healthy', 'degraded'))
        OR EXISTS (SELECT FROM rollout_reading r WHERE r.rollout_id = ${rolloutId}::uuid AND r.node_id = n.id AND r.arm = 'control'))
      AND NOT EXISTS (SELECT FROM lease l WHERE l.active_key = n.id::text AND l.owner <> ${ownerOf(rolloutId)})
    ORDER BY (n.kernel, n.runtimes) IN (SELECT kernel, runtimes FROM changed) DESC, coalesce(t.state, '') = 'applied', md5(${seed} || n.id::text)
    LIMIT ${controlsMax}`);

/** Both arms of a wave. `isBefore`: none of its nodes is changed yet; they and their controls show what they are like. null: there is nobody to look at. */
export async function readArms(
  db: PrismaClient,
  rollout: Whose,
  wave: number,
): Promise<{ watched: Watched[]; isBefore: boolean } | null> {
  for (const stand of ["applied", "pending"] as const) {
    const changed = await canaries(db, rollout.id, wave, stand);
    if (changed.length === 0) continue;
    const others = await controls(db, rollout, wave, stand);
    return { watched: [...changed, ...others], isBefore: stand === "pending" };
  }
  return null;
}

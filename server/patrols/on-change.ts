// Patrols on change: whoever inspects nodes because facts came in says so here, and nodes with a change that a patrol waits for are gathered into one run.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { wholeFleet } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { Trigger } from "./schema.ts";
import { selection } from "./select.ts";
import { startRun } from "./start-run.ts";

/** Changes are gathered for so long before the look begins, ms: a package that is rolled out changes many nodes in a row. */
const GATHER_MS = 10_000;
/** A change that came in longer ago is no news, ms. */
const NEWS_MS = 60_000;
/** The list of patrols is read this often at most, ms. */
const REREAD_MS = 5_000;
/** Changes remembered as answered. Another process may answer one a second time, which costs a look and does no harm. */
const ANSWERED_MAX = 20_000;

type Waiting = { id: string; selector: string; checkIds: string[]; kinds: string[] };

let known: { db: PrismaClient; at: number; patrols: Waiting[] } | null = null;
const answered = new Set<string>();

async function waitingPatrols(db: PrismaClient, now: Date): Promise<Waiting[]> {
  if (known && known.db === db && Math.abs(now.getTime() - known.at) < REREAD_MS) return known.patrols;
  const rows = await db.$queryRaw<{ id: string; selector: string; checkIds: string[]; trigger: unknown }[]>(
    sql`SELECT id, selector, check_ids AS "checkIds", trigger FROM patrol WHERE is_enabled AND trigger ->> 'type' = 'change'`,
  );
  const patrols = rows.flatMap(({ trigger, ...row }) => {
    const parsed = Trigger.safeParse(trigger);
    return parsed.success && parsed.data.type === "change" ? [{ ...row, kinds: parsed.data.kinds }] : [];
  });
  known = { db, at: now.getTime(), patrols };
  return patrols;
}

/** @returns runs that were begun or grew */
export async function noteChanges(db: PrismaClient, nodeIds: readonly string[], now: Date): Promise<number> {
  let runs = 0;
  for (const patrol of await waitingPatrols(db, now)) {
    const since = new Date(now.getTime() - NEWS_MS);
    const changed = await db.$queryRaw<{ id: string; key: string }[]>(sql`
      SELECT n.id, c.key FROM node n JOIN LATERAL (
        SELECT f.kind || ' ' || f.hash AS key FROM node_fact f
        WHERE f.node_id = n.id AND f.kind = ANY(${patrol.kinds}::text[]) AND f.received_at > ${since}::timestamptz
        UNION ALL
        SELECT 'node-state ' || s.id FROM node_state_change s
        WHERE s.node_id = n.id AND s.at > ${since}::timestamptz AND 'node-state' = ANY(${patrol.kinds}::text[])
      ) c ON true
      WHERE n.id = ANY(${[...nodeIds]}::uuid[]) AND ${selection(patrol.selector, wholeFleet)}`);
    const fresh = changed.filter(({ id, key }) => remember(`${patrol.id} ${id} ${key}`));
    const ids = [...new Set(fresh.map(({ id }) => id))];
    if (ids.length === 0) continue;
    await gather(db, patrol, ids, now);
    runs += 1;
  }
  return runs;
}

/** False when it was answered before. */
function remember(key: string): boolean {
  if (answered.has(key)) return false;
  if (answered.size >= ANSWERED_MAX) answered.clear();
  answered.add(key);
  return true;
}

async function gather(db: PrismaClient, patrol: Waiting, nodeIds: string[], now: Date): Promise<void> {
  const grown = await db.$executeRaw(sql`
    UPDATE patrol_run SET node_ids = (SELECT array_agg(DISTINCT id ORDER BY id) FROM unnest(node_ids || ${nodeIds}::uuid[]) AS id)
    WHERE patrol_id = ${patrol.id}::uuid AND state = 'running' AND done = 0 AND due_at > ${now}::timestamptz
      AND started_at > ${new Date(now.getTime() - GATHER_MS)}::timestamptz`);
  if (grown > 0) return;
  const by = { ref: "system:workers", name: "workers" };
  const { id: patrolId, selector, checkIds } = patrol;
  await startRun(
    db,
    { patrolId, purpose: "patrol", selector, checkIds, nodeIds, jitterMs: 0, by, waitMs: GATHER_MS },
    now,
  );
}

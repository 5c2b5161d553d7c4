// Which of a batch of nodes need a look at all: the same facts, the same checks and no instant reached mean the same outcome. One query for the batch.
import { createHash } from "node:crypto";
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { type Sql, sql } from "../core/sql.ts";
import { OWN_MARK } from "./catalogue.ts";
import { catalogueIn } from "./outcomes.ts";

/** Every node is visited at least this often, ms; it is evaluated only when something may have changed. */
export const PATROL_MS = 5 * 60_000;
/** A finding that only was seen again without a look is written this often at most, ms. */
const SEEN_AGAIN_MS = 60_000;
/** Visits are spread over this part of it, so that nodes that were due together do not stay together. */
const SPREAD_RATIO = 0.1;

/**
 * What an outcome rests on, and until when it holds by itself: "<hash of facts> <catalogue> <contact> <epoch ms>". Kept as text beside the outcome.
 * `contact`: "live" while a session confirms the facts, else when the node was last heard: from then on they age.
 */
export type Digest = { facts: string; catalogue: string; contact: string; holdsUntil: number };

export const digestText = ({ facts, catalogue, contact, holdsUntil }: Digest): string =>
  `${facts} ${catalogue} ${contact} ${holdsUntil}`;

/** `catalogueIn` over row `i`. */
export const catalogueSql: Sql = sql`split_part(split_part(i.digest, ' ', 2), ${OWN_MARK}::text, 1)`;

/** Of a row on which only some checks were asked, or that something else has overtaken: it holds for nothing, but says what the last whole look asked. */
export const partialDigest = (before: string): string => `- ${catalogueIn(before)} - 0`;

/** @param heard when something came from the node: sessions and facts */
export const contactOf = (isLive: boolean, heard: readonly (Date | null)[]): string =>
  isLive ? "live" : String(Math.max(0, ...heard.map((at) => at?.getTime() ?? 0)));

/** Whether what was found then is what would be found now. */
export function stillHolds(stored: string, basis: Omit<Digest, "holdsUntil">, now: number): boolean {
  const [text, until] = [digestText({ ...basis, holdsUntil: 0 }).slice(0, -1), stored.split(" ")[3]];
  return stored.startsWith(text) && until !== undefined && now < Number(until);
}

/** Hash of a node's facts by kind and content, as the query below makes it. */
export function factsHash(rows: readonly { kind: string; hash: string }[]): string {
  const text = rows
    .map(({ kind, hash }) => `${kind} ${hash}`)
    .sort()
    .join(",");
  return rows.length === 0 ? "" : createHash("sha256").update(text).digest("hex");
}

/** When a node is visited next: when its outcome stops holding, else by the patrol. */
export function dueAt(nodeId: string, holdsUntil: number, now: number): number {
  const place = Number.parseInt(nodeId.slice(-4), 16) / 0xffff;
  return Math.min(holdsUntil, Math.round(now + PATROL_MS * (1 - SPREAD_RATIO * place)));
}

export type Surveyed = {
  nodeId: string;
  isConnected: boolean;
  /** When the node was last heard. */
  lastSeenAt: Date | null;
  disconnectedAt: Date | null;
  receivedAt: Date | null;
  digest: string | null;
  facts: string;
  problems: Prisma.JsonValue;
  unknowns: Prisma.JsonValue;
};

/** The nodes of the batch that exist and are not removed. */
export const survey = (db: PrismaClient, nodeIds: readonly string[]): Promise<Surveyed[]> =>
  db.$queryRaw<Surveyed[]>(sql`
    SELECT n.id AS "nodeId", n.is_connected AS "isConnected", n.last_seen_at AS "lastSeenAt",
      n.disconnected_at AS "disconnectedAt", f.at AS "receivedAt", i.digest, coalesce(i.problems, '{}') AS problems,
      coalesce(i.unknowns, '{}') AS unknowns,
      coalesce(f.hash, '') AS facts
    FROM node n LEFT JOIN node_inspection i ON i.node_id = n.id
    CROSS JOIN LATERAL (
      SELECT encode(sha256(convert_to(string_agg(nf.kind || ' ' || nf.hash, ',' ORDER BY (nf.kind || ' ' || nf.hash) COLLATE "C"), 'UTF8')), 'hex') AS hash, max(nf.received_at) AS at
      FROM node_fact nf WHERE nf.node_id = n.id) f
    WHERE n.id = ANY(${[...nodeIds]}::uuid[]) AND n.revoked_at IS NULL
    ORDER BY n.id`);

/** Notes that these were visited and nothing changed. A row that was evaluated in between is left as it is. */
export async function noteVisited(
  db: PrismaClient,
  visited: readonly { nodeId: string; digest: string }[],
  now: Date,
): Promise<void> {
  if (visited.length === 0) return;
  const due = visited.map(({ nodeId, digest }) =>
    new Date(dueAt(nodeId, Number(digest.split(" ")[3]), now.getTime())).toISOString(),
  );
  await db.$executeRaw(sql`
    UPDATE node_inspection i SET checked_at = ${now}::timestamptz, due_at = t.due_at
    FROM unnest(${visited.map(({ nodeId }) => nodeId)}::uuid[], ${visited.map(({ digest }) => digest)}::text[], ${due}::timestamptz[])
      AS t(node_id, digest, due_at)
    WHERE i.node_id = t.node_id AND i.digest = t.digest AND (i.checked_at, i.due_at) IS DISTINCT FROM (${now}::timestamptz, t.due_at)`);
  // The same facts show the same problems; a finding that is being written right now is seen by whoever writes it.
  await db.$executeRaw(sql`
    WITH seen AS (
      SELECT f.id FROM finding f JOIN node_inspection i USING (node_id)
      WHERE f.node_id = ANY(${visited.map(({ nodeId }) => nodeId)}::uuid[]) AND f.state IN ('open', 'flapping')
        AND jsonb_exists(i.problems, f.check_id) AND f.last_seen_at < ${new Date(now.getTime() - SEEN_AGAIN_MS)} FOR UPDATE OF f SKIP LOCKED)
    UPDATE finding t SET last_seen_at = ${now}::timestamptz FROM seen WHERE t.id = seen.id`);
}

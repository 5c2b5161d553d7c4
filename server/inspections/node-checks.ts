// What is evaluated on single nodes while a rollout brings a version of a check to them in waves: the fleet's catalogue with that version in it. Where no
// such row is – nearly always – it costs one look at an empty index.
import { createHash } from "node:crypto";
import type { Check } from "../../checks/define.ts";
import { checks as builtIn } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { customAt } from "../custom-checks/active.ts";
import { type Catalogue, OWN_MARK } from "./catalogue.ts";

export type CatalogueFor = (nodeId: string) => Catalogue;

/** The catalogue of each of these nodes. */
export async function cataloguesFor(
  db: PrismaClient | Tx,
  fleet: Catalogue,
  nodeIds: readonly string[],
): Promise<CatalogueFor> {
  const rows = await db.$queryRaw<{ nodeId: string; versions: string }[]>(sql`
    SELECT node_id AS "nodeId", string_agg(check_id || '@' || value, ' ' ORDER BY check_id) AS versions
    FROM node_check WHERE what = 'version' AND node_id = ANY(${[...nodeIds]}::uuid[]) GROUP BY 1`);
  if (rows.length === 0) return () => fleet;
  const byVersions = new Map<string, Catalogue>();
  for (const versions of new Set(rows.map((row) => row.versions)))
    byVersions.set(versions, await withVersions(db, fleet, versions));
  const byNode = new Map(rows.map(({ nodeId, versions }) => [nodeId, byVersions.get(versions) ?? fleet]));
  return (nodeId) => byNode.get(nodeId) ?? fleet;
}

/** @param versions "id@version id@version", as stored */
async function withVersions(db: PrismaClient | Tx, fleet: Catalogue, versions: string): Promise<Catalogue> {
  const refs = versions.split(" ").map((text) => {
    const at = text.lastIndexOf("@");
    return { id: text.slice(0, at), version: Number(text.slice(at + 1)) };
  });
  const own = await customAt(db, refs);
  if (own.length === 0) return fleet; // none of them can be read by this version of the product
  const ids = new Set(own.map(({ id }) => id));
  const custom = [...fleet.checks.slice(builtIn.length).filter(({ id }) => !ids.has(id)), ...own];
  custom.sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    checks: [...builtIn, ...custom],
    shadow: new Set([...fleet.shadow].filter((id) => !ids.has(id))),
    // Whoever asks what the whole fleet is asked reads the part before the mark.
    hash: `${fleet.hash}${OWN_MARK}${createHash("sha256").update(versions).digest("hex").slice(0, 16)}`,
  };
}

/** Checks that hold on some nodes and not, or not yet, for the fleet: for their words. */
export async function onSomeNodes(db: PrismaClient | Tx): Promise<Check[]> {
  const refs = await db.$queryRaw<{ id: string; version: number }[]>(sql`
    SELECT c.id, (n.value)::int AS version FROM custom_check c
    CROSS JOIN LATERAL (SELECT value FROM node_check n WHERE n.check_id = c.id AND n.what = 'version' LIMIT 1) n
    WHERE c.state NOT IN ('shadow', 'active')`);
  return refs.length === 0 ? [] : customAt(db, refs);
}

// Every word that was said about modes; and all there is to say about one check's.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Scope } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { checkTitles } from "../inspections/titles.ts";
import { readEarned } from "./earned.ts";
import { toMode } from "./modes.ts";
import { type CheckModes, DEFAULT_MODE, EVERY_POOL, ListModes, type ModeList, type ModeRow } from "./schema.ts";

export const listModes = query({
  name: "modes.list",
  access: "checks:read",
  on: "node",
  input: ListModes,
  async run({ db, scope }, { checkId }): Promise<ModeList> {
    const pools = await poolsOf(db, scope);
    return { rows: await readRows(db, scope, pools, checkId), pools };
  },
});

/** Pools of nodes that the caller may see. */
async function poolsOf(db: PrismaClient, scope: Scope): Promise<string[]> {
  const rows = await db.node.findMany({
    where: { AND: [{ revokedAt: null }, scope.where] },
    distinct: ["pool"],
    orderBy: { pool: "asc" },
    select: { pool: true },
  });
  return rows.map(({ pool }) => pool);
}

/** A pool's mode is told to those who see a node of it. */
async function readRows(db: PrismaClient, scope: Scope, pools: string[], checkId?: string): Promise<ModeRow[]> {
  const rows = await db.checkMode.findMany({
    where: {
      ...(checkId === undefined ? {} : { checkId }),
      ...(scope.isWhole ? {} : { pool: { in: [...pools, EVERY_POOL] } }),
    },
    orderBy: [{ checkId: "asc" }, { pool: "asc" }],
    select: { checkId: true, pool: true, mode: true, reason: true, setByName: true, setAt: true },
  });
  const titleOf = await checkTitles(db);
  return rows.map((row) => ({ ...row, title: titleOf(row.checkId), mode: toMode(row.mode) }));
}

/** For the page of one check. */
export async function checkModes(db: PrismaClient, scope: Scope, checkId: string, now: Date): Promise<CheckModes> {
  const rows = await readRows(db, scope, await poolsOf(db, scope), checkId);
  // What a repair has shown is counted over the whole fleet.
  const earned = scope.isWhole ? await readEarned(db, [checkId], now) : null;
  return {
    checkId,
    fleet: rows.find(({ pool }) => pool === EVERY_POOL)?.mode ?? DEFAULT_MODE,
    pools: rows.filter(({ pool }) => pool !== EVERY_POOL),
    earned: earned?.get(checkId) ?? null,
  };
}

// The checks written at run time that are evaluated now, compiled. One small query a look; compiled texts are kept, for versions never change.
import type { Check } from "../../checks/define.ts";
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { compileDraft } from "./compile.ts";
import { CheckDraft } from "./schema.ts";

type ActiveCustom = { check: Check; version: number; isShadow: boolean };

/** Compiled versions kept, oldest out first. */
const KEPT_MAX = 500;
/** "id@version" → check; null: it cannot be read by this version of the product. */
const kept = new Map<string, Check | null>();

/**
 * Those in state shadow or active, by id. They take effect with the next look of every process: the list is read each time, only texts are kept.
 * One that no longer compiles (a fact's field went away with an upgrade) is left out, and its findings close as those of a removed check do.
 */
export async function customActive(db: PrismaClient | Tx): Promise<ActiveCustom[]> {
  const rows = await db.$queryRaw<{ id: string; version: number; state: string }[]>(
    sql`SELECT id, version, state FROM custom_check WHERE state IN ('shadow', 'active') ORDER BY id`,
  );
  await compileMissing(db, rows);
  return rows.flatMap(({ id, version, state }) => {
    const check = kept.get(`${id}@${version}`);
    return check ? [{ check, version, isShadow: state === "shadow" }] : [];
  });
}

/** These very versions, whatever holds for the fleet; one that cannot be read is left out. */
export async function customAt(
  db: PrismaClient | Tx,
  refs: readonly { id: string; version: number }[],
): Promise<Check[]> {
  await compileMissing(db, refs);
  return refs.flatMap(({ id, version }) => kept.get(`${id}@${version}`) ?? []);
}

async function compileMissing(db: PrismaClient | Tx, rows: readonly { id: string; version: number }[]): Promise<void> {
  const missing = rows.filter(({ id, version }) => !kept.has(`${id}@${version}`));
  if (missing.length > 0) await compileAll(db, missing);
}

async function compileAll(db: PrismaClient | Tx, rows: readonly { id: string; version: number }[]): Promise<void> {
  const found = await db.customCheckVersion.findMany({
    where: { OR: rows.map(({ id, version }) => ({ checkId: id, version })) },
    select: { checkId: true, version: true, definition: true },
  });
  for (const { checkId, version, definition } of found) {
    const key = `${checkId}@${version}`;
    const check = compileStored(checkId, definition);
    if (!check) console.warn(JSON.stringify({ level: "warn", msg: "a custom check cannot be read", check: key }));
    kept.set(key, check);
  }
  for (const key of kept.keys()) {
    if (kept.size <= KEPT_MAX) break;
    kept.delete(key);
  }
}

/** A stored definition as a check; null when it cannot be read, or a built-in check has taken its id. */
export function compileStored(id: string, definition: unknown): Check | null {
  const draft = CheckDraft.safeParse(definition);
  if (!draft.success || checkById(id)) return null;
  const compiled = compileDraft(id, draft.data);
  return compiled.ok ? compiled.check : null;
}

// Which nodes a patrol or a look is about: its selector within what its person may see.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { parseSelector } from "../../selectors/parse.ts";
import { nothing, type Selector } from "../../selectors/selector.ts";
import { grantsFor, type Holder, type Permission } from "../core/access.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { type Scope, toSql } from "../core/scope.ts";
import { type Sql, sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { type Preview, PreviewCount } from "./schema.ts";

/** Most nodes of one run: their ids lie in its row. */
export const NODES_MAX = 200_000;

/** The selector of a text; an empty text is no node. @throws AppError("invalid") */
function selectorOf(text: string): Selector {
  if (text.trim() === "") return nothing;
  const parsed = parseSelector(text);
  if (parsed.ok) return parsed.selector;
  throw new AppError("invalid", `selector: ${parsed.error.en}`, {
    publicMessage: parsed.error.en,
    details: { refusal: parsed.error },
  });
}

/** Nodes of the fleet that the text selects within the scope, as a condition on `node n`. */
export const selection = (text: string, scope: Scope): Sql =>
  sql`n.revoked_at IS NULL AND ${toSql(selectorOf(text), "n")} AND ${scope.sql("n")}`;

/** Ids, ascending. @throws AppError("invalid") for more than NODES_MAX */
export async function selectedIds(db: PrismaClient | Tx, text: string, scope: Scope): Promise<string[]> {
  const rows = await db.$queryRaw<{ ids: string[] | null }[]>(
    sql`SELECT array_agg(n.id::text ORDER BY n.id) AS ids FROM (
      SELECT n.id FROM node n WHERE ${selection(text, scope)} LIMIT ${NODES_MAX + 1}) n`,
  );
  const ids = rows[0]?.ids ?? [];
  if (ids.length > NODES_MAX)
    throw new AppError("invalid", `selector: more than ${NODES_MAX} nodes`, {
      publicMessage: `One look takes at most ${NODES_MAX} nodes; select a part of the fleet.`,
    });
  return ids;
}

/**
 * A selector narrowed to the part where somebody holds a permission, as text: what runs later by itself keeps within its maker's rights.
 * @throws AppError("forbidden") when these rights cannot be said in one selector
 */
export function narrowed(text: string, scope: Scope, holder: Holder, permission: Permission): string {
  selectorOf(text);
  if (scope.isWhole || text.trim() === "") return text.trim();
  const grants = grantsFor(holder, permission);
  const [only, ...others] = grants;
  if (!only || others.length > 0)
    throw new AppError("forbidden", "a patrol over several grants", {
      publicMessage:
        "Your rights lie in several parts of the fleet; somebody with rights in all of it must make this patrol.",
    });
  const joined = text.trim() === "*" ? only.selector : `${text.trim()} ${only.selector}`;
  selectorOf(joined);
  return joined;
}

/** Whether every node that the text selects now lies in the scope. */
export async function isWithin(db: PrismaClient | Tx, text: string, scope: Scope): Promise<boolean> {
  if (scope.isWhole) return true;
  const parsed = parseSelector(text);
  if (!parsed.ok) return false;
  const rows = await db.$queryRaw<unknown[]>(
    sql`SELECT 1 FROM node n WHERE revoked_at IS NULL AND ${toSql(parsed.selector, "n")} AND NOT (${scope.sql("n")}) LIMIT 1`,
  );
  return rows.length === 0;
}

/** How many nodes a text selects, while it is typed. A text that is none is an answer, not an error. */
export const previewCount = query({
  name: "patrols.previewCount",
  access: "nodes:read",
  on: "node",
  input: PreviewCount,
  async run({ db, scope }, { selector }): Promise<Preview> {
    const parsed = parseSelector(selector);
    if (!parsed.ok) return { count: 0, sample: [], error: parsed.error };
    const where = selection(selector, scope);
    const [counted, sample] = await Promise.all([
      db.$queryRaw<{ count: number }[]>(sql`SELECT count(*)::int AS count FROM node n WHERE ${where}`),
      db.$queryRaw<Preview["sample"]>(
        sql`SELECT n.id, n.name, n.pool, n.zone, n.state FROM node n WHERE ${where} ORDER BY n.name LIMIT 10`,
      ),
    ]);
    return { count: counted[0]?.count ?? 0, sample, error: null };
  },
});

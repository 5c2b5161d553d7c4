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
import { liesWithin } from "../mutes/access.ts";
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
  if (liesWithin(text, only.selector)) return text.trim();
  const joined = text.trim() === "*" ? only.selector : `${text.trim()} ${only.selector}`;
  selectorOf(joined);
  return joined;
}

/** Texts of the parts of the fleet where somebody holds a permission; null: the whole fleet. What is kept with a look, to say later of which nodes it tells. */
export function partsOf(scope: Scope, holder: Holder, permission: Permission): string[] | null {
  return scope.isWhole ? null : grantsFor(holder, permission).map(({ selector }) => selector);
}

/**
 * Whether all that a text selects lies where somebody holds a permission, as the texts say it and whatever nodes there are now.
 * @param parts what it was narrowed to beforehand; null: to nothing
 */
export function isWithin(
  { selector, parts }: { selector: string; parts: readonly string[] | null },
  holder: Holder,
  permission: Permission,
): boolean {
  const grants = grantsFor(holder, permission);
  const lies = (text: string) => grants.some((grant) => liesWithin(text, grant.selector));
  // No part at all is no proof of anything.
  return lies(selector) || ((parts?.length ?? 0) > 0 && parts?.every(lies) === true);
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

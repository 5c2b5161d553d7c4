// Where an actor may use a permission: its grants as one selector, and that selector as conditions for Prisma and for SQL.
import { Prisma, type PrismaClient } from "../../generated/prisma/client.ts";
import { parseSelector } from "../../selectors/parse.ts";
import {
  everything,
  matches,
  type NamePattern,
  nothing,
  type Selector,
  type SelectorNode,
  union,
} from "../../selectors/selector.ts";
import { grantsFor, type Holder, type Permission } from "./access.ts";
import type { Tx } from "./context.ts";
import { type EntityKind, noSuch } from "./errors.ts";
import { join, raw, type Sql, sql } from "./sql.ts";

type Db = PrismaClient | Tx;

/** The part of the fleet that a call may see or change. What lies outside is answered exactly like what does not exist. */
export type Scope = {
  isWhole: boolean;
  /** For lists: `{ where: { node: scope.where } }`. Empty for the whole fleet. */
  where: Prisma.NodeWhereInput;
  /** For raw queries: a condition on the table `node` under this alias; `true` for the whole fleet. */
  sql: (alias: string) => Sql;
  has: (node: SelectorNode) => boolean;
  /** For a row that is at hand already. @throws AppError("not_found") with the words of `asked`, by default the node's */
  require: (node: SelectorNode, asked?: readonly [kind: EntityKind, ref: string]) => void;
  /** Id of a node that is not removed, by id or name. @throws AppError("not_found") */
  node: (db: Db, ref: string) => Promise<string>;
  /** Ids of a visible finding and its node. @throws AppError("not_found") */
  finding: (db: Db, id: string) => Promise<{ id: string; nodeId: string }>;
  /** Ids of a run and its node. @throws AppError("not_found") */
  repair: (db: Db, id: string) => Promise<{ id: string; nodeId: string }>;
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => UUID.test(text);

/** LIKE's own wildcards in what people type are plain characters. */
export const likePattern = (text: string): string => text.replace(/[\\%_]/g, (c) => `\\${c}`);

const likeOf = ({ text, anyBefore, anyAfter }: NamePattern): string =>
  `${anyBefore ? "%" : ""}${likePattern(text)}${anyAfter ? "%" : ""}`;

/** Condition on `node` under an alias. Never NULL, so that its negation holds exactly where it does not. */
export function toSql(selector: Selector, alias: string): Sql {
  const column = (name: string): Sql => (alias === "" ? raw(`"${name}"`) : raw(`"${alias}"."${name}"`));
  switch (selector.kind) {
    case "all":
      return sql`true`;
    case "or":
      return joined(selector.of, alias, " OR ", sql`false`);
    case "and":
      return joined(selector.of, alias, " AND ", sql`true`);
    case "not":
      return sql`NOT (${toSql(selector.of, alias)})`;
    case "field":
      return sql`${column(selector.field)} = ANY(${[...selector.values]}::text[])`;
    case "name":
      return sql`${column("name")} LIKE ANY(${selector.patterns.map(likeOf)}::text[])`;
    case "label": {
      const value = sql`${column("labels")} -> ${selector.key}::text`;
      if (selector.values === null) return sql`${value} IS NOT NULL`;
      return sql`coalesce(${value} IN (${join(selector.values.map((one) => sql`to_jsonb(${one}::text)`))}), false)`;
    }
  }
}

function joined(of: readonly Selector[], alias: string, word: " OR " | " AND ", none: Sql): Sql {
  if (of.length === 0) return none;
  return sql`(${join(
    of.map((one) => toSql(one, alias)),
    word,
  )})`;
}

// Prisma drops empty conditions inside others: `AND: [x, { OR: [] }]` selects what x does. So constants are folded here, and "none" is said in a way that holds.
const ALL: Prisma.NodeWhereInput = {};
const NONE: Prisma.NodeWhereInput = { id: { in: [] } };

function anyOf(parts: readonly Prisma.NodeWhereInput[]): Prisma.NodeWhereInput {
  if (parts.includes(ALL)) return ALL;
  const real = parts.filter((part) => part !== NONE);
  return real.length === 0 ? NONE : { OR: real };
}

function allOf(parts: readonly Prisma.NodeWhereInput[]): Prisma.NodeWhereInput {
  if (parts.includes(NONE)) return NONE;
  const real = parts.filter((part) => part !== ALL);
  return real.length === 0 ? ALL : { AND: real };
}

/** The same as a condition for Prisma. */
export function toWhere(selector: Selector): Prisma.NodeWhereInput {
  switch (selector.kind) {
    case "all":
      return ALL;
    case "or":
      return anyOf(selector.of.map(toWhere));
    case "and":
      return allOf(selector.of.map(toWhere));
    case "not":
      return notWhere(selector.of);
    case "field":
      return { [selector.field]: { in: [...selector.values] } };
    case "name":
      return { OR: selector.patterns.map((pattern) => ({ name: nameWhere(pattern) })) };
    case "label":
      return labelWhere(selector);
  }
}

function nameWhere({ text, anyBefore, anyAfter }: NamePattern): Prisma.StringFilter {
  const like = likePattern(text); // Prisma hands wildcards on
  if (anyBefore) return anyAfter ? { contains: like } : { endsWith: like };
  return anyAfter ? { startsWith: like } : { equals: text };
}

function labelWhere({ key, values }: Extract<Selector, { kind: "label" }>): Prisma.NodeWhereInput {
  const path = [key];
  if (values === null) return { NOT: { labels: { path, equals: Prisma.DbNull } } };
  return { OR: values.map((value) => ({ labels: { path, equals: value } })) };
}

/** SQL knows a third answer: a comparison with an absent label is neither true nor false, and so would its negation be. */
function notWhere(selector: Selector): Prisma.NodeWhereInput {
  switch (selector.kind) {
    case "all":
      return NONE;
    case "not":
      return toWhere(selector.of);
    case "or":
      return allOf(selector.of.map(notWhere));
    case "and":
      return anyOf(selector.of.map(notWhere));
    case "label": {
      const { key, values } = selector;
      const isAbsent: Prisma.NodeWhereInput = { labels: { path: [key], equals: Prisma.DbNull } };
      if (values === null) return isAbsent;
      return { OR: [isAbsent, { AND: values.map((value) => ({ NOT: { labels: { path: [key], equals: value } } })) }] };
    }
    default:
      return { NOT: toWhere(selector) };
  }
}

async function finder<T>(
  find: (scope: Prisma.NodeWhereInput) => Promise<T | null>,
  where: Prisma.NodeWhereInput,
  isWhole: boolean,
  kind: EntityKind,
  ref: string,
): Promise<T> {
  const found = await find(where);
  if (found) return found;
  // For the audit row alone; asked also where there is nothing, so that both take the same time.
  const isForeign = !isWhole && (await find({})) !== null;
  throw noSuch(kind, ref, { isForeign });
}

/** A scope of a selector. */
export function scopeOf(selector: Selector): Scope {
  const isWhole = selector.kind === "all";
  const where = toWhere(selector);
  const row = { id: true, nodeId: true } as const;
  return {
    isWhole,
    where,
    sql: (alias) => toSql(selector, alias),
    has: (node) => matches(selector, node),
    require(node, [kind, ref] = ["node", node.name]) {
      if (!matches(selector, node)) throw noSuch(kind, ref, { isForeign: true });
    },
    async node(db, ref) {
      const own = isUuid(ref) ? { id: ref.toLowerCase() } : { name: ref };
      const find = (part: Prisma.NodeWhereInput) =>
        db.node.findFirst({ where: { AND: [{ ...own, revokedAt: null }, part] }, select: { id: true } });
      return (await finder(find, where, isWhole, "node", ref)).id;
    },
    finding: (db, id) =>
      finder(
        (node) =>
          db.finding.findFirst({ where: { id, state: { not: "pending" }, isShadow: false, node }, select: row }),
        where,
        isWhole,
        "finding",
        id,
      ),
    repair: (db, id) =>
      finder((node) => db.repair.findFirst({ where: { id, node }, select: row }), where, isWhole, "repair", id),
  };
}

/** Whole fleet, for processes of ours that act by themselves. */
export const wholeFleet: Scope = scopeOf(everything);

/** Where this holder may use the permission: the union of its grants that carry it. */
export function scopeFor(holder: Holder, permission: Permission): Scope {
  const selectors = grantsFor(holder, permission).flatMap(({ selector }) => {
    const parsed = parseSelector(selector);
    return parsed.ok ? [parsed.selector] : [];
  });
  return selectors.length === 0 ? nowhere : scopeOf(union(selectors));
}

/** No node at all. */
export const nowhere: Scope = scopeOf(nothing);

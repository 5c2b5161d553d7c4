// One meaning in three places: a selector in memory, as SQL and as a condition of Prisma.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matches, type SelectorNode } from "../../selectors/selector.ts";
import { arbitraryNode, arbitrarySelector } from "../../testing/arbitrary-selectors.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { scopeFor, scopeOf, toSql, toWhere } from "./scope.ts";
import { sql } from "./sql.ts";

let db: TestDatabase;
let nodes: (SelectorNode & { id: string })[];

beforeAll(async () => {
  db = await testDatabase();
  const drawn = fc.sample(
    fc.uniqueArray(arbitraryNode, { selector: ({ name }) => name, minLength: 60, maxLength: 60 }),
    {
      numRuns: 1,
      seed: 7,
    },
  );
  nodes = (drawn[0] ?? []).map((node) => ({ ...node, id: randomUUID() }));
  const at = new Date();
  await db.pool.query(
    `INSERT INTO node (id, name, pool, zone, rack, labels, state_since, enrolled_at, machine_id, certificate_serial, certificate_expires_at)
     SELECT n.id::uuid, n.name, n.pool, n.zone, n.rack, n.labels, $2, $2, n.id, '1', $2
     FROM jsonb_to_recordset($1) AS n(id text, name text, pool text, zone text, rack text, labels jsonb)`,
    [JSON.stringify(nodes), at],
  );
});
afterAll(() => db.drop());

test("matches, SQL and Prisma agree for any selector on any node", async () => {
  expect(nodes).toHaveLength(60);
  let selected = 0;
  await fc.assert(
    fc.asyncProperty(arbitrarySelector, async (selector) => {
      const expected = nodes.filter((node) => matches(selector, node)).map(({ id }) => id);
      const [bySql, byWhere] = await Promise.all([
        db.prisma.$queryRaw<{ id: string }[]>(sql`SELECT n.id FROM node n WHERE ${toSql(selector, "n")}`),
        db.prisma.node.findMany({ where: toWhere(selector), select: { id: true } }),
      ]);
      selected += expected.length;
      expect(bySql.map(({ id }) => id).sort()).toEqual(expected.sort());
      expect(byWhere.map(({ id }) => id).sort()).toEqual(expected);
      // As a part of a condition on something else's node, too.
      expect(await db.prisma.node.count({ where: { AND: [{ revokedAt: null }, toWhere(selector)] } })).toBe(
        expected.length,
      );
    }),
    { numRuns: 1_000 },
  );
  expect(selected).toBeGreaterThan(5_000); // it was about something
});

test("what lies outside is answered word for word like what is not there", async () => {
  const id = await addNode(db.prisma, { name: "mine", pool: "own" });
  await addNode(db.prisma, { name: "theirs", pool: "foreign" });
  const scope = scopeFor({ grants: [{ role: "viewer", selector: "pool=own" }] }, "nodes:read");
  expect(await scope.node(db.prisma, "mine")).toBe(id);
  expect(await scope.node(db.prisma, id.toUpperCase())).toBe(id);
  const messageOf = (ref: string) => scope.node(db.prisma, ref).catch((err: unknown) => err);
  const [foreign, absent] = [await messageOf("theirs"), await messageOf("absent")];
  expect(foreign).toMatchObject({ code: "not_found", publicMessage: 'There is no node "theirs".', isForeign: true });
  expect(absent).toMatchObject({ code: "not_found", publicMessage: 'There is no node "absent".', isForeign: false });
});

test("the scope of no grant, of grants that say nothing and of broken ones is nothing", async () => {
  for (const selector of ["", "   ", "pool=", "everything", "pool=edge)"]) {
    const scope = scopeFor({ grants: [{ role: "admin", selector }] }, "nodes:read");
    expect(scope.isWhole).toBe(false);
    expect(await db.prisma.node.count({ where: scope.where })).toBe(0);
    expect(await db.prisma.$queryRaw(sql`SELECT 1 FROM node n WHERE ${scope.sql("n")}`)).toEqual([]);
  }
  expect(await db.prisma.node.count({ where: scopeOf({ kind: "and", of: [] }).where })).toBeGreaterThan(60);
});

// The chain on a real database: whole while only the product writes, and every kind of tampering by the database's owner is found.
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { writeAudit } from "../core/audit.ts";
import { systemActor } from "../core/context.ts";
import type { Anchor } from "./chain.ts";
import { verifyChain } from "./verify.ts";

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const write = (action: string, after?: unknown) =>
  writeAudit(database.prisma, {
    actor: systemActor("test"),
    action,
    at: new Date(),
    requestId: null,
    outcome: "done",
    entry: { entity: ["thing", "ü:1;2"], after },
  });

/** As the owner, with the guards off and on again: what somebody who holds the database can do. */
async function tamper(...statements: string[]): Promise<void> {
  await client.query("ALTER TABLE audit_event DISABLE TRIGGER USER");
  for (const statement of statements) await client.query(statement);
  await client.query("ALTER TABLE audit_event ENABLE TRIGGER USER");
}

const kinds = async (anchors: Anchor[] = []) => {
  const report = await verifyChain(client, anchors);
  return [...new Set(report.faults.map(({ kind, seq }) => `${kind}@${seq}`))];
};

beforeEach(async () => {
  await tamper("DELETE FROM audit_event", "UPDATE audit_head SET seq = 0, hash = ''");
  for (let i = 1; i <= 6; i += 1) await write(`act.${i}`, { i, text: "小 ; 4:x;", nested: { b: 1.5, a: null } });
});

const anchorAt = async (seq: number): Promise<Anchor> => {
  const { rows } = await client.query<{ hash: string }>("SELECT hash FROM audit_event WHERE seq = $1", [seq]);
  return { seq: BigInt(seq), hash: rows[0]?.hash ?? "" };
};

test("what the product writes is whole, also when many write at once", async () => {
  await Promise.all(Array.from({ length: 40 }, (_, i) => write(`at-once.${i}`)));
  const report = await verifyChain(client, [await anchorAt(3)]);
  expect(report).toMatchObject({ isWhole: true, rows: 46, anchors: 1, faultCount: 0 });
  expect(report.head.seq).toBe("46");
});

test("a transaction that is rolled back leaves no gap", async () => {
  await expect(
    database.prisma.$transaction(async (tx) => {
      await writeAudit(tx, {
        actor: systemActor("test"),
        action: "never",
        at: new Date(),
        requestId: null,
        outcome: "done",
        entry: { entity: ["thing", "1"] },
      });
      throw new Error("changed my mind");
    }),
  ).rejects.toThrow("changed my mind");
  await write("after");
  expect(await kinds()).toEqual([]);
});

test("the table takes no update, no delete and no truncate, not even from its owner", async () => {
  await expect(client.query("UPDATE audit_event SET actor = 'x' WHERE seq = 2")).rejects.toThrow("only ever added to");
  await expect(client.query("DELETE FROM audit_event WHERE seq = 2")).rejects.toThrow("only ever added to");
  await expect(client.query("TRUNCATE audit_event")).rejects.toThrow("only ever added to");
});

const columns = ["actor", "actor_name", "action", "entity", "entity_id", "outcome", "request_id", "address"];
test.each(columns)("an edit of %s is found", async (column) => {
  await tamper(`UPDATE audit_event SET ${column} = 'changed' WHERE seq = 3`);
  expect(await kinds()).toEqual(["edited@3"]);
});

test.each([
  ["time", "UPDATE audit_event SET at = at + interval '1 ms' WHERE seq = 3"],
  ["node", "UPDATE audit_event SET node_id = gen_random_uuid() WHERE seq = 3"],
  ["before", "UPDATE audit_event SET before = '{}' WHERE seq = 3"],
  ["after", `UPDATE audit_event SET after = '{"i": 4}' WHERE seq = 3`],
  ["text moved between fields", "UPDATE audit_event SET entity = 'thingü', entity_id = ':1;2' WHERE seq = 3"],
])("an edit of the %s is found", async (_what, statement) => {
  await tamper(statement);
  expect(await kinds()).toEqual(["edited@3"]);
});

test("a deleted row is found, also when the others close ranks", async () => {
  await tamper("DELETE FROM audit_event WHERE seq = 4");
  expect(await kinds()).toEqual(["missing@4"]);
  await tamper(
    "UPDATE audit_event SET seq = seq - 1 WHERE seq = 5",
    "UPDATE audit_event SET seq = seq - 1 WHERE seq = 6",
  );
  expect(await kinds()).toContain("unlinked@4");
});

test("rows that changed places are found", async () => {
  await tamper(
    "UPDATE audit_event SET seq = 100 WHERE seq = 2",
    "UPDATE audit_event SET seq = 2 WHERE seq = 3",
    "UPDATE audit_event SET seq = 3 WHERE seq = 100",
  );
  expect(await kinds()).toEqual(expect.arrayContaining(["unlinked@2", "edited@2", "edited@3"]));
});

test("rows cut off at the end are found by the head, and by an anchor when the head was set back too", async () => {
  const anchor = await anchorAt(6);
  await tamper("DELETE FROM audit_event WHERE seq > 4");
  expect(await kinds()).toEqual(["truncated@5"]);
  await tamper("UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit_event WHERE seq = 4)");
  expect(await kinds()).toEqual([]); // the database alone cannot know
  expect(await kinds([anchor])).toEqual(["truncated@5"]);
});

test("a trail that was made anew from the first row on is found by an anchor", async () => {
  const anchor = await anchorAt(5);
  await tamper("DELETE FROM audit_event", "UPDATE audit_head SET seq = 0, hash = ''");
  for (let i = 1; i <= 6; i += 1) await write(`act.${i}`, { i, cleaned: true });
  expect(await kinds()).toEqual([]);
  expect(await kinds([anchor])).toEqual(["rewritten@5"]);
});

test("a guard that is off or gone is found", async () => {
  await client.query("ALTER TABLE audit_event DISABLE TRIGGER audit_event_keep");
  expect(await kinds()).toEqual(["unguarded@0"]);
  await client.query("ALTER TABLE audit_event ENABLE TRIGGER audit_event_keep");
  expect(await kinds()).toEqual([]);
});

// The migration runner on a real PostgreSQL: order, all-or-nothing, concurrency, and refusal of newer or edited history.
import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { migrate, NewerDatabaseError } from "./migrate.ts";
import type { Migration } from "./migrations.ts";

const { adminUrl } = inject("database");
const admin = new pg.Client({ connectionString: adminUrl });
const made: string[] = [];

beforeAll(() => admin.connect());
afterAll(async () => {
  for (const name of made) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.end();
});

async function emptyDatabase(): Promise<string> {
  const name = `migrate_${randomBytes(4).toString("hex")}`;
  await admin.query(`CREATE DATABASE ${name}`);
  made.push(name);
  return adminUrl.replace(/\/postgres$/, `/${name}`);
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  checksum: createHash("sha256").update(sql).digest("hex"),
});
const first = migration(
  "1_first",
  "CREATE TABLE a (id int); CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;",
);
const second = migration("2_second", "ALTER TABLE a ADD COLUMN b int;");

test("applies what is missing, in order, once", async () => {
  const url = await emptyDatabase();
  expect(await migrate(url, [first])).toEqual(["1_first"]);
  expect(await migrate(url, [first, second])).toEqual(["2_second"]);
  expect(await migrate(url, [first, second])).toEqual([]);
  expect(await rows(url, "SELECT migration_name, applied_steps_count FROM _prisma_migrations ORDER BY 1")).toEqual([
    { migration_name: "1_first", applied_steps_count: 1 },
    { migration_name: "2_second", applied_steps_count: 1 },
  ]);
  expect(await rows(url, "SELECT to_regclass('bullmq.job')::text AS job")).toEqual([{ job: "bullmq.job" }]);
});

test("a failing migration leaves nothing behind", async () => {
  const url = await emptyDatabase();
  const broken = migration("2_broken", "CREATE TABLE half (id int); SELECT no_such_function();");
  await expect(migrate(url, [first, broken])).rejects.toThrow(
    /2_broken failed and was rolled back: .*no_such_function/,
  );
  expect(await rows(url, "SELECT to_regclass('half')::text AS half")).toEqual([{ half: null }]);
  expect(await migrate(url, [first, second])).toEqual(["2_second"]);
});

test("concurrent starts apply each migration exactly once", async () => {
  const url = await emptyDatabase();
  const results = await Promise.all([1, 2, 3, 4].map(() => migrate(url, [first, second])));
  expect(results.flat().sort()).toEqual(["1_first", "2_second"]);
});

test("refuses a database from a newer version before touching it", async () => {
  const url = await emptyDatabase();
  await migrate(url, [first, second]);
  const other = migration("1_other", "CREATE TABLE other (id int);");
  await expect(migrate(url, [first, other])).rejects.toThrow(NewerDatabaseError);
  expect(await rows(url, "SELECT to_regclass('other')::text AS other")).toEqual([{ other: null }]);
});

test("refuses an applied migration whose file was edited", async () => {
  const url = await emptyDatabase();
  await migrate(url, [first]);
  await expect(migrate(url, [migration("1_first", "SELECT 1")])).rejects.toThrow(/1_first was edited/);
});

// The committed migrations make exactly what prisma/schema says; and the check would notice if they did not.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { expect, inject, test } from "vitest";
import { schemaDiff } from "./db-diff.ts";

async function withEmptyDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { adminUrl } = inject("database");
  const name = `diff_${randomBytes(4).toString("hex")}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${name}`);
    return await work(adminUrl.replace(/\/postgres$/, `/${name}`));
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  }
}

test("schema and migrations agree", async () => {
  expect(await withEmptyDatabase(schemaDiff)).toBe("");
});

test("a table that no schema names is a difference", async () => {
  const sql = await withEmptyDatabase(async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("CREATE TABLE stray (id int PRIMARY KEY)").finally(() => client.end());
    return schemaDiff(url);
  });
  expect(sql).toContain('DROP TABLE "stray"');
});

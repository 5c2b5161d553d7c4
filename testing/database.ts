// Throw-away databases for tests: each call clones the migrated template (tens of ms), so tests never see each other's rows.
import { randomBytes } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { inject } from "vitest";
import { PrismaClient } from "../generated/prisma/client.ts";

export type TestDatabase = { url: string; prisma: PrismaClient; pool: pg.Pool; drop(): Promise<void> };

async function runAsAdmin(adminUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/**
 * A database of its own for one test file: the product's schema and queue tables, no rows, owned by the product's ordinary role.
 * Call `drop()` in `afterAll`; it closes both connections and ends whatever else is still connected.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const { adminUrl, template } = inject("database");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await runAsAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template} OWNER nodeops`);
  const url = new URL(adminUrl);
  url.username = "nodeops"; // same password as the superuser in test clusters
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  // Forced drops end idle connections; without a listener that would fail the run.
  pool.on("error", () => undefined);
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url.href, max: 8 }) });
  const drop = async () => {
    await prisma.$disconnect();
    await pool.end();
    await runAsAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return { url: url.href, prisma, pool, drop };
}

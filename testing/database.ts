// Throw-away databases for tests: each call clones the migrated template (tens of ms), so tests never see each other's rows.
import { randomBytes } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { inject } from "vitest";
import { PrismaClient } from "../generated/prisma/client.ts";
import { databaseStatements } from "../server/core/grants.ts";
import { roleName } from "../server/core/roles.ts";
import type { ServerProcess } from "../server/core/secrets.ts";

export type TestDatabase = {
  /** As the owner, who may do everything. */
  url: string;
  prisma: PrismaClient;
  pool: pg.Pool;
  /** Address for one process's role, with its rights and no others. */
  urlOf(process: ServerProcess): string;
  /** Prisma and connections as that role. */
  as(process: ServerProcess): PrismaClient;
  poolOf(process: ServerProcess): pg.Pool;
  drop(): Promise<void>;
};

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
  await runAsAdmin(adminUrl, databaseStatements(name, template).join(";")); // rights on tables are cloned, these are not
  const url = new URL(adminUrl);
  url.username = "nodeops"; // same password as the superuser in test clusters
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  // Forced drops end idle connections; without a listener that would fail the run.
  pool.on("error", () => undefined);
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url.href, max: 8 }) });
  const urlOf = (process: ServerProcess) => {
    const own = new URL(url);
    own.username = roleName(template, process); // rights were cloned with the template's tables
    return own.href;
  };
  const others = new Map<ServerProcess, { prisma: PrismaClient; pool: pg.Pool }>();
  const open = (process: ServerProcess) => {
    const pool = new pg.Pool({ connectionString: urlOf(process), max: 8 });
    pool.on("error", () => undefined);
    const opened = { pool, prisma: new PrismaClient({ adapter: new PrismaPg(pool) }) };
    others.set(process, opened);
    return opened;
  };
  const as = (process: ServerProcess) => (others.get(process) ?? open(process)).prisma;
  const poolOf = (process: ServerProcess) => (others.get(process) ?? open(process)).pool;
  const drop = async () => {
    for (const one of [{ prisma, pool }, ...others.values()]) {
      await one.prisma.$disconnect();
      await one.pool.end();
    }
    await runAsAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return { url: url.href, prisma, pool, urlOf, as, poolOf, drop };
}

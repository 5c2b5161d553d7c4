// vitest globalSetup of the db, lab and host tests: one PostgreSQL per run with a migrated template to clone from.
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { migrate } from "../server/core/migrate.ts";
import { readMigrations } from "../server/core/migrations.ts";
import { startThrowawayCluster } from "./cluster.ts";

declare module "vitest" {
  export interface ProvidedContext {
    database: { adminUrl: string; template: string };
  }
}

/** Starts the cluster, migrates its template database and hands both to the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startThrowawayCluster();
  try {
    await migrate(cluster.url, readMigrations(join(import.meta.dirname, "../prisma/migrations")));
    const client = new pg.Client({ connectionString: cluster.adminUrl });
    await client.connect();
    // Clones copy whole databases: nobody may be connected to the source.
    await client
      .query("ALTER DATABASE nodeops WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
      .finally(() => client.end());
    project.provide("database", { adminUrl: cluster.adminUrl, template: "nodeops" });
    return () => cluster.stop();
  } catch (err) {
    await cluster.stop();
    throw err;
  }
}

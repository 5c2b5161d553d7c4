// Applies prisma/migrations to a database, in order, once: at every start (`up`, deploys) and for the tests' template database.
import { runMigrations } from "bullmq";
import pg from "pg";
import { applyGrants } from "./grants.ts";
import { queueNames } from "./jobs.ts";
import type { Migration } from "./migrations.ts";

/** The database holds migrations this build does not know: it was written by a newer version. Nothing was changed. */
export class NewerDatabaseError extends Error {
  override name = "NewerDatabaseError";
}

// Any constant will do as long as no other part of the product locks on it: "nodeops" in ASCII, cut to 63 bits.
const LOCK_KEY = "31084746152898675";

// Prisma's own table, column for column, so that its command line agrees with what was applied here.
const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/**
 * Brings the database at `url` to this build's schema, the queue's tables included, and its roles' rights. Concurrent callers wait for each other.
 * A migration is all or nothing.
 *
 * @returns names applied now
 * @throws NewerDatabaseError when the database knows migrations this build does not
 * @throws Error when an applied migration's file was edited since, or a migration fails (message names it)
 */
export async function migrate(url: string, migrations: Migration[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [LOCK_KEY]); // freed with the session
    const applied = await readHistory(client);
    assertKnown(applied, migrations);
    await client.query(HISTORY_TABLE);
    const pending = migrations.filter(({ name }) => !applied.has(name));
    for (const migration of pending) await apply(client, migration);
    await runMigrations(client, "bullmq");
    await makeQueueSequences(client);
    await applyGrants(client);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

// The queue makes one for each queue when it is first used, by whoever uses it; our processes may make nothing, so it is there before.
async function makeQueueSequences(client: pg.Client): Promise<void> {
  for (const queue of queueNames) {
    const { rows } = await client.query<{ name: string }>("SELECT bullmq.job_id_seq_name($1) AS name", [queue]);
    await client.query(`CREATE SEQUENCE IF NOT EXISTS bullmq.${pg.escapeIdentifier(rows[0]?.name ?? "")}`);
  }
}

async function readHistory(client: pg.Client): Promise<Map<string, string>> {
  const { rows: found } = await client.query("SELECT to_regclass('_prisma_migrations') AS name");
  if (found[0]?.name === null) return new Map();
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    "SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

function assertKnown(applied: Map<string, string>, migrations: Migration[]): void {
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  const unknown = [...applied.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new NewerDatabaseError(
      `the database is from a newer version (it has ${unknown.join(", ")}, unknown to this one); nothing was changed. Start the newer version, or choose another --data folder or DATABASE_URL`,
    );
  }
  for (const [name, checksum] of applied) {
    if (known.get(name) === checksum) continue;
    throw new Error(
      `migration ${name} was edited after this database applied it; restore its file, or start with a fresh --data folder`,
    );
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(sql); // one simple query: bodies with ";" inside $$ stay whole
    await client.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES (gen_random_uuid(), $1, $2, now(), 1)",
      [checksum, name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK");
    throw new Error(`migration ${name} failed and was rolled back: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

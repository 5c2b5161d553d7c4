// With `--profile`: which statements cost PostgreSQL most during the measurement, as pg_stat_statements counts them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";

const SHOWN = 40;

/** Begins to count; the returned function writes the dearest ones to `statements.json` in a folder. */
export async function countStatements(url: string): Promise<(folder: string) => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SELECT pg_stat_statements_reset()");
  return async (folder) => {
    const { rows } = await client.query(
      `SELECT calls, round(total_exec_time) AS ms, round(mean_exec_time::numeric, 2) AS mean_ms, rows, wal_bytes, r.rolname AS role, query
       FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid ORDER BY total_exec_time DESC LIMIT $1`,
      [SHOWN],
    );
    writeFileSync(join(folder, "statements.json"), `${JSON.stringify(rows, null, 2)}\n`);
    await client.end();
  };
}

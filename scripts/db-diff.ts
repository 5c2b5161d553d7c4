// `npm run db:diff -- NAME`: writes the next migration's SQL from prisma/schema, worked out on a throw-away PostgreSQL.
// `--check` writes nothing and fails when schema and migrations disagree.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { migrate } from "../server/core/migrate.ts";
import { readMigrations } from "../server/core/migrations.ts";
import { startThrowawayCluster } from "../testing/cluster.ts";

const root = join(import.meta.dirname, "..");
const migrationsDir = join(root, "prisma/migrations");

/**
 * SQL that turns what the committed migrations make into what prisma/schema says; empty when they agree.
 *
 * @param url an empty database owned by its user; the migrations are applied to it
 */
export async function schemaDiff(url: string): Promise<string> {
  await migrate(url, readMigrations(migrationsDir));
  const args = ["migrate", "diff", "--from-config-datasource", "--to-schema", "prisma/schema", "--script"];
  const run = spawnSync(process.execPath, [join(root, "node_modules/prisma/build/index.js"), ...args], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      DATABASE_URL: `${url}?schema=public`,
      // Prisma's own engine is a download; ours runs the same code from npm's WebAssembly build.
      PRISMA_SCHEMA_ENGINE_BINARY: join(root, "scripts/schema-engine.mjs"),
      CHECKPOINT_DISABLE: "1",
    },
  });
  if (run.status !== 0) throw new Error(`prisma migrate diff failed:\n${run.stdout}${run.stderr}`.trimEnd());
  const sql = run.stdout.trim();
  return sql.startsWith("-- This is an empty migration") ? "" : dropFalseDrift(url, sql);
}

// The engine reads some operator classes (text_pattern_ops) back as the default and wants such an index made anew, again and again.
// A pair of drop and create that leaves PostgreSQL's own definition of the index as it was is no difference.
async function dropFalseDrift(url: string, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const definition = async (name: string) =>
    (await client.query("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname = $1", [name]))
      .rows[0]?.indexdef;
  let rest = sql;
  try {
    for (const [drop, name] of sql.matchAll(/-- DropIndex\nDROP INDEX "([^"]+)";\s*/g)) {
      const create = sql.match(new RegExp(`-- CreateIndex\\nCREATE (?:UNIQUE )?INDEX "${name}" ON [^;]+;\\s*`))?.[0];
      if (!name || !create) continue;
      await client.query("BEGIN");
      const before = await definition(name);
      await client.query(drop + create);
      const after = await definition(name);
      await client.query("ROLLBACK");
      if (before === after) rest = rest.replace(drop, "").replace(create, "");
    }
    return rest.trim();
  } finally {
    await client.end();
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: "boolean" } } });
  const name = positionals[0];
  if (!values.check && !/^[a-z0-9_]+$/.test(name ?? "")) {
    console.error("usage: npm run db:diff -- NAME   (lower case, digits and _), or --check");
    return 2;
  }
  const cluster = await startThrowawayCluster();
  try {
    const sql = await schemaDiff(cluster.url);
    if (sql === "") {
      console.log("schema and migrations agree");
      return 0;
    }
    if (values.check) {
      console.error(`schema and migrations differ; run: npm run db:diff -- NAME\n\n${sql}`);
      return 1;
    }
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const file = join(migrationsDir, `${stamp}_${name}`, "migration.sql");
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `${sql}\n`);
    console.log(file);
    return 0;
  } finally {
    await cluster.stop();
  }
}

if (import.meta.main) process.exitCode = await main();

// `node scripts/migrate.ts`: brings the database named by DATABASE_URL to this version; for deployments that run no launcher.
import { join } from "node:path";
import { migrate } from "../server/core/migrate.ts";
import { readMigrations } from "../server/core/migrations.ts";

const url = process.env.DATABASE_URL;
if (!url) {
  console.error("set DATABASE_URL to the database to migrate");
  process.exit(2);
}
try {
  const applied = await migrate(url, readMigrations(join(import.meta.dirname, "../prisma/migrations")));
  console.log(applied.length > 0 ? `applied ${applied.join(", ")}` : "nothing to apply");
} catch (err) {
  console.error(err instanceof Error ? err.message : err);
  process.exitCode = 1;
}

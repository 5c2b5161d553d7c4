// `npm run generate`: writes the Prisma client to generated/prisma when the schema changed. Needs neither network nor database.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashFiles } from "./hash.ts";

const root = join(import.meta.dirname, "..");
const inputs = ["prisma/schema", "prisma.config.ts", "scripts/generate.ts", "node_modules/@prisma/client/package.json"];

/**
 * Generates the Prisma client unless the stamp says it is current.
 *
 * @returns true when it was written, false when it was current
 * @throws Error with the generator's own words when the schema is wrong
 */
export function generate(): boolean {
  const stampFile = join(root, "generated/prisma.stamp");
  const stamp = hashFiles(root, inputs);
  const hasClient = existsSync(join(root, "generated/prisma/client.ts"));
  if (hasClient && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return false;
  mkdirSync(join(root, "generated"), { recursive: true });
  rmSync(stampFile, { force: true });
  const run = spawnSync(process.execPath, [join(root, "node_modules/prisma/build/index.js"), "generate"], {
    cwd: root,
    encoding: "utf8",
    // The generator needs no schema engine; naming any executable keeps Prisma's command line from downloading one.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true",
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
  });
  if (run.status !== 0) throw new Error(`prisma generate failed:\n${run.stdout}${run.stderr}`.trimEnd());
  writeFileSync(`${stampFile}.tmp`, stamp);
  renameSync(`${stampFile}.tmp`, stampFile);
  return true;
}

if (import.meta.main) {
  try {
    console.log(generate() ? "generated/prisma written" : "generated/prisma is current");
  } catch (err) {
    console.error(err instanceof Error ? err.message : err);
    process.exitCode = 1;
  }
}

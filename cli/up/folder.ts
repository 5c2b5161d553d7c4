// Before anything is touched: is the data folder writable, big enough, and not from a newer version?
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readMigrations } from "../../server/core/migrations.ts";
import { errorCode, errorMessage, UserError } from "../errors.ts";
import { readJson, writeAtomic } from "../files.ts";
import { type DataPaths, ROOT } from "../paths.ts";

/** Layout of the data folder; raised when an older launcher could no longer read it. */
const FORMAT = 2;
/** PostgreSQL's major version decides the format of its files. */
export const POSTGRES_MAJOR = 18;
const FREE_MIN_BYTES = 512 * 1024 * 1024;

type Version = { format: number; migrations: string[] };

/** Migrations of this build. */
export const ownMigrations = () => readMigrations(join(ROOT, "prisma/migrations"));

/**
 * Makes the data folder and proves that this version may write to it.
 *
 * @throws UserError, before any change, when it is from a newer version, not writable, or its disk is nearly full
 */
export function prepareFolder(paths: DataPaths): void {
  try {
    // Entered (not listed) by the database's account; everything secret lies in 0700 folders below.
    mkdirSync(paths.dir, { recursive: true });
    if (readdirSync(paths.dir).every((name) => name === "logs")) chmodSync(paths.dir, 0o711); // ours from the start
    accessSync(paths.dir, constants.W_OK | constants.X_OK);
    assertVersion(paths);
    const probe = join(paths.dir, ".write-test");
    writeAtomic(probe, "");
    rmSync(probe);
    for (const folder of [paths.secrets, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (err) {
    if (err instanceof UserError) throw err;
    if (errorCode(err) === "ENOSPC") throw diskFull(paths.dir, 0);
    throw new UserError(
      `cannot write to the data folder ${paths.dir}: ${whyNotWritable(paths.dir) ?? errorMessage(err)}`,
      "make it writable for this user, or choose another --data folder",
      1,
      err,
    );
  }
  const disk = statfsSync(paths.dir);
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes < FREE_MIN_BYTES) throw diskFull(paths.dir, freeBytes);
}

// Node.js reports a failed recursive mkdir by the folder it could not make; what speaks is its nearest existing parent.
function whyNotWritable(dir: string): string | undefined {
  const folder = existsSync(dir) ? dir : dirname(dir);
  if (!existsSync(folder) && folder !== dir) return whyNotWritable(folder);
  try {
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch (err) {
    return errorMessage(err);
  }
}

const diskFull = (dir: string, freeBytes: number) =>
  new UserError(
    `the disk of ${dir} is nearly full: ${Math.round(freeBytes / 1024 / 1024)} MB free, ${FREE_MIN_BYTES / 1024 / 1024} MB needed`,
    "free some space, or choose a --data folder on another disk; nothing was changed",
  );

function assertVersion(paths: DataPaths): void {
  const version = readJson<Version>(paths.version);
  const known = new Set(ownMigrations().map(({ name }) => name));
  const unknown = version?.migrations.find((name) => !known.has(name));
  const newerPostgres = majorsOnDisk(paths).find((major) => major > POSTGRES_MAJOR);
  const reason =
    version && version.format > FORMAT
      ? `folder format ${version.format}, this version reads ${FORMAT}`
      : unknown
        ? `migration ${unknown}`
        : newerPostgres && `PostgreSQL ${newerPostgres}`;
  if (!reason) return;
  throw new UserError(
    `the data folder ${paths.dir} is from a newer version (${reason}); nothing was changed`,
    "start the newer version again, or choose another --data folder",
  );
}

function majorsOnDisk(paths: DataPaths): number[] {
  try {
    return readdirSync(paths.postgres).map(Number).filter(Number.isInteger);
  } catch {
    return []; // first start
  }
}

/** Notes what this version wrote, for the next start's check. */
export function stampVersion(paths: DataPaths): void {
  const version: Version = { format: FORMAT, migrations: ownMigrations().map(({ name }) => name) };
  writeAtomic(paths.version, `${JSON.stringify(version)}\n`);
}

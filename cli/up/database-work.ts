// Work on the database that a short process of its own does for the launcher: migrations and accounts.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { EXIT, UserError } from "../errors.ts";
import type { DataPaths } from "../paths.ts";

/** E-mail address of an account; the password only when it was made just now. */
export type Account = { email: string; password: string | null };

async function run<T>(paths: DataPaths, databaseUrl: string, args: string[], hint?: string): Promise<T> {
  const argv = [
    "--disable-warning=ExperimentalWarning",
    join(import.meta.dirname, "database-process.ts"),
    paths.dir,
    ...args,
  ];
  try {
    // No time limit: a migration takes as long as it takes.
    const { stdout } = await promisify(execFile)(process.execPath, argv, {
      env: { ...process.env, DATABASE_URL: databaseUrl },
    });
    return JSON.parse(stdout) as T;
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new UserError(said || String(cause), hint, EXIT.failed, cause);
  }
}

/** Applies the migrations that are missing. @returns their names. @throws UserError, with the database as it was before the failing one */
export async function applyMigrations(paths: DataPaths, databaseUrl: string): Promise<string[]> {
  const hint = "nothing is half done: a migration that fails is rolled back as a whole";
  return (await run<{ applied: string[] }>(paths, databaseUrl, ["migrate"], hint)).applied;
}

/** Makes the first administrator and this machine's command-line token when missing. */
export const firstAdmin = (paths: DataPaths, databaseUrl: string) => run<Account>(paths, databaseUrl, ["first-admin"]);

/** Gives an existing account a new generated password and ends its sessions. */
export const resetPassword = (paths: DataPaths, databaseUrl: string, email: string) =>
  run<Account>(paths, databaseUrl, ["reset-password", email]);

/** Emergency access: its one-time code, whose name it carries, and when it ends (ISO). */
export type Opened = { id: string; email: string; code: string; expiresAt: string };

/** Opens emergency access. */
export const openBreakGlass = (
  paths: DataPaths,
  databaseUrl: string,
  { reason, minutes, as }: { reason: string; minutes: number; as?: string },
) => run<Opened>(paths, databaseUrl, ["break-glass", as ?? "", reason, String(minutes)]);

// Where everything lies: the checkout and the data folder. The only place that knows these names.
import { join, resolve } from "node:path";

/** The checkout this command line belongs to. */
export const ROOT = join(import.meta.dirname, "..");

/** Data folder of this call: `--data`, else NODEOPS_DATA, else .nodeops in the checkout; absolute. */
export const dataDir = (option?: string): string =>
  resolve(option ?? process.env.NODEOPS_DATA ?? join(ROOT, ".nodeops"));

/** Files and folders below a data folder. */
export function dataPaths(dir: string) {
  const secret = (name: string) => join(dir, "secrets", name);
  return {
    dir,
    state: join(dir, "state.json"),
    version: join(dir, "version.json"),
    lock: join(dir, "lock.json"),
    secrets: join(dir, "secrets"),
    logs: join(dir, "logs"),
    log: (name: string) => join(dir, "logs", `${name}.log`),
    postgres: join(dir, "postgres"),
    agent: join(dir, "agent"),
    cliToken: secret("cli-token"),
    authSecret: secret("auth-secret"),
    databasePassword: secret("database-password"),
    databaseAdminPassword: secret("database-admin-password"),
  };
}

export type DataPaths = ReturnType<typeof dataPaths>;

// Where everything lies: the checkout and the data folder. The only place that knows these names.
import { join, resolve } from "node:path";
import { dispatcherFolder, publicPath, secretPath, secretsFolder } from "../server/core/secrets.ts";

/** The checkout this command line belongs to. */
export const ROOT = join(import.meta.dirname, "..");

/** Data folder of this call: `--data`, else NODEOPS_DATA, else .nodeops in the checkout; absolute. */
export const dataDir = (option?: string): string =>
  resolve(option ?? process.env.NODEOPS_DATA ?? join(ROOT, ".nodeops"));

/** Files and folders below a data folder. */
export function dataPaths(dir: string) {
  const secret = (name: string) => secretPath(dir, "launcher", name);
  return {
    dir,
    state: join(dir, "state.json"),
    version: join(dir, "version.json"),
    lock: join(dir, "lock.json"),
    secrets: secretsFolder(dir, "launcher"),
    public: publicPath(dir, ""),
    dispatcher: dispatcherFolder(dir),
    logs: join(dir, "logs"),
    log: (name: string) => join(dir, "logs", `${name}.log`),
    postgres: join(dir, "postgres"),
    agent: join(dir, "agent"),
    /** Compiled code that a process keeps for its next start; Node.js makes it per account. */
    cache: (name: string) => join(dir, "cache", name),
    cliToken: secret("cli-token"),
    approvalKey: secret("approval-key"),
    databasePassword: secret("database-password"),
    databaseAdminPassword: secret("database-admin-password"),
  };
}

export type DataPaths = ReturnType<typeof dataPaths>;

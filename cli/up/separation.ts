// Keeps the server's processes apart: an account for each, folders that only it can enter, and no way to more rights. Needs root.
import { spawnSync } from "node:child_process";
import { chmodSync, globSync } from "node:fs";
import { join } from "node:path";
import { type ServerProcess, secretsFolder, serverProcesses } from "../../server/core/secrets.ts";
import { EXIT, UserError } from "../errors.ts";
import { type DataPaths, ROOT } from "../paths.ts";
import { type Account, ensureSystemAccount, unreachable } from "../system-user.ts";
import { handOver } from "./hand-over.ts";
import type { UpOptions } from "./options.ts";

export type Separation = {
  isolation: "accounts" | "none";
  /** Why there is none, in words. */
  reason: string | null;
  accounts: Partial<Record<ServerProcess, Required<Account>>>;
};

const none = (reason: string): Separation => ({ isolation: "none", reason, accounts: {} });

/**
 * Gives each process its account and its folders. Call it when everything that a process reads is there, and none runs.
 *
 * @throws UserError when the options demand accounts and there can be none
 */
export function separate(paths: DataPaths, options: Pick<UpOptions, "isDev" | "isolation">): Separation {
  const separation = choose(paths, options.isDev);
  if (separation.reason !== null && options.isolation === "required")
    throw new UserError(
      `the processes cannot run under accounts of their own: ${separation.reason}`,
      "see docs/install.md, Accounts; without --isolation required they share one account",
      EXIT.failed,
    );
  for (const [name, account] of Object.entries(separation.accounts)) {
    handOver(secretsFolder(paths.dir, name as ServerProcess), account); // the keys are serverProcesses
    handOver(paths.cache(name), account);
    if (name === "dispatcher") handOver(paths.dispatcher, account);
  }
  if (separation.isolation === "accounts") chmodSync(paths.secrets, 0o711); // entered, not listed
  return separation;
}

function choose(paths: DataPaths, isDev: boolean): Separation {
  if (isDev) return none("with --dev the compiler writes to the checkout");
  if (process.getuid?.() !== 0) return none("not started as root");
  const accounts: Separation["accounts"] = {};
  for (const name of serverProcesses) {
    const account = ensureSystemAccount(`nodeops-${name}`);
    if (!account) return none(`there is no user nodeops-${name} and useradd made none`);
    const closed = [
      ...unreachable(account, [process.execPath, ...readByAll(paths)], "-r"),
      ...unreachable(account, [ROOT, paths.dir], "-x"),
    ];
    if (closed.length > 0)
      return none(`user ${account.name} cannot reach ${closed[0]}: it or a folder above is closed`);
    accounts[name] = account;
  }
  return { isolation: "accounts", reason: null, accounts };
}

/** A sample of what every process needs, each the place where permissions may differ. */
const readByAll = (paths: DataPaths) => [
  join(ROOT, "package.json"),
  join(ROOT, "node_modules/pg/package.json"),
  ...globSync(join(ROOT, "dist/*.mjs")),
  join(ROOT, ".next/BUILD_ID"),
  join(paths.public, "trust.json"),
];

const SETPRIV = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"];
let hasSetpriv: boolean | undefined;

/** How to start a program under an account: no further groups, no capabilities, and (where util-linux is there) no way to gain any. */
export function underAccount(
  account: Required<Account> | undefined,
  program: string,
  args: string[],
): { program: string; args: string[]; uid?: number; gid?: number } {
  if (!account) return { program, args };
  const { uid, gid } = account;
  const flags = [`--reuid=${uid}`, `--regid=${gid}`, ...SETPRIV, "--"];
  hasSetpriv ??= spawnSync("setpriv", [...flags, "/bin/true"], { cwd: "/" }).status === 0;
  // Without it: spawn drops to the account and its one group, which is all but "no new privileges".
  return hasSetpriv ? { program: "setpriv", args: [...flags, program, ...args] } : { program, args, uid, gid };
}

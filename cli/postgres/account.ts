// PostgreSQL refuses to run as root: picks (or creates) the unprivileged account the embedded server runs under.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { type Account, accountNamed, ensureSystemAccount, findAccount } from "../system-user.ts";

const OWN_USER = "nodeops-postgres";

/**
 * The account for a cluster in `dir`: whoever owns an existing cluster, else (as root) an existing `postgres` user,
 * a system user made for this, or `nobody`.
 *
 * @throws Error when the current user has no passwd entry (initdb would die with an obscure message)
 */
export function chooseAccount(dir: string): Account {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) {
    const self = findAccount((fields) => fields[2] === String(uid));
    if (self || spawnSync("getent", ["passwd", String(uid)]).status === 0) return { name: self?.name ?? String(uid) };
    throw new Error(
      `user id ${uid} has no entry in /etc/passwd, which PostgreSQL needs: run as a named user or set DATABASE_URL`,
    );
  }
  if (existsSync(dir)) {
    const owner = statSync(dir).uid;
    const known = owner === 0 ? undefined : findAccount((fields) => fields[2] === String(owner));
    if (known) return known;
  }
  const account =
    accountNamed(OWN_USER) ?? accountNamed("postgres") ?? ensureSystemAccount(OWN_USER) ?? accountNamed("nobody");
  if (!account)
    throw new Error("no unprivileged account for PostgreSQL: create a user named postgres, or set DATABASE_URL");
  return account;
}

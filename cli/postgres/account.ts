// PostgreSQL refuses to run as root: picks (or creates) the unprivileged account the embedded server runs under.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";

/** The account of server processes; `undefined` ids mean "as whoever runs us". */
export type Account = { name: string; uid?: number; gid?: number };

const OWN_USER = "nodeops-postgres";

function lookUp(match: (fields: string[]) => boolean): Account | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const fields = line.split(":");
    const [name, , uid, gid] = fields;
    if (name && uid && gid && match(fields)) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/**
 * The account for a cluster in `dir`: whoever owns an existing cluster, else (as root) an existing `postgres` user,
 * a system user made for this, or `nobody`.
 *
 * @throws Error when the current user has no passwd entry (initdb would die with an obscure message)
 */
export function chooseAccount(dir: string): Account {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) {
    const self = lookUp((fields) => fields[2] === String(uid));
    if (self || spawnSync("getent", ["passwd", String(uid)]).status === 0) return { name: self?.name ?? String(uid) };
    throw new Error(
      `user id ${uid} has no entry in /etc/passwd, which PostgreSQL needs: run as a named user or set DATABASE_URL`,
    );
  }
  if (existsSync(dir)) {
    const owner = statSync(dir).uid;
    const known = owner === 0 ? undefined : lookUp((fields) => fields[2] === String(owner));
    if (known) return known;
  }
  const byName = (name: string) => lookUp((fields) => fields[0] === name);
  const existing = byName(OWN_USER) ?? byName("postgres");
  if (existing) return existing;
  spawnSync("useradd", ["--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", OWN_USER]);
  const account = byName(OWN_USER) ?? byName("nobody");
  if (!account)
    throw new Error("no unprivileged account for PostgreSQL: create a user named postgres, or set DATABASE_URL");
  return account;
}

/** Whether `account` can execute or enter `path`; asked of the kernel, so ACLs and every parent folder count. */
export function canReach(account: Account, path: string): boolean {
  return spawnSync("test", ["-x", path], { uid: account.uid, gid: account.gid, cwd: "/" }).status === 0;
}

// Accounts of the machine: look one up, make a system account, ask the kernel what one can reach.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** An account that processes run under; `undefined` ids mean "as whoever runs us". */
export type Account = { name: string; uid?: number; gid?: number };

/** The first account of /etc/passwd whose fields (name, password, uid, gid, …) match. */
export function findAccount(match: (fields: string[]) => boolean): Required<Account> | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const fields = line.split(":");
    const [name, , uid, gid] = fields;
    if (name && uid && gid && match(fields)) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

export const accountNamed = (name: string) => findAccount((fields) => fields[0] === name);

/** The system account of that name, made when missing: no home, no shell, no password. Undefined when it cannot be made. */
export function ensureSystemAccount(name: string): Required<Account> | undefined {
  const known = accountNamed(name);
  if (known) return known;
  spawnSync("useradd", ["--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", name]);
  return accountNamed(name);
}

/** Whether `account` can execute or enter `path`; asked of the kernel, so ACLs and every parent folder count. */
export const canReach = (account: Account, path: string): boolean => unreachable(account, [path], "-x").length === 0;

/** Those of `paths` that `account` cannot read (`-r`) or enter (`-x`). */
export function unreachable(account: Account, paths: string[], test: "-r" | "-x"): string[] {
  const script = `for path; do test ${test} "$path" || printf '%s\\n' "$path"; done`;
  const { stdout, error } = spawnSync("/bin/sh", ["-c", script, "sh", ...paths], {
    uid: account.uid,
    gid: account.gid,
    cwd: "/",
    encoding: "utf8",
  });
  return error ? paths : stdout.split("\n").filter(Boolean);
}

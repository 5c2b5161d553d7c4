// Where secrets lie and whose they are: `<data>/secrets/<process>/` belongs to that process's account alone, files directly in
// `<data>/secrets/` to whoever runs the launcher. They are made once and never printed. `<data>/public/` holds what anybody may read.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** The server's processes: each has an account, a secrets folder and a database role of its own. */
export const serverProcesses = ["web", "gateway", "workers", "dispatcher"] as const;
export type ServerProcess = (typeof serverProcesses)[number];

/** Whose a secret is. The launcher's are for no process: passwords of the database, the command line's token, the approval key. */
export type SecretOwner = ServerProcess | "launcher";

/** Folder of one owner's secrets. */
export const secretsFolder = (dataDir: string, owner: SecretOwner): string =>
  owner === "launcher" ? join(dataDir, "secrets") : join(dataDir, "secrets", owner);

/** Full path of a secret file. */
export const secretPath = (dataDir: string, owner: SecretOwner, name: string): string =>
  join(secretsFolder(dataDir, owner), name);

/** Full path of a file that every account may read and only the launcher writes: ca.crt, trust.json. */
export const publicPath = (dataDir: string, name: string): string => join(dataDir, "public", name);

/** The dispatcher's own folder: keys it accepts, freeze, budget, anchors of the audit trail. */
export const dispatcherFolder = (dataDir: string): string => join(dataDir, "dispatcher");

/**
 * Text of a file in a folder that another account may write to: a link there is not followed and a pipe does not hold the reader up.
 * @throws Error of the system (ENOENT, ELOOP, …), or one with the path when it is no plain file
 */
export function readPlainFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${path} is no plain file`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/** @throws Error with the path when it is missing or no plain file */
export function readSecret(dataDir: string, owner: SecretOwner, name: string): string {
  const path = secretPath(dataDir, owner, name);
  if (!existsSync(path)) throw new Error(`secret ${path} is missing; ./nodeops up makes it`);
  return readPlainFile(path).trim();
}

/** Reads it, or makes it first. Two processes that start together end with the same content: the first link wins. */
export function ensureSecret(
  dataDir: string,
  owner: SecretOwner,
  name: string,
  make: () => string = () => randomBytes(32).toString("base64url"),
): string {
  const path = secretPath(dataDir, owner, name);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
    writeFileSync(own, `${make()}\n`, { mode: 0o600, flag: "wx" });
    try {
      linkSync(own, path);
    } catch (err) {
      if (!(err instanceof Error && "code" in err && err.code === "EEXIST")) throw err;
    } finally {
      unlinkSync(own);
    }
  }
  return readSecret(dataDir, owner, name);
}

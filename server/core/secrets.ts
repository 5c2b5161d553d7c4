// Secrets are files under <data>/secrets, readable by their owner only; they are made once and never printed.
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Full path of a secret file. */
export const secretPath = (dataDir: string, name: string): string => join(dataDir, "secrets", name);

/** @throws Error with the path when it is missing */
export function readSecret(dataDir: string, name: string): string {
  const path = secretPath(dataDir, name);
  if (!existsSync(path)) throw new Error(`secret ${path} is missing; ./nodeops up makes it`);
  return readFileSync(path, "utf8").trim();
}

/** Reads it, or makes it first. Two processes that start together end with the same content: the first link wins. */
export function ensureSecret(
  dataDir: string,
  name: string,
  make: () => string = () => randomBytes(32).toString("base64url"),
): string {
  const path = secretPath(dataDir, name);
  if (!existsSync(path)) {
    mkdirSync(join(dataDir, "secrets"), { recursive: true, mode: 0o700 });
    const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
    writeFileSync(own, `${make()}\n`, { mode: 0o600 });
    try {
      linkSync(own, path);
    } catch (err) {
      if (!(err instanceof Error && "code" in err && err.code === "EEXIST")) throw err;
    } finally {
      unlinkSync(own);
    }
  }
  return readSecret(dataDir, name);
}

// The folders below the data folder that hold keys, and whose they are.
import { chmodSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { type SecretOwner, secretPath, secretsFolder, serverProcesses } from "../../server/core/secrets.ts";
import type { DataPaths } from "../paths.ts";

/** Secrets that earlier versions kept side by side, and whose they are now. */
const MOVED: Record<string, SecretOwner> = {
  "auth-secret": "web",
  "ca.pem": "gateway",
  "gateway.pem": "gateway",
  "dispatch.key": "dispatcher",
  "dispatch.pub": "dispatcher",
};

/** Makes what is missing of the folders and moves secrets of an earlier version to their owners. */
export function makeFolders(paths: DataPaths): void {
  const closed = [
    ...serverProcesses.flatMap((name) => [secretsFolder(paths.dir, name), paths.cache(name)]),
    paths.dispatcher,
  ];
  mkdirSync(paths.cache(""), { recursive: true, mode: 0o711 });
  for (const folder of closed) mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(paths.public, { recursive: true });
  chmodSync(paths.public, 0o755); // whatever the umask
  for (const [name, owner] of Object.entries(MOVED)) {
    const [from, to] = [secretPath(paths.dir, "launcher", name), secretPath(paths.dir, owner, name)];
    if (existsSync(from) && !existsSync(to)) renameSync(from, to);
  }
}

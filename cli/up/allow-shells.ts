// `up --allow-shells`: the host's administrator lets shells be opened. Written where only root and the dispatcher's account can write; it stays until
// it is taken out of the file again.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import type { DataPaths } from "../paths.ts";

/** Sets `shells.allow` in the dispatcher's policy and leaves everything else in it. @throws UserError when the file is not JSON */
export function allowShells(paths: Pick<DataPaths, "dispatcher">): void {
  const path = join(paths.dispatcher, "policy.json");
  const policy = existsSync(path) ? parse(path) : {};
  const shells = typeof policy.shells === "object" && policy.shells !== null ? policy.shells : {};
  writeAtomic(path, `${JSON.stringify({ ...policy, shells: { ...shells, allow: true } }, undefined, 2)}\n`);
}

function parse(path: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return { ...json };
  } catch (err) {
    throw new UserError(`${path}: ${errorMessage(err)}`, "mend or remove that file", EXIT.failed);
  }
  throw new UserError(`${path} holds no object`, "mend or remove that file", EXIT.failed);
}

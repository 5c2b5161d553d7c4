// The program that a hook descriptor names, proven on the node before the descriptor is written: it is there, nobody but root can change it, and the node lets
// hooks use it.
import { lstatSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { readHook } from "../../protocol/hook-syntax.ts";
import type { AgentConfig } from "../config.ts";
import { Refusal } from "../host/errors.ts";
import { isUnder } from "../host/mountinfo.ts";
import { provenFolder } from "./managed-place.ts";

/** Where distributions put programs that are made to be hooks. */
const HOOK_FOLDERS = ["/usr/libexec/oci/hooks.d", "/usr/local/libexec/oci/hooks.d"];

/** @throws Refusal */
export function provenProgram({ hookPrograms }: Pick<AgentConfig, "hookPrograms">, content: string): void {
  const hook = readHook(content);
  if (typeof hook === "string") throw new Refusal("not-valid", `the hook: ${hook}`);
  const { path } = hook.hook;
  if (!HOOK_FOLDERS.some((folder) => isUnder(path, folder)) && !hookPrograms.includes(path))
    throw new Refusal("not-a-hook", `${path} is not among the programs that hooks may run on this node`);
  let file: string;
  try {
    file = realpathSync(path);
  } catch {
    throw new Refusal("no-program", `${path} is not on this node`);
  }
  const stat = lstatSync(file);
  const isOurs = stat.uid === 0 || stat.uid === process.getuid?.();
  if (!stat.isFile() || (stat.mode & 0o111) === 0) throw new Refusal("no-program", `${path} is no program`);
  if (!isOurs || (stat.mode & 0o022) !== 0) throw new Refusal("foreign-program", `others may change ${file}`);
  provenFolder(dirname(file));
}

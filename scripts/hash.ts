// Content hash of a list of files and folders; stamps that decide whether a step (generate, build, install) must run again.
import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const isIgnored = (path: string) => /(^|\/)(node_modules|\.next|dist|generated)(\/|$)/.test(path);

/** Files below `entries` (relative to `root`, a file or a folder each), sorted; missing entries are skipped. */
export function listFiles(root: string, entries: readonly string[]): string[] {
  const found = entries.flatMap((entry) => {
    const stat = statSync(join(root, entry), { throwIfNoEntry: false });
    if (stat?.isDirectory()) return globSync(`${entry}/**/*`, { cwd: root, exclude: isIgnored });
    return stat ? [entry] : [];
  });
  return found.filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile()).sort();
}

/** sha256 (hex) over names and contents of every file below `entries`. */
export function hashFiles(root: string, entries: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of listFiles(root, entries)) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

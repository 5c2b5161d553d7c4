// No key, token or default password may stand in a tracked file.
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

type Pattern = { name: string; test: RegExp };

/** What secrets look like. Written so that no pattern finds itself. */
export const PATTERNS: readonly Pattern[] = [
  { name: "private key", test: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=\s\\]{64,}/ },
  { name: "GitHub token", test: /\bgh[pousr]_[A-Za-z0-9]{30,}/ },
  { name: "npm token", test: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: "cloud access key", test: /\bAKIA[0-9A-Z]{16}\b/ },
  { name: "Slack token", test: /\bxox[abprs]-[A-Za-z0-9-]{20,}/ },
  { name: "signed token", test: /\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/ },
  {
    name: "password in an address",
    test: /\b(?:postgres(?:ql)?|rediss?|https?):\/\/[^\s:/@"'`${}<>]+:[^\s@"'`${}<>]{3,}@/,
  },
  { name: "default password", test: /\b(?:default|initial|admin)_?password["']?\s*[:=]\s*["'][^"'${}<>\s]{4,}["']/i },
];

/** Tests make up passwords for machines that live for seconds. */
const isTest = (path: string): boolean => /\.(test|spec|fixture)\.tsx?$|(^|\/)testing\//.test(path);

/** Breaches in one file, one line each; says where, never what. */
export function secretsIn(path: string, text: string): string[] {
  return PATTERNS.filter(({ name }) => !isTest(path) || name === "private key" || name.endsWith("token")).flatMap(
    ({ name, test }) => {
      const at = text.search(test);
      return at === -1 ? [] : [`${path}:${text.slice(0, at).split("\n").length}: ${name}`];
    },
  );
}

const TEXT_BYTES_MAX = 2 * 1024 * 1024;

/** Breaches in every file that git tracks or would; empty where there is no git (a tarball was checked when it was made). */
export function secretsInCheckout(root: string): string[] {
  const list = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  if (list.status !== 0) return [];
  return list.stdout
    .split("\0")
    .filter((path) => path !== "" && path !== "package-lock.json")
    .flatMap((path) => {
      const stat = statSync(join(root, path), { throwIfNoEntry: false });
      if (!stat?.isFile() || stat.size > TEXT_BYTES_MAX) return [];
      const text = readFileSync(join(root, path), "utf8");
      return text.includes("\0") ? [] : secretsIn(path, text);
    });
}

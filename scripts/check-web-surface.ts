// What Next must not get: code that answers requests past web/routes.ts. Part of `npm run check`; rules for any source stand in static-rules.ts.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSources } from "./check-architecture.ts";

/** Files by which Next runs code of ours before a page; authorization in such a place was bypassed by headers more than once. */
const BEFORE_PAGES = ["middleware", "proxy", "instrumentation"].flatMap((name) =>
  ["", "src/", "app/"].flatMap((folder) => ["ts", "tsx", "js", "mjs"].map((ending) => `${folder}${name}.${ending}`)),
);
const NEXT_SETTINGS = /\b(?:rewrites|redirects|remotePatterns|domains|serverActions|dangerouslyAllowSVG)\b/;

/** Every breach in these files (path → source), one line each. */
export function surfaceViolations(files: Map<string, string>): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    if (BEFORE_PAGES.includes(path))
      found.push(`${path}: no code runs before pages; verbs check access, web/ checks requests`);
    if (/^\s*(["'`])use server\1/m.test(source)) found.push(`${path}: no server actions; the API is tRPC`);
    if (/^(?:src\/)?(?:app\/.*\/route|pages\/.*)\.[jt]sx?$/.test(path))
      found.push(`${path}: Next answers no requests but pages; add a route to web/routes.ts`);
    if (path === "next.config.ts" && NEXT_SETTINGS.test(source))
      found.push(`${path}: ${NEXT_SETTINGS.exec(source)?.[0]} would make Next fetch or answer more than pages`);
  }
  return found;
}

/** Sources of the checkout, with the files of its root that Next looks at. */
export function readSurface(root: string): Map<string, string> {
  const files = readSources(root);
  for (const path of ["next.config.ts", ...BEFORE_PAGES])
    if (existsSync(join(root, path))) files.set(path, readFileSync(join(root, path), "utf8"));
  // Rules name what they look for, and tests plant it.
  for (const path of files.keys()) if (path.startsWith("scripts/") || /\.test\.tsx?$/.test(path)) files.delete(path);
  return files;
}

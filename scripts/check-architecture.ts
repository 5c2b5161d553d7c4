// Who may import whom, as a check: reads every import, compares it with the table below, finds cycles. Part of `npm run check`.
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, posix } from "node:path";
import { listFiles } from "./hash.ts";

/** What a part may import: parts of the checkout (`server/*` = any domain, a `.ts` name = that file only) and npm packages. */
type Rule = { parts: string[]; packages: string[] | "any"; isPure?: boolean; typesOnly?: string[] };

const PURE = [
  "protocol",
  "parsers",
  "selectors",
  "log-rules",
  "checks",
  "repairs",
  "changes",
  "rollout",
  "judge",
  "knowledge",
  "diagnosis",
];
const CLIENT_SAFE = ["server/*/schema.ts", "server/core/access.ts", "server/core/paging.ts"];

/** The table of style: part → what it may import. A part always may import itself; parts not listed may import anything. */
export const RULES: Record<string, Rule> = {
  protocol: { parts: [], packages: ["zod", "msgpackr"], isPure: true },
  parsers: { parts: [], packages: [], isPure: true },
  selectors: { parts: ["protocol"], packages: [], isPure: true },
  "log-rules": { parts: ["protocol", "parsers"], packages: ["re2js", "zod"], isPure: true },
  checks: { parts: ["protocol", "parsers", "log-rules"], packages: ["zod"], isPure: true },
  repairs: { parts: ["protocol", "checks", "parsers", "log-rules"], packages: ["zod"], isPure: true },
  changes: { parts: ["protocol", "checks", "repairs"], packages: ["zod"], isPure: true },
  rollout: { parts: [], packages: [], isPure: true },
  judge: { parts: [], packages: [], isPure: true },
  knowledge: { parts: ["protocol"], packages: ["gray-matter", "zod"] },
  diagnosis: { parts: ["protocol", "log-rules"], packages: ["re2js"], isPure: true, typesOnly: ["knowledge"] },
  "server/core": { parts: [...PURE, "generated"], packages: "any" },
  "server/*": { parts: [...PURE, "generated", "server/core", "server/*"], packages: "any" },
  "server/api": {
    parts: [...PURE, "generated", "server/core", "server/*/router.ts", "server/accounts"],
    packages: "any",
  },
  web: { parts: ["server/core", "server/api", "server/accounts"], packages: "any" },
  gateway: {
    parts: [...PURE, "server/core", "server/agents", "server/trust/document.ts", "server/*/ingest.ts"],
    packages: "any",
  },
  workers: { parts: [...PURE, "server/core", "server/*", "generated"], packages: "any" },
  // Plans are made above; the agent only executes commands. Hence neither repairs/ nor anything of the server.
  agent: { parts: ["protocol", "checks", "parsers", "log-rules"], packages: "any" },
  app: { parts: [...PURE, ...CLIENT_SAFE], packages: "any", typesOnly: ["server/*", "server/api", "server/core"] },
  lab: { parts: ["protocol", "parsers"], packages: "any" },
  cli: {
    parts: [
      "protocol",
      "parsers",
      "judge",
      "log-rules",
      "diagnosis",
      "server/core",
      // Who signs on the command line works the hash out again from the plan that was shown.
      "repairs/plan-hash.ts",
      "server/accounts/first-admin.ts",
      "server/accounts/break-glass.ts",
      // The trail is read from the database itself: the console might lie about it.
      "server/audit/verify.ts",
      // The line that runs as root on a new node: on the console's host it is not taken from the console.
      "server/agents/token.ts",
      "server/dispatch/anchors.ts",
      "server/trust/rotate.ts",
      "server/trust/ensure.ts",
      "server/*/schema.ts",
      "lab",
      "bench",
      "scripts",
    ],
    packages: "any",
    typesOnly: ["server/*", "server/api", ...PURE],
  },
  scripts: { parts: [...PURE, "server/core", "testing", "generated"], packages: "any" },
};

// Node modules that touch neither disk, network nor clock.
const PURE_BUILTINS = new Set(["node:crypto", "node:buffer", "node:util", "node:assert"]);

export type Import = { specifier: string; isType: boolean };

/** Every import and re-export of a source text, dynamic ones included. */
export function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const statement = /^\s*(?:import|export)\s+(type\s)?(?:[^"'`;=()]*?\sfrom\s+)?["']([^"']+)["']/gm;
  for (const [, type, specifier] of source.matchAll(statement))
    if (specifier) found.push({ specifier, isType: type !== undefined });
  for (const [, specifier] of source.matchAll(/(?<!typeof\s)\bimport\(\s*["']([^"']+)["']\s*\)/g))
    if (specifier) found.push({ specifier, isType: false });
  return found;
}

const partOf = (path: string) =>
  path.startsWith("server/") ? path.split("/").slice(0, 2).join("/") : (path.split("/")[0] ?? "");
const ruleOf = (part: string) => RULES[part] ?? (part.startsWith("server/") ? RULES["server/*"] : undefined);
// Tests and what only they use: x.test.ts, test-x.ts, x.fixture.ts, a testing/ folder.
const isTest = (path: string) => /\.(test|fixture)\.tsx?$|(^|\/)test-[^/]+\.tsx?$|\/testing\//.test(path);

function isAllowed(target: string, allowed: string[]): boolean {
  const part = partOf(target);
  return allowed.some((entry) => {
    if (entry === "server/*") return part.startsWith("server/") && part !== "server/api";
    if (entry.endsWith(".ts"))
      return new RegExp(`^${entry.replaceAll(".", "\\.").replace("*", "[^/]+")}$`).test(target);
    return entry === part;
  });
}

function judge(path: string, { specifier, isType }: Import): string | undefined {
  const part = partOf(path);
  const rule = ruleOf(part);
  if (!rule) return undefined;
  if (!specifier.startsWith(".")) {
    const isBuiltin = specifier.startsWith("node:") || builtinModules.includes(specifier);
    if (isBuiltin)
      return rule.isPure && !isType && !PURE_BUILTINS.has(specifier) ? `${part} is pure: no ${specifier}` : undefined;
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    return isType || rule.packages === "any" || rule.packages.includes(name)
      ? undefined
      : `${part} may not use the package ${name}`;
  }
  const target = posix.join(dirname(path), specifier);
  const targetPart = partOf(target);
  if (targetPart === part) return undefined;
  if (target.startsWith("server/") && target.endsWith("/rows.ts")) return `${target} is private to its domain`;
  // Routers are lists of `expose(verb)`; that function is all a domain knows of the API.
  if (target === "server/api/trpc.ts" && path.endsWith("/router.ts")) return undefined;
  const allowed = isType ? [...rule.parts, ...(rule.typesOnly ?? [])] : rule.parts;
  // A file of the checkout's root (package.json) belongs to nobody.
  return !target.includes("/") || isAllowed(target, allowed) ? undefined : `${part} may not import ${target}`;
}

/** Import cycles at run time (type-only imports do not count), each as its path of files. */
function cycles(graph: Map<string, string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const at = trail.indexOf(path);
    if (at !== -1) found.push([...trail.slice(at), path]);
    if (at !== -1 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** Every breach of the table and every cycle in these files (path → source), one line each. */
export function violations(files: Map<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of files) {
    const imports = importsOf(source);
    if (!isTest(path)) for (const one of imports) if (judge(path, one)) found.push(`${path}: ${judge(path, one)}`);
    const targets = imports
      .filter((one) => !one.isType && one.specifier.startsWith("."))
      .map((one) => posix.join(dirname(path), one.specifier));
    graph.set(
      path,
      targets.filter((target) => files.has(target)),
    );
  }
  return [...found, ...cycles(graph).map((cycle) => `cycle: ${cycle.join(" → ")}`)];
}

/** Source files of the checkout that the table speaks about. */
export function readSources(root: string): Map<string, string> {
  const folders = [
    ...new Set([...Object.keys(RULES).map((part) => part.split("/")[0] ?? ""), "testing", "e2e", "bench", "fuzz"]),
  ];
  const paths = listFiles(root, folders).filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

if (import.meta.main) {
  const files = readSources(join(import.meta.dirname, ".."));
  const found = violations(files);
  for (const line of found) console.error(line);
  console.log(`architecture: ${files.size} files, ${found.length} violations`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

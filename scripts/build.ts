// Builds what ships: dist/<host>.mjs by esbuild (packages stay outside, the agent is whole), then the pages by `next build`.
// Each part is skipped while the content of its inputs is the same.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type BuildOptions, build, context } from "esbuild";
import { generate } from "./generate.ts";
import { hashFiles } from "./hash.ts";
import { writeSbom } from "./supply-sbom.ts";

const root = join(import.meta.dirname, "..");
const pure = [
  "protocol",
  "checks",
  "repairs",
  "rollout",
  "judge",
  "changes",
  "knowledge",
  "parsers",
  "selectors",
  "log-rules",
  "diagnosis",
];
const shared = [...pure, "server", "prisma/schema", "scripts/build.ts", "package-lock.json", "tsconfig.json"];

/** Server processes and the agent, by the name of their bundle. */
export const HOSTS = ["web", "gateway", "workers", "dispatcher", "agent"] as const;
export type Host = (typeof HOSTS)[number];

/** Folder of a host; the dispatcher is a second process of workers/. */
const folderOf = (host: Host) => (host === "dispatcher" ? "workers" : host);
const entryOf = (host: Host) => join(root, folderOf(host), host === "dispatcher" ? "dispatcher.ts" : "main.ts");
const pageInputs = ["app", "messages", "public", "next.config.ts", "postcss.config.mjs", ...shared];

/** esbuild settings of one host; `--dev` uses them for its watcher. */
export function hostOptions(host: Host): BuildOptions {
  const isAgent = host === "agent";
  return {
    absWorkingDir: root,
    entryPoints: { [host]: entryOf(host) },
    outdir: join(root, "dist"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22.18",
    // The agent is one file for hosts without node_modules; source maps beside it would only be dead weight there.
    packages: isAgent ? "bundle" : "external",
    sourcemap: isAgent ? false : "linked",
    minify: isAgent,
    keepNames: true,
    legalComments: "none",
    logLevel: "silent",
    loader: { ".proto": "text", ".md": "text", ".sh": "text" },
    // CommonJS packages inside an ES module bundle still call require().
    banner: isAgent
      ? { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' }
      : undefined,
  };
}

type Stamps = Record<string, string>;
const stampFile = join(root, "dist/stamps.json");
const readStamps = (): Stamps => (existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, "utf8")) : {});

function writeStamp(part: string, stamp: string | undefined): void {
  const stamps = readStamps();
  if (stamp) stamps[part] = stamp;
  else delete stamps[part];
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(`${stampFile}.${process.pid}`, JSON.stringify(stamps));
  renameSync(`${stampFile}.${process.pid}`, stampFile);
}

async function runPart(part: string, inputs: string[], output: string, work: () => Promise<void>): Promise<boolean> {
  const stamp = hashFiles(root, inputs);
  if (existsSync(output) && readStamps()[part] === stamp) return false;
  writeStamp(part, undefined); // killed half-way: not current
  await work();
  writeStamp(part, stamp);
  return true;
}

async function buildHost(host: Host): Promise<void> {
  await build(hostOptions(host));
  const file = join(root, `dist/${host}.mjs`);
  const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (host === "agent") writeFileSync(`${file}.sha256`, `${sum}  agent.mjs\n`);
}

/** How long to wait for a build someone else (or a killed start) has under way, in ms. */
const OTHER_BUILD_MAX_MS = 180_000;

async function buildPages(signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + OTHER_BUILD_MAX_MS;
  for (;;) {
    try {
      return await nextBuild(signal);
    } catch (err) {
      const isTaken = err instanceof Error && err.message.includes("Another next build process");
      if (!isTaken || performance.now() > deadline) throw err;
      await sleep(2_000, undefined, { signal });
    }
  }
}

function nextBuild(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules/next/dist/bin/next"), "build"], {
      cwd: root,
      env: {
        ...process.env,
        NODE_ENV: "production",
        NEXT_TELEMETRY_DISABLED: "1",
        CI: "1",
        DATABASE_URL: "postgresql://127.0.0.1/unused",
      },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
    child.once("error", reject);
    child.once("close", (code) => {
      const text = output.join("");
      writeFileSync(join(root, "dist/next-build.log"), text);
      if (code === 0) resolve();
      else
        reject(
          new Error(`next build failed (whole log: dist/next-build.log):\n${text.split("\n").slice(-30).join("\n")}`),
        );
    });
  });
}

/**
 * Builds every part whose inputs changed.
 *
 * @param options.hosts which bundles; @param options.pages whether to build the pages
 * @returns names of the parts that were built; empty when all were current
 * @throws Error with the compiler's words
 */
export async function buildAll(
  options: { hosts?: readonly Host[]; pages?: boolean; signal?: AbortSignal } = {},
): Promise<string[]> {
  const built: string[] = [];
  if (generate()) built.push("prisma");
  const hosts = (options.hosts ?? HOSTS).filter((host) => existsSync(entryOf(host)));
  mkdirSync(join(root, "dist"), { recursive: true });
  for (const host of hosts) {
    const output = join(root, `dist/${host}.mjs`);
    const inputs =
      host === "agent" ? [...pure, "agent", "scripts/build.ts", "package-lock.json"] : [...shared, folderOf(host)];
    if (await runPart(host, inputs, output, () => buildHost(host))) built.push(host);
  }
  // Nothing that runs needs it: a machine without npm goes without.
  await runPart("sbom", ["package-lock.json", "scripts/supply-sbom.ts"], join(root, "dist/sbom.cdx.json"), async () => {
    writeSbom(root);
  }).catch((err: unknown) => console.error(err instanceof Error ? err.message : err));
  const hasPages = existsSync(join(root, "next.config.ts"));
  if (hasPages && options.pages !== false) {
    const id = join(root, ".next/BUILD_ID");
    const work = () => {
      rmSync(id, { force: true });
      return buildPages(options.signal);
    };
    if (await runPart("pages", pageInputs, id, work)) built.push("pages");
  }
  return built;
}

/** Rebuilds bundles whenever their sources change, until `signal` aborts. */
export async function watchHosts(signal: AbortSignal): Promise<void> {
  for (const host of HOSTS.filter((name) => existsSync(entryOf(name)))) {
    const watcher = await context(hostOptions(host));
    await watcher.watch();
    signal.addEventListener("abort", () => void watcher.dispose(), { once: true });
  }
}

if (import.meta.main) {
  process.umask(0o022); // processes run under accounts of their own and must be able to read what is built
  const { values } = parseArgs({ options: { json: { type: "boolean" }, "no-pages": { type: "boolean" } } });
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());
  try {
    const built = await buildAll({ pages: values["no-pages"] !== true, signal: abort.signal });
    if (values.json) console.log(JSON.stringify(built));
    else console.log(built.length > 0 ? `built ${built.join(", ")}` : "everything is current");
  } catch (err) {
    console.error(err instanceof Error ? err.message : err);
    process.exitCode = 1;
  }
}

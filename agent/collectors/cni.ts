// Fact "cni": the container network configuration, whether it can be used, and what it was when it last worked (the agent keeps a copy).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { FactData } from "../../protocol/facts.ts";
import { codeOf } from "../host/errors.ts";
import { NotPlain, readPlain, readText, writeDurably } from "../host/file.ts";
import { type CollectorContext, defineCollector } from "./define.ts";

type CniFile = FactData["cni"]["files"][number];

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** Reads one file as the CNI specification 1.0 §1 has it: a list with plugins, or one plugin. */
export function parseCni(text: string): { error: string | null; network: string | null; plugins: string[] } {
  const bad = (error: string) => ({ error, network: null, plugins: [] });
  let conf: unknown;
  try {
    conf = JSON.parse(text);
  } catch {
    return bad("not JSON"); // the parser's words quote the file, which may hold secrets
  }
  if (conf === null || typeof conf !== "object" || Array.isArray(conf)) return bad("not a JSON object");
  const { name, plugins, type } = conf as { name?: unknown; plugins?: unknown; type?: unknown };
  if (typeof name !== "string" || name === "") return bad("has no network name");
  const list: unknown[] = Array.isArray(plugins) ? plugins : typeof type === "string" ? [conf] : [];
  const types = list.map((plugin) => (plugin as { type?: unknown } | null)?.type);
  if (types.length === 0) return { error: "has no plugins", network: name, plugins: [] };
  if (!types.every((t): t is string => typeof t === "string" && t !== ""))
    return { error: "a plugin has no type", network: name, plugins: [] };
  // An address plugin is named inside the plugin that uses it.
  const ipam = list
    .map((plugin) => (plugin as { ipam?: { type?: unknown } }).ipam?.type)
    .filter((t): t is string => typeof t === "string" && t !== "");
  return { error: null, network: name, plugins: [...new Set([...types, ...ipam])] };
}

const Good = z.record(z.string(), z.object({ sha256: z.string(), at: z.number() }));
type Good = z.infer<typeof Good>;

/** Which copy is the good one of each file name. */
export function loadGood(folder: string): Good {
  try {
    return Good.parse(JSON.parse(readText(join(folder, "index.json")) ?? "{}"));
  } catch {
    return {}; // damaged: copies are taken anew while the network works
  }
}

/** The kept copy of a file by its hash; null when there is none or it is not what it says. */
export function goodCopy(folder: string, hash: string): Buffer | null {
  try {
    const content = readFileSync(join(folder, hash));
    return sha256(content) === hash ? content : null;
  } catch (err) {
    if (codeOf(err) === "ENOENT") return null;
    throw err;
  }
}

/** No network file is larger. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

const COPIES_PER_FILE_BYTES_MAX = 256 * 1024;

function keepGood(folder: string, good: Good, file: CniFile, content: Buffer, now: number): void {
  if (good[file.name]?.sha256 === file.sha256 || content.length > COPIES_PER_FILE_BYTES_MAX) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeDurably(join(folder, file.sha256), content);
  good[file.name] = { sha256: file.sha256, at: now };
  writeDurably(join(folder, "index.json"), JSON.stringify(good));
}

/** Folders of configuration and plugins: as the runtime says, else the usual ones. */
export function cniFolders({ runtimes }: Pick<CollectorContext, "runtimes">): { confDir: string; binDirs: string[] } {
  const told = runtimes.all().find((w) => w.details?.cni)?.details?.cni;
  const usual = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];
  return {
    confDir: told?.confDir ?? "/etc/cni/net.d",
    binDirs: told?.binDirs.length ? told.binDirs : usual.filter((dir) => existsSync(dir)),
  };
}

/** One file of the folder as the fact says it; null when it is not there. */
export function readCniFile(
  confDir: string,
  binDirs: readonly string[],
  name: string,
): { file: CniFile; content: Buffer } | null {
  try {
    const path = join(confDir, name);
    const content = readPlain(path, { maxBytes: FILE_BYTES_MAX, follow: true });
    const { error, network, plugins } = parseCni(content.toString("utf8"));
    const missingPlugins = plugins.filter((plugin) => !binDirs.some((dir) => existsSync(join(dir, plugin))));
    const { mtimeMs } = statSync(path);
    const file: CniFile = {
      name,
      sha256: sha256(content),
      sizeBytes: content.length,
      modifiedAt: Math.floor(mtimeMs),
      valid: error === null,
      error,
      network,
      plugins,
      missingPlugins,
      lastGood: null,
    };
    return { file, content };
  } catch (err) {
    if (codeOf(err) === "ENOENT" || err instanceof NotPlain) return null; // removed while looking, or no file at all
    throw err;
  }
}

export const cni = defineCollector({
  kind: "cni",
  everyMs: 10_000,
  timeoutMs: 5_000,
  read: (ctx) => {
    const { confDir, binDirs } = cniFolders(ctx);
    const names = existsSync(confDir)
      ? readdirSync(confDir)
          .filter((n) => /\.(conf|conflist|json)$/.test(n))
          .sort()
      : [];
    const good = loadGood(ctx.paths.goodCni);
    const cri = ctx.runtimes.all().filter((w) => w.runtime.spec.kind === "cri");
    // Good is what the runtime itself calls ready; without one that could say so nothing is kept.
    const ready = cri.some(
      (w) => w.probe.ok && w.details?.conditions.some((c) => c.type === "NetworkReady" && c.status),
    );
    const files = names.flatMap((name) => {
      const read = readCniFile(confDir, binDirs, name);
      if (!read) return [];
      if (ctx.keeps && ready && read.file.valid && read.file.missingPlugins.length === 0)
        keepGood(ctx.paths.goodCni, good, read.file, read.content, Date.now());
      return [{ ...read.file, lastGood: good[name] ?? null }];
    });
    const missingFiles = Object.entries(good)
      .filter(([name]) => !names.includes(name))
      .map(([name, copy]) => ({ name, ...copy }));
    return { confDir, binDirs, files, missingFiles };
  },
});

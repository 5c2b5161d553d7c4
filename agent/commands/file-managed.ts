// Commands file.put and file.restore: one managed configuration file, written whole and in one moment, and put back to the byte. What was replaced is kept
// on the node under the hash of what replaced it: the way back needs neither network nor console, and leads to nothing else.
import { lstatSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { contentError } from "../../protocol/managed-files.ts";
import { sha256 } from "../collectors/cni.ts";
import type { AgentConfig } from "../config.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { readPlain, readText, syncFolder, writeDurably } from "../host/file.ts";
import { type CommandContext, defineCommand } from "./define.ts";

/** Below it lies only what the node's own configuration places there. */
const OWN = "/etc/nodeops/managed/";
/** What has been put, the oldest forgotten first. */
const KEPT_MAX = 200;
/** A larger file than a command could write may stand there; it is kept all the same. */
const BEFORE_BYTES_MAX = 4 * 1_024 * 1_024;
const NEW_FOLDER_MODE = 0o755;

const Kept = z.array(
  z.object({
    path: z.string(),
    put: z.string(),
    /** Null: there was no file. */
    before: z.object({ sha256: z.string(), mode: z.number() }).nullable(),
    at: z.number(),
  }),
);
type Kept = z.infer<typeof Kept>[number];

const folderOf = (ctx: CommandContext): string => join(ctx.paths.backups, "managed-files");
const copyOf = (ctx: CommandContext, hash: string): string => join(folderOf(ctx), hash);

/** @throws Refusal when the record is damaged: what cannot be taken back is not begun */
function readKept(ctx: CommandContext): Kept[] {
  const text = readText(join(folderOf(ctx), "index.json"));
  if (text === null) return [];
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    throw new Refusal("no-copies", "the record of what was replaced cannot be read");
  }
}

/** Stores the record and removes copies that nothing names any more. */
function writeKept(ctx: CommandContext, all: readonly Kept[]): void {
  const kept = all.slice(-KEPT_MAX);
  const names = new Set(kept.map(({ before }) => before?.sha256));
  writeDurably(join(folderOf(ctx), "index.json"), JSON.stringify(kept));
  for (const { before } of all)
    if (before && !names.has(before.sha256)) rmSync(copyOf(ctx, before.sha256), { force: true });
}

const isOf = (path: string, put: string) => (kept: Kept) => kept.path === path && kept.put === put;

/** Where the file lies on this node; null when the node says nothing of a place that only it can name. */
export function placeOf({ managedFiles }: Pick<AgentConfig, "managedFiles">, path: string): string | null {
  const prefix = Object.keys(managedFiles)
    .filter((from) => path === from || path.startsWith(`${from}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix !== undefined) return `${managedFiles[prefix]}${path.slice(prefix.length)}`;
  return path.startsWith(OWN) ? null : path;
}

/** @throws Refusal when it lies nowhere */
function realPath({ config }: CommandContext, path: string): string {
  const real = placeOf(config, path);
  if (real === null) throw new Refusal("not-managed", `this node does not say where ${path} lies`);
  return real;
}

/** Nobody but the agent's own user (root) may be able to put something else there in between. @throws Refusal */
function provenFolder(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) throw new Refusal("no-folder", `${folder} is not there: what reads it is not installed`);
  const isOurs = stat.uid === 0 || stat.uid === process.getuid?.();
  if (!isOurs || (stat.mode & 0o022) !== 0) throw new Refusal("foreign-folder", `others may write in ${folder}`);
}

/** What stands there now; null when there is nothing. @throws Refusal when it is no plain file */
function present(path: string): { content: Buffer; hash: string; mode: number } | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  if (!stat.isFile()) throw new Refusal("not-plain", `${path} is a link, a folder or no file`);
  if (stat.size > BEFORE_BYTES_MAX) throw new Refusal("too-large", `${path} is larger than ${BEFORE_BYTES_MAX} bytes`);
  const content = readPlain(path, { maxBytes: BEFORE_BYTES_MAX });
  return { content, hash: sha256(content), mode: stat.mode & 0o777 };
}

/** @throws Refusal when the place cannot be written, with nothing touched; Failure when it is other than it was */
function writeOver(path: string, content: string | Uint8Array, mode: number): void {
  const before = present(path)?.hash;
  try {
    rmSync(`${path}.tmp`, { force: true }); // a link or another mode of an earlier try
    writeDurably(path, content, mode);
  } catch (err) {
    const isChanged = present(path)?.hash !== before;
    if (!isChanged && ["EROFS", "EACCES", "EPERM"].includes(codeOf(err) ?? ""))
      throw new Refusal("read-only", `${path} cannot be written from here`);
    throw new Failure("not-written", `${path}: ${messageOf(err)}`, isChanged);
  }
  if (present(path)?.hash !== sha256(content)) throw new Failure("not-written", `${path} is other than written`, true);
}

export const filePut = defineCommand({
  type: "file.put",
  affects: ["cni", "runtimes", "modules", "sysctls"],
  timeoutMs: 30_000,
  async run({ path, content, sha256: hash, mode }, ctx) {
    const error = contentError(path, content);
    if (error !== null) throw new Refusal("not-valid", `${path}: the content ${error}`);
    if (sha256(content) !== hash)
      throw new Refusal("not-the-content", "the content is not the one that its hash names");
    const real = realPath(ctx, path);
    const folder = dirname(real);
    // One folder may be missing: that of a registry's host, which comes with its file.
    const isNew = statSync(folder, { throwIfNoEntry: false }) === undefined;
    provenFolder(isNew ? dirname(folder) : folder);
    const before = present(real);
    const output = { path: real, before: before?.hash ?? null, after: hash };
    if (before?.hash === hash) return { message: `${path} has this content already`, changed: false, output };
    const others = readKept(ctx).filter((kept) => !isOf(path, hash)(kept));
    if (before) writeDurably(copyOf(ctx, before.hash), before.content);
    const kept = { path, put: hash, before: before && { sha256: before.hash, mode: before.mode }, at: Date.now() };
    writeKept(ctx, [...others, kept]);
    if (isNew) mkdirSync(folder, { mode: NEW_FOLDER_MODE });
    writeOver(real, content, Number.parseInt(mode, 8));
    return { message: `${path} was ${before ? "replaced" : "written"}`, changed: true, output };
  },
});

export const fileRestore = defineCommand({
  type: "file.restore",
  affects: ["cni", "runtimes", "modules", "sysctls"],
  timeoutMs: 30_000,
  async run({ path, putSha256 }, ctx) {
    const real = realPath(ctx, path);
    const all = readKept(ctx);
    const entry = all.find(isOf(path, putSha256));
    if (!entry) throw new Refusal("no-copy", `nothing is kept that such a content replaced at ${path}`);
    const now = present(real);
    const output = { path: real, before: now?.hash ?? null, after: entry.before?.sha256 ?? null };
    const forget = () =>
      writeKept(
        ctx,
        all.filter((kept) => kept !== entry),
      );
    if ((now?.hash ?? null) === output.after) {
      forget();
      return { message: `${path} is as it was already`, changed: false, output };
    }
    if (now?.hash !== putSha256) throw new Refusal("target-changed", `${path} changed since it was written`);
    provenFolder(dirname(real));
    if (entry.before === null) {
      rmSync(real);
      syncFolder(dirname(real));
    } else writeOver(real, goodCopy(ctx, entry.before.sha256), entry.before.mode);
    forget();
    return { message: `${path} is ${entry.before ? "as it was" : "gone again"}`, changed: true, output };
  },
});

/** @throws Refusal when the copy is gone or not what it was */
function goodCopy(ctx: CommandContext, hash: string): Buffer {
  try {
    const content = readFileSync(copyOf(ctx, hash));
    if (sha256(content) === hash) return content;
  } catch (err) {
    if (codeOf(err) !== "ENOENT") throw err;
  }
  throw new Refusal("no-copy", "the copy of what was replaced is gone or damaged");
}

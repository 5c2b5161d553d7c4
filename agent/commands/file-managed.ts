// Commands file.put and file.restore: one managed configuration file, written whole and in one moment, and put back to the byte. What was replaced is kept
// on the node under the hash of what replaced it: the way back needs neither network nor console, and leads to nothing else.
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { contentError, managedFormat } from "../../protocol/managed-files.ts";
import { sha256 } from "../collectors/cni.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { readText, syncFolder, writeDurably } from "../host/file.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenProgram } from "./hook-program.ts";
import { dropFolder, dropHalf, type Present, placeFor, present, writeOver } from "./managed-place.ts";

/** What has been put, the oldest forgotten first. */
const KEPT_MAX = 200;

const Kept = z.array(
  z.object({
    path: z.string(),
    put: z.string(),
    /** Null: there was no file. */
    before: z
      .object({
        sha256: z.string(),
        mode: z.number(),
        /** Absent in records of older agents. */
        uid: z.number().optional(),
        gid: z.number().optional(),
      })
      .nullable(),
    /** Its folder was made with it. */
    madeFolder: z.boolean().default(false),
    at: z.number(),
  }),
);
type Kept = z.infer<typeof Kept>[number];

const folderOf = (ctx: CommandContext): string => join(ctx.paths.backups, "managed-files");
const copyOf = (ctx: CommandContext, hash: string): string => join(folderOf(ctx), hash);
const isOf = (path: string, put: string) => (kept: Kept) => kept.path === path && kept.put === put;

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

const writeKept = (ctx: CommandContext, kept: readonly Kept[]): void =>
  writeDurably(join(folderOf(ctx), "index.json"), JSON.stringify(kept));

/** Removes copies of `was` that `kept` does not name any more. */
function dropCopies(ctx: CommandContext, was: readonly Kept[], kept: readonly Kept[]): void {
  const names = new Set(kept.map(({ before }) => before?.sha256));
  for (const { before } of was)
    if (before && !names.has(before.sha256)) rmSync(copyOf(ctx, before.sha256), { force: true });
}

/** Stores what stands there, and that it was replaced. @throws Refusal when that cannot be stored: nothing is touched then */
function keep(ctx: CommandContext, before: Present | null, kept: readonly Kept[]): void {
  try {
    if (before) writeDurably(copyOf(ctx, before.hash), before.content);
    writeKept(ctx, kept);
  } catch (err) {
    throw new Refusal("not-kept", `what is there now cannot be kept: ${messageOf(err)}`);
  }
}

/** Goes back to the record as it was. Never throws: a record too many does no harm, for it leads to what is there. */
function forget(ctx: CommandContext, next: readonly Kept[], all: readonly Kept[]): void {
  try {
    writeKept(ctx, all);
    dropCopies(ctx, next, all);
  } catch (err) {
    ctx.log("warn", "record of a managed file", { error: messageOf(err) });
  }
}

export const filePut = defineCommand({
  type: "file.put",
  affects: ["cni", "runtimes", "modules", "sysctls"],
  timeoutMs: 30_000,
  async run({ path, content, sha256: hash, mode }, ctx) {
    const place = placeFor(ctx.config, path);
    const { file, isNew } = place;
    // Where this node places it among files of another format, that one's rules hold as well.
    const error = contentError(path, content) ?? (managedFormat(file) === null ? null : contentError(file, content));
    if (error !== null) throw new Refusal("not-valid", `${path}: the content ${error}`);
    if (sha256(content) !== hash)
      throw new Refusal("not-the-content", "the content is not the one that its hash names");
    if ([path, file].some((one) => managedFormat(one) === "hook")) provenProgram(ctx.config, content);
    const before = isNew ? null : present(file);
    const output = { path: file, before: before?.hash ?? null, after: hash };
    if (before?.hash === hash) return { message: `${path} has this content already`, changed: false, output };
    const all = readKept(ctx);
    const was = before && { sha256: before.hash, mode: before.mode, uid: before.uid, gid: before.gid };
    const entry: Kept = { path, put: hash, before: was, madeFolder: isNew, at: Date.now() };
    const next = [...all.filter((kept) => !isOf(path, hash)(kept)), entry].slice(-KEPT_MAX);
    keep(ctx, before, next);
    try {
      writeOver(place, content, { mode: Number.parseInt(mode, 8), uid: before?.uid, gid: before?.gid });
    } catch (err) {
      if (!(err instanceof Failure && err.changed)) forget(ctx, next, all); // nothing was put: nothing is to be put back
      throw err;
    }
    dropCopies(ctx, all, next);
    return { message: `${path} was ${before ? "replaced" : "written"}`, changed: true, output };
  },
});

export const fileRestore = defineCommand({
  type: "file.restore",
  affects: ["cni", "runtimes", "modules", "sysctls"],
  timeoutMs: 30_000,
  async run({ path, putSha256 }, ctx) {
    const place = placeFor(ctx.config, path);
    const { file, isNew } = place;
    const all = readKept(ctx);
    const entry = all.find(isOf(path, putSha256));
    if (!entry) throw new Refusal("no-copy", `nothing is kept that such a content replaced at ${path}`);
    const { before, madeFolder } = entry;
    dropHalf(file);
    const now = isNew ? null : present(file);
    const output = { path: file, before: now?.hash ?? null, after: before?.sha256 ?? null };
    const isBack = (now?.hash ?? null) === output.after;
    if (!isBack && now?.hash !== putSha256) throw new Refusal("target-changed", `${path} changed since it was written`);
    if (!isBack && before) writeOver(place, goodCopy(ctx, before.sha256), { uid: now?.uid, gid: now?.gid, ...before });
    if (!isBack && !before) {
      rmSync(file);
      syncFolder(dirname(file));
    }
    if (madeFolder) dropFolder(dirname(file));
    const left = all.filter((kept) => kept !== entry);
    writeKept(ctx, left);
    dropCopies(ctx, all, left);
    if (isBack) return { message: `${path} is as it was already`, changed: false, output };
    return { message: `${path} is ${before ? "as it was" : "gone again"}`, changed: true, output };
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

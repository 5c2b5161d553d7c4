// Where a managed file lies on this node, and how it is written there: into a folder that nobody but root can swap for another, whole and in one moment, with
// the mode that was approved whatever the agent's own mask says, and for the owner that it had.
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { sha256 } from "../collectors/cni.ts";
import type { AgentConfig } from "../config.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { readPlain, syncFolder } from "../host/file.ts";
import { isUnder } from "../host/mountinfo.ts";

/** Below it lies only what the node's own configuration places there. */
const OWN = "/etc/nodeops/managed/";
/** A larger file than a command could write may stand there; it is kept all the same. */
const BEFORE_BYTES_MAX = 4 * 1_024 * 1_024;
const NEW_FOLDER_MODE = 0o755;
const STICKY = 0o1000;

/** `isNew`: its folder is not there yet, and may be made. */
export type Place = { file: string; isNew: boolean };
export type Present = { content: Buffer; hash: string; mode: number; uid: number; gid: number };
export type Look = { mode: number; uid?: number | undefined; gid?: number | undefined };

/** Where the file lies on this node by its own configuration; null when that says nothing of a place that only it can name. */
export function placeOf({ managedFiles }: Pick<AgentConfig, "managedFiles">, path: string): string | null {
  const prefix = Object.keys(managedFiles)
    .filter((from) => path === from || path.startsWith(`${from}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix !== undefined) return `${managedFiles[prefix]}${path.slice(prefix.length)}`;
  return path.startsWith(OWN) ? null : path;
}

/** The file itself, behind links of folders. @throws Refusal when it lies nowhere, where others could put something else, or where nothing may be changed */
export function placeFor(config: Pick<AgentConfig, "managedFiles" | "policy">, path: string): Place {
  const named = placeOf(config, path);
  if (named === null) throw new Refusal("not-managed", `this node does not say where ${path} lies`);
  const folder = dirname(named);
  // One folder may be missing: that of a registry's host, which comes with its file.
  const isNew = lstatSync(folder, { throwIfNoEntry: false }) === undefined;
  const proven = provenFolder(isNew ? dirname(folder) : folder);
  const file = join(proven, isNew ? basename(folder) : "", basename(named));
  const { paths } = config.policy;
  // Asked once more: the policy was asked about the path as it is written, which a link may lead out of its folders.
  if (paths && !paths.some((allowed) => isUnder(file, realOr(allowed))))
    throw new Refusal("policy", `${file} is outside the folders that may be changed on this node`);
  return { file, isNew };
}

const realOr = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path; // it is not there: nothing lies below it
  }
};

/** Nobody but the agent's own user (root) may be able to put something else there in between, in it or above it. @throws Refusal */
export function provenFolder(folder: string): string {
  let real: string;
  try {
    real = realpathSync(folder);
  } catch {
    throw new Refusal("no-folder", `${folder} is not there: what reads it is not installed`);
  }
  for (let at = real; ; at = dirname(at)) {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) throw new Refusal("no-folder", `${at} is no folder`);
    const isOurs = stat.uid === 0 || stat.uid === process.getuid?.();
    // In a sticky folder (/tmp) nobody can move what is not theirs.
    const isOpen = (stat.mode & 0o022) !== 0 && (at === real || (stat.mode & STICKY) === 0);
    if (!isOurs || isOpen) throw new Refusal("foreign-folder", `others may write in ${at}`);
    if (at === "/") return real;
  }
}

/** What stands there now; null when there is nothing. @throws Refusal when it is no plain file */
export function present(file: string): Present | null {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return null;
  if (!stat.isFile()) throw new Refusal("not-plain", `${file} is a link, a folder or no file`);
  if (stat.size > BEFORE_BYTES_MAX) throw new Refusal("too-large", `${file} is larger than ${BEFORE_BYTES_MAX} bytes`);
  const content = readPlain(file, { maxBytes: BEFORE_BYTES_MAX });
  return { content, hash: sha256(content), mode: stat.mode & 0o777, uid: stat.uid, gid: stat.gid };
}

/** Takes away what a try that was broken off left beside the file: readers of drop-in folders may take it for one of theirs. Never throws. */
export function dropHalf(file: string): void {
  try {
    rmSync(`${file}.tmp`, { force: true });
  } catch {
    // A folder, or a file system that nobody can write to: then it is not ours.
  }
}

/** Takes a folder that was made for a file away again where nothing lies in it. Never throws. */
export function dropFolder(folder: string): void {
  try {
    rmdirSync(folder);
    syncFolder(dirname(folder));
  } catch {
    // Somebody put something there meanwhile, or took it away.
  }
}

function writeTemporary(temporary: string, content: string | Uint8Array, { mode, uid, gid }: Look): void {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, content);
    const own = fstatSync(fd);
    const owner = { uid: uid ?? own.uid, gid: gid ?? own.gid };
    if (owner.uid !== own.uid || owner.gid !== own.gid) fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, mode); // what `open` is told is cut by the process's mask, 0077 for the agent's service
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes the file over what stands there; a crash leaves the old or the new one.
 * @throws Refusal when the place cannot be written, with nothing touched; Failure when it did not work
 */
export function writeOver({ file, isNew }: Place, content: string | Uint8Array, look: Look): void {
  const before = isNew ? undefined : present(file)?.hash;
  const folder = dirname(file);
  try {
    if (isNew) {
      mkdirSync(folder);
      chmodSync(folder, NEW_FOLDER_MODE);
      syncFolder(dirname(folder));
    }
    dropHalf(file);
    writeTemporary(`${file}.tmp`, content, look);
    renameSync(`${file}.tmp`, file);
    syncFolder(folder);
  } catch (err) {
    dropHalf(file);
    const isChanged = present(file)?.hash !== before;
    if (isNew && !isChanged) dropFolder(folder);
    if (!isChanged && ["EROFS", "EACCES", "EPERM"].includes(codeOf(err) ?? ""))
      throw new Refusal("read-only", `${file} cannot be written from here`);
    throw new Failure("not-written", `${file}: ${messageOf(err)}`, isChanged);
  }
  if (present(file)?.hash !== sha256(content)) throw new Failure("not-written", `${file} is other than written`, true);
}

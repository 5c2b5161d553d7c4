// Command log.trim: cuts the log of one container to its last lines, in place, while the runtime goes on writing at its end. The runtime itself says
// which file that is; no link is followed to it.

import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { isUnder } from "../host/mountinfo.ts";
import type { Watched } from "../runtimes/watch.ts";
import { defineCommand } from "./define.ts";
import { listedContainer, mayTouch, realPath } from "./prove-container.ts";

const CHUNK = 1024 * 1024;

/** Folders in which runtimes keep logs: kubelet's, and below an engine's own root. */
const logFolders = ({ runtime, details }: Pick<Watched, "runtime" | "details">): string[] => [
  "/var/log/pods",
  ...(runtime.spec.kind === "docker" && details?.rootDir ? [`${details.rootDir}/containers`] : []),
];

/**
 * Keeps the last `keep` bytes, from the next line on. Bytes written meanwhile are copied too, until none came; only what is written between the last
 * look and the cut is lost.
 * @returns size before and after
 */
export async function trim(file: FileHandle, keep: number): Promise<{ before: number; after: number }> {
  const before = (await file.stat()).size;
  if (before <= keep) return { before, after: before };
  const buffer = Buffer.alloc(CHUNK);
  let from = before - keep;
  let to = 0;
  let inLine = from > 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, from);
    if (bytesRead === 0) break;
    from += bytesRead;
    let chunk = buffer.subarray(0, bytesRead);
    if (inLine) {
      const end = chunk.indexOf(10);
      if (end < 0) continue;
      chunk = chunk.subarray(end + 1);
      inLine = false;
    }
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, to + done);
      done += bytesWritten;
    }
    to += chunk.length;
  }
  await file.truncate(to);
  return { before, after: to };
}

export const logTrim = defineCommand({
  type: "log.trim",
  affects: ["containerLogs", "filesystems"],
  timeoutMs: 300_000,
  async run({ path, containerId, keepBytes }, ctx) {
    const { watched } = await listedContainer(ctx, containerId);
    const told = await watched.runtime.logPath(containerId);
    if (told === null) throw new Refusal("no-log", "the runtime does not say where the container's log is");
    const real = realPath(path);
    if (realPath(told) !== real) throw new Refusal("not-its-log", `the container's log is ${told}`);
    const folder = logFolders(watched).find((root) => isUnder(path, root) && isUnder(real, realOr(root)));
    if (!folder) throw new Refusal("not-a-log", `${path} does not lie where runtimes keep logs`);
    mayTouch(ctx, real);
    let file: FileHandle;
    try {
      file = await open(real, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (err) {
      throw new Refusal(codeOf(err) === "ENOENT" ? "target-gone" : "not-plain", messageOf(err));
    }
    try {
      const stat = await file.stat();
      // A folder on the way may have become a link between the look and the opening.
      if (!stat.isFile() || (await readlink(`/proc/self/fd/${file.fd}`)) !== real)
        throw new Refusal("not-plain", `${real} is not a plain file there`);
      if (stat.nlink > 1) throw new Refusal("not-plain", `${real} has another name elsewhere`);
      const { before, after } = await trim(file, keepBytes).catch((err: unknown) => {
        throw new Failure("not-trimmed", messageOf(err), true);
      });
      const message =
        after < before
          ? `${real} was cut from ${before} to ${after} bytes`
          : `${real} is no longer than ${keepBytes} bytes`;
      return { message, changed: after < before, output: { before, after } };
    } finally {
      await file.close();
    }
  },
});

function realOr(path: string): string {
  try {
    return realPath(path);
  } catch {
    return path; // not there: nothing lies below it
  }
}

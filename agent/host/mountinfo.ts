// The mount table (/proc/PID/mountinfo, kernel Documentation/filesystems/proc.rst §3.5).
import { readFileSync } from "node:fs";

export type Mount = {
  id: number;
  parent: number;
  /** major:minor */
  device: string;
  /** Folder of the file system that is shown here. */
  root: string;
  mountPoint: string;
  options: string[];
  type: string;
  source: string;
  superOptions: string[];
};

/** Octal escapes of the kernel: space, tab, newline, backslash. */
const unescapePath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Parses the table; lines that are not understood are left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const split = line.indexOf(" - ");
    if (split < 0) continue;
    const [id, parent, device, root, mountPoint, options] = line.slice(0, split).split(" ");
    const [type, source, superOptions] = line.slice(split + 3).split(" ");
    if (!device || !root || !mountPoint || !type) continue;
    mounts.push({
      id: Number(id),
      parent: Number(parent),
      device,
      root: unescapePath(root),
      mountPoint: unescapePath(mountPoint),
      options: (options ?? "").split(","),
      type,
      source: unescapePath(source ?? ""),
      superOptions: (superOptions ?? "").split(","),
    });
  }
  return mounts;
}

/** Mounts as the agent (or process `pid`) sees them. @throws when the process is gone */
export const readMounts = (pid: number | "self" = "self", root = "/proc"): Mount[] =>
  parseMountinfo(readFileSync(`${root}/${pid}/mountinfo`, "utf8"));

/** Does `path` lie at or below `folder`? */
export const isUnder = (path: string, folder: string): boolean =>
  folder === "/" || path === folder || path.startsWith(`${folder}/`);

/** The mount on which `path` lies: the longest mount point above it; of several at one point the last, which hides the others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    if (isUnder(path, mount.mountPoint) && mount.mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount;
  }
  return best;
}

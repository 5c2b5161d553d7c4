// Folders below the kubelet's pod folder that no runtime lists, and what lies in them. Looks only; network file systems below are never entered.
import { type Dirent, readdirSync, statSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { isUnder, type Mount } from "../host/mountinfo.ts";

type Unlisted = FactData["kubelet"]["unlisted"][number];

export const PODS_FOLDER = "/var/lib/kubelet/pods";
const UID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const FOLDERS_MAX = 50;
/** Entries that are looked at in one pod folder. */
const ENTRIES_MAX = 1_000;

/** Uids that have a folder, none where there is no kubelet's folder. */
export function podUids(root = PODS_FOLDER): string[] {
  return entries(root)
    .filter((entry) => entry.isDirectory() && UID.test(entry.name))
    .map((entry) => entry.name);
}

function entries(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return []; // gone meanwhile, or never there
  }
}

/** What lies below a pod's folder; null when it is gone. Stops at mounts: what is mounted belongs to somebody else. */
export function lookInto(podUid: string, mounts: readonly Mount[], root = PODS_FOLDER): Unlisted | null {
  const folder = `${root}/${podUid}`;
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat) return null;
  const mounted = mounts.filter((mount) => isUnder(mount.mountPoint, folder)).map((mount) => mount.mountPoint);
  const found: Unlisted = {
    podUid,
    modifiedAt: Math.floor(stat.mtimeMs),
    mounts: mounted.length,
    files: 0,
    firstFile: null,
    directories: 0,
    volumes: 0,
  };
  const waiting = [folder];
  for (let seen = 0; seen < ENTRIES_MAX; ) {
    const path = waiting.pop();
    if (path === undefined) break;
    if (mounted.includes(path)) continue;
    for (const entry of entries(path)) {
      seen += 1;
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        found.directories += 1;
        if (isVolume(child.slice(folder.length + 1))) found.volumes += 1;
        waiting.push(child);
      } else {
        found.files += 1;
        found.firstFile ??= child.slice(folder.length + 1);
      }
    }
  }
  return found;
}

/** volumes/PLUGIN/NAME and volume-subpaths/NAME. */
const isVolume = (path: string): boolean => /^(volumes\/[^/]+\/[^/]+|volume-subpaths\/[^/]+)$/.test(path);

/** Oldest first, as many as are told. */
export const oldestFirst = (list: readonly Unlisted[]): Unlisted[] =>
  [...list].sort((a, b) => a.modifiedAt - b.modifiedAt || (a.podUid < b.podUid ? -1 : 1)).slice(0, FOLDERS_MAX);

// Images that are read on demand: overlaybd's block devices (TCMU below configfs) and whether every layer of theirs is on this node already.
// Used by the collector "distribution".
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";

type Device = NonNullable<FactData["distribution"]["onDemand"]>["devices"][number];

const TARGETS = "/sys/kernel/config/target/core";
const LIST_MAX = 500;
/** A background copy that takes longer is stalled or throttled, ms. */
const OLD_MS = 600_000;

/** Path of the configuration that a TCMU device names in its `info` ("Config: overlaybd//var/lib/…/config.v1.json"). */
export const configOf = (info: string): string | null => /Config:\s*overlaybd\/(\/\S+)/.exec(info)?.[1] ?? null;

type Lower = { file?: unknown; dir?: unknown; digest?: unknown };

/**
 * Whether reads may still go out: a layer is local when it is given as a file, or when its folder holds the finished copy (overlaybd.commit).
 * @param hasFile asks for a file of the node
 */
export function layersState(config: string, hasFile: (path: string) => boolean): "local" | "remote" | "unknown" {
  try {
    const { lowers } = JSON.parse(config) as { lowers?: Lower[] };
    if (!Array.isArray(lowers) || lowers.length === 0) return "unknown";
    const isLocal = ({ file, dir }: Lower) =>
      (typeof file === "string" && hasFile(file)) ||
      (typeof dir === "string" && hasFile(join(dir, "overlaybd.commit")));
    return lowers.every(isLocal) ? "local" : "remote";
  } catch {
    return "unknown"; // being written
  }
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no such subsystem here
  }
};

/** What the daemon noted when it opened the image: null for success. */
function resultOf(config: string): string | null {
  try {
    const { resultFile } = JSON.parse(config) as { resultFile?: unknown };
    const text = typeof resultFile === "string" ? readText(resultFile) : null;
    return text === null || text === "" || /^success/i.test(text) ? null : text.slice(0, 200);
  } catch {
    return null; // told by the state
  }
}

const firstSeen = new Map<string, number>();
const firstErrors = new Map<string, number>();

/** I/O errors since the first look, summed over the node's TCMU disks; a disk counts a few when it is attached. */
function growthOfErrors(): number {
  let sum = 0;
  for (const disk of namesIn("/sys/block").filter((name) => name.startsWith("sd"))) {
    const at = `/sys/block/${disk}/device`;
    if (!/TCMU/.test(readText(`${at}/model`) ?? "")) continue;
    const count = readNumber(`${at}/ioerr_cnt`) ?? 0;
    const first = firstErrors.get(disk) ?? count;
    firstErrors.set(disk, first);
    sum += Math.max(0, count - first);
  }
  return sum;
}

/** Every device of overlaybd. Empty where there is none. */
export function onDemandDevices(now: number): Device[] {
  const found: Device[] = [];
  const errors = growthOfErrors();
  for (const hba of namesIn(TARGETS).filter((name) => name.startsWith("user_"))) {
    for (const name of namesIn(join(TARGETS, hba))) {
      const path = configOf(readText(join(TARGETS, hba, name, "info")) ?? "");
      if (path === null || found.length >= LIST_MAX) continue;
      const config = readText(path) ?? "";
      const since = firstSeen.get(name) ?? now;
      firstSeen.set(name, since);
      found.push({
        name,
        containerId: null,
        state: layersState(config, existsSync),
        since,
        isOld: now - since >= OLD_MS,
        // The kernel counts by disk, not by image: the sum stands with the first.
        ioErrors: found.length === 0 ? errors : 0,
        error: resultOf(config),
      });
    }
  }
  const names = new Set(found.map((device) => device.name));
  for (const name of firstSeen.keys()) if (!names.has(name)) firstSeen.delete(name);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

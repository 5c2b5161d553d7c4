// Fact "blockDevices": how busy the disks are, and what RAID, NVMe and zram say of themselves.
import { readdirSync, readFileSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import { floorTo, stepUp, twentieth } from "../host/round.ts";
import { defineCollector } from "./define.ts";

type BlockDevices = FactData["blockDevices"];
export type DiskCounters = { ended: number; waitedMs: number; busyMs: number; weightedMs: number };

/** /proc/diskstats by device (kernel Documentation/admin-guide/iostats.rst). */
export function parseDiskstats(text: string): Map<string, DiskCounters> {
  const found = new Map<string, DiskCounters>();
  for (const line of text.split("\n")) {
    const [, , name, ...fields] = line.trim().split(/\s+/);
    if (!name || fields.length < 11) continue;
    const n = fields.map(Number);
    found.set(name, {
      ended: (n[0] ?? 0) + (n[4] ?? 0),
      waitedMs: (n[3] ?? 0) + (n[7] ?? 0),
      busyMs: n[9] ?? 0,
      weightedMs: n[10] ?? 0,
    });
  }
  return found;
}

/** Rates of a disk between two looks. */
export function diskRates(
  before: DiskCounters | undefined,
  now: DiskCounters,
  windowMs: number,
): Pick<BlockDevices["disks"][number], "busyRatio" | "awaitMs" | "queue" | "iops"> {
  if (!before || windowMs <= 0 || now.ended < before.ended)
    return { busyRatio: null, awaitMs: null, queue: null, iops: null };
  const ended = now.ended - before.ended;
  return {
    busyRatio: twentieth((now.busyMs - before.busyMs) / windowMs),
    awaitMs: ended > 0 ? stepUp((now.waitedMs - before.waitedMs) / ended, 20) : null,
    queue: Math.floor(Math.max(0, now.weightedMs - before.weightedMs) / windowMs),
    iops: floorTo(ended / (windowMs / 1_000), 50),
  };
}

/** Arrays of /proc/mdstat (md(4)). */
export function parseMdstat(text: string): BlockDevices["arrays"] {
  const arrays: BlockDevices["arrays"] = [];
  for (const block of text.split(/\n(?=\S)/)) {
    const head = /^(md\S*) : (active|inactive)(?: \([a-z-]+\))? ?(.*)$/m.exec(block);
    // Of IMSM (Intel VROC) and DDF the array holds only the description of others; it never runs.
    if (!head || /\bsuper external:(?:imsm|ddf)\b/.test(block)) continue;
    const [, name = "", state, rest = ""] = head;
    const members = rest.split(" ").filter((word) => word.includes("["));
    const level = /^(raid\d+|linear|multipath|faulty)\b/.exec(rest)?.[1] ?? "none";
    const counts = /\[(\d+)\/(\d+)\]/.exec(block);
    const doing = /(recovery|resync|reshape|check)\s*=\s*(\d+)/.exec(block);
    const present = members.filter((word) => !word.includes("(F)") && !word.includes("(S)")).length;
    arrays.push({
      name,
      level,
      active: state === "active",
      disksWanted: counts ? Number(counts[1]) : present,
      disksPresent: counts ? Number(counts[2]) : present,
      failed: members.filter((word) => word.includes("(F)")).map((word) => word.replace(/\[.*/, "")),
      doing: doing ? `${doing[1]} ${floorTo(Number(doing[2]), 5)}%` : null,
    });
  }
  return arrays;
}

/** /sys/block/zramN/mm_stat: original size, compressed size, memory used … */
export function parseMmStat(text: string): { dataBytes: number; memoryBytes: number } {
  const [data = 0, , memory = 0] = text.trim().split(/\s+/).map(Number);
  return { dataBytes: data, memoryBytes: memory };
}

const DISKS_MAX = 64;
/** Without a medium of their own: loop, RAM, floppy, CD, and the mapper, whose disks are counted themselves. */
const NO_DISK = /^(loop|ram|zram|fd|sr|dm-|md|nbd)/;

const folder = (path: string): string[] => {
  try {
    return readdirSync(path).sort();
  } catch {
    return []; // no such class here
  }
};

let before: { at: number; disks: Map<string, DiskCounters> } | null = null;

export const blockDevices = defineCollector({
  kind: "blockDevices",
  everyMs: 15_000,
  timeoutMs: 5_000,
  read: () => {
    const at = Date.now();
    const now = parseDiskstats(readFileSync("/proc/diskstats", "utf8"));
    const names = folder("/sys/block");
    const disks = names.filter((name) => !NO_DISK.test(name)).slice(0, DISKS_MAX);
    const windowMs = before ? at - before.at : 0;
    const earlier = before?.disks;
    before = { at, disks: now };
    const mib = (bytes: number) => floorTo(bytes, 16 * 1_048_576);
    return {
      disks: disks.flatMap((name) => {
        const sizeBytes = (readNumber(`/sys/block/${name}/size`) ?? 0) * 512;
        const counters = now.get(name);
        if (sizeBytes === 0 || !counters) return [];
        const readOnly = readNumber(`/sys/block/${name}/ro`) === 1;
        return [{ name, sizeBytes, readOnly, ...diskRates(earlier?.get(name), counters, windowMs) }];
      }),
      arrays: parseMdstat(readText("/proc/mdstat") ?? ""),
      nvme: folder("/sys/class/nvme").map((name) => ({
        name,
        state: readText(`/sys/class/nvme/${name}/state`) ?? "unknown",
        model: readText(`/sys/class/nvme/${name}/model`),
      })),
      zram: names
        .filter((name) => name.startsWith("zram"))
        .flatMap((name) => {
          const sizeBytes = readNumber(`/sys/block/${name}/disksize`) ?? 0;
          const { dataBytes, memoryBytes } = parseMmStat(readText(`/sys/block/${name}/mm_stat`) ?? "");
          return sizeBytes > 0 ? [{ name, sizeBytes, dataBytes: mib(dataBytes), memoryBytes: mib(memoryBytes) }] : [];
        }),
    };
  },
});

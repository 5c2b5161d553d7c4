// Fact "containerLogs": the log file of each container, its size, how fast it grows, and the file system it fills.
import { readdir, stat, statfs } from "node:fs/promises";
import type { ContainerFact, FactData } from "../../protocol/facts.ts";
import { type Mount, mountOf, readMounts } from "../host/mountinfo.ts";
import { mayHang } from "../host/probe-path.ts";
import { floorTo, significant } from "../host/round.ts";
import type { Watched } from "../runtimes/watch.ts";
import { defineCollector } from "./define.ts";

type Log = FactData["containerLogs"][number];

const LOGS_MAX = 1_000;
const POD_LOGS = "/var/log/pods";

const MIB = 1_048_576;

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/**
 * The present log among the files of a folder, and how many older pieces of it lie beside it.
 * Kubelet: "3.log", "3.log.20260101-100000", "3.log.20260101-100000.gz"; Docker: "ID-json.log", "ID-json.log.1".
 */
export function presentLog(
  names: readonly string[],
  isLog: (name: string) => boolean,
): { name: string; rotated: number } | null {
  const logs = names.filter(isLog);
  const number = (name: string) => Number(/^(\d+)\.log$/.exec(name)?.[1] ?? -1);
  logs.sort((a, b) => number(b) - number(a) || (a < b ? 1 : -1));
  const [name] = logs;
  if (name === undefined) return null;
  return { name, rotated: names.filter((n) => n !== name && n.startsWith(`${name}.`)).length };
}

/** Where a runtime of this kind writes a container's log; null where it writes none into a file. */
export function logFolder(
  container: Pick<ContainerFact, "id" | "name" | "podName" | "podNamespace" | "podUid">,
  kind: "cri" | "docker",
  rootDir: string | null,
): { folders: string[]; isLog: (name: string) => boolean } | null {
  const { id, name, podName, podNamespace, podUid } = container;
  if (kind === "cri") {
    if (!podName || !podUid) return null;
    const pod = `${POD_LOGS}/${podNamespace ?? ""}_${podName}_${podUid}`;
    return { folders: [`${pod}/${name}`, pod], isLog: (file) => /^\d+\.log$/.test(file) || file === `${name}.log` };
  }
  if (rootDir === null) return null;
  return {
    // Docker, PouchContainer, Podman
    folders: [`${rootDir}/containers/${id}`, `${rootDir}/overlay-containers/${id}/userdata`],
    isLog: (file) => file === `${id}-json.log` || file === "json.log" || file === "ctr.log",
  };
}

const before = new Map<string, { at: number; size: number; ino: number }>();

async function look(
  container: ContainerFact,
  watched: Watched,
  mounts: readonly Mount[],
  sizes: Map<string, number>,
): Promise<Log | null> {
  const where = logFolder(container, watched.runtime.spec.kind, watched.details?.rootDir ?? null);
  for (const folder of where?.folders ?? []) {
    const mount = mountOf(folder, mounts);
    if (!where || !mount || mayHang(mount.type)) continue;
    const present = presentLog(await namesIn(folder), where.isLog);
    if (!present) continue;
    const path = `${folder}/${present.name}`;
    try {
      const { size, ino } = await stat(path);
      const at = performance.now();
      const known = before.get(container.id);
      const minutes = known ? (at - known.at) / 60_000 : 0;
      before.set(container.id, { at, size, ino });
      const isSame = known?.ino === ino && size >= known.size && minutes > 0.1;
      const space = sizes.get(mount.mountPoint) ?? (await totalOf(mount.mountPoint));
      sizes.set(mount.mountPoint, space);
      return {
        containerId: container.id,
        runtime: watched.runtime.spec.id,
        path,
        sizeBytes: size < 64 * MIB ? floorTo(size, MIB) : significant(size),
        growthBytesPerMinute: isSame && known ? perMinute((size - known.size) / minutes) : null,
        rotatedCount: present.rotated,
        filesystemBytes: space > 0 ? space : null,
        mountPoint: mount.mountPoint,
      };
    } catch {
      // rotated or removed just now: the next look sees the new one
    }
  }
  return null;
}

/** Less than 1 MiB a minute is no news. */
const perMinute = (bytes: number): number => (bytes < MIB ? 0 : significant(bytes, 1));

async function totalOf(mountPoint: string): Promise<number> {
  try {
    const { bsize, blocks } = await statfs(mountPoint);
    return bsize * blocks;
  } catch {
    return 0;
  }
}

export const containerLogs = defineCollector({
  kind: "containerLogs",
  everyMs: 20_000,
  timeoutMs: 10_000,
  read: async ({ runtimes }) => {
    const mounts = readMounts();
    const sizes = new Map<string, number>();
    const logs = new Map<string, Log>();
    for (const watched of runtimes.all()) {
      for (const container of watched.inventory?.containers ?? []) {
        if (container.state !== "running" || logs.has(container.id) || logs.size >= LOGS_MAX) continue;
        const log = await look(container, watched, mounts, sizes);
        if (log) logs.set(container.id, log);
      }
    }
    for (const id of before.keys()) if (!logs.has(id)) before.delete(id);
    return [...logs.values()].sort((a, b) => (a.containerId < b.containerId ? -1 : 1));
  },
});

// Fact "mountHealth": file systems that hang or are frozen, servers that do not answer, FUSE connections that pile up, and how fast disks fill.
import { readdirSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { messageOf } from "../host/errors.ts";
import { readNumber } from "../host/file.ts";
import { backupAtWork } from "../host/freezers.ts";
import { type Mount, mountOf, readMounts } from "../host/mountinfo.ts";
import { spaceOf } from "../host/probe-path.ts";
import { probeWrite } from "../host/write-probe.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import { Growth } from "./growth.ts";

type MountHealth = FactData["mountHealth"];
type NetworkMount = MountHealth["network"][number];

const LIST_MAX = 50;
/** Where runtimes and kubelet keep their data unless told otherwise: asked also while a runtime does not say where it is. */
const DATA_FOLDERS = [
  "/",
  "/var/lib/containerd",
  "/var/lib/docker",
  "/var/lib/containers",
  "/var/lib/pouch",
  "/var/lib/kubelet",
];
/** File systems on a device of this machine, which fsfreeze(8) can freeze. */
const FREEZABLE = /^(ext[234]|xfs|btrfs|f2fs|jfs|reiserfs|nilfs2|gfs2|ocfs2)$/;

/** Local file systems below the data folders and the runtimes' roots, each device once. */
export function freezable(mounts: readonly Mount[], roots: readonly { id: string; dir: string }[]) {
  const found = new Map<string, { mount: Mount; holds: string[] }>();
  const add = (path: string, id: string | null) => {
    const mount = mountOf(path, mounts);
    if (!mount || !FREEZABLE.test(mount.type)) return;
    const known = found.get(mount.device) ?? { mount, holds: [] };
    if (id && !known.holds.includes(id)) known.holds.push(id);
    found.set(mount.device, known);
  };
  for (const path of DATA_FOLDERS) add(path, null);
  for (const { id, dir } of roots) add(dir, id);
  return [...found.values()];
}

/** File systems of servers: type and the server in their source ("nas:/export", "//nas/share", "10.0.0.1,10.0.0.2:/"). */
const NETWORK = /^(nfs4?|cifs|smb3|ceph|9p|glusterfs|lustre|afs|gpfs|fuse\.(sshfs|glusterfs|ceph|s3fs|ossfs))$/;

export function serverOf(source: string): string {
  const unc = /^\/\/([^/]+)/.exec(source);
  if (unc?.[1]) return unc[1];
  const split = source.indexOf(":/");
  return split > 0 ? source.slice(0, split) : source;
}

/** Network mounts, each file system once. */
export function networkMounts(mounts: readonly Mount[]): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts)
    if (NETWORK.test(mount.type) && !byDevice.has(mount.device)) byDevice.set(mount.device, mount);
  return [...byDevice.values()].slice(0, LIST_MAX);
}

/** FUSE connections carry the minor number of the mount's device. */
export function fuseMounts(mounts: readonly Mount[]): Map<string, Mount> {
  const found = new Map<string, Mount>();
  for (const mount of mounts)
    if (/^fuse(blk)?(\.|$)/.test(mount.type)) found.set(mount.device.split(":")[1] ?? "", mount);
  return found;
}

const FUSE_FOLDER = "/sys/fs/fuse/connections";
/** A few requests are always under way. */
const FUSE_QUIET = 4;

function fuseConnections(mounts: readonly Mount[]): MountHealth["fuse"] {
  let names: string[];
  try {
    names = readdirSync(FUSE_FOLDER);
  } catch {
    return []; // fusectl is not mounted
  }
  const byMinor = fuseMounts(mounts);
  return names.slice(0, LIST_MAX).flatMap((connection) => {
    const waiting = readNumber(`${FUSE_FOLDER}/${connection}/waiting`);
    if (waiting === null) return [];
    const mount = byMinor.get(connection);
    return [
      {
        connection,
        mountPoint: mount?.mountPoint ?? null,
        type: mount?.type ?? null,
        waiting: waiting < FUSE_QUIET ? 0 : waiting,
        maxBackground: readNumber(`${FUSE_FOLDER}/${connection}/max_background`) ?? 0,
        congestionThreshold: readNumber(`${FUSE_FOLDER}/${connection}/congestion_threshold`) ?? 0,
      },
    ];
  });
}

/** Servers are asked this often, ms; each with a child process that can be killed. */
const NETWORK_EVERY_MS = 30_000;
const NETWORK_WAIT_MS = 4_000;
let network: { at: number; mounts: NetworkMount[] } = { at: 0, mounts: [] };

async function askServers(mounts: readonly Mount[], now: number): Promise<NetworkMount[]> {
  const wanted = networkMounts(mounts);
  if (now - network.at < NETWORK_EVERY_MS && network.mounts.length === wanted.length) return network.mounts;
  const sinceOf = (mountPoint: string) => network.mounts.find((m) => m.mountPoint === mountPoint)?.since ?? now;
  const servers = Map.groupBy(wanted, (mount) => serverOf(mount.source));
  const answers = await Promise.all([...servers].map(([server, list]) => askServer(server, list, sinceOf)));
  network = { at: now, mounts: answers.flat().sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1)) };
  return network.mounts;
}

/** A server that does not answer for one of its mounts is not asked for the others: each question leaves a waiting child. */
async function askServer(server: string, list: Mount[], sinceOf: (at: string) => number): Promise<NetworkMount[]> {
  const found: NetworkMount[] = [];
  let silent: string | null = null;
  for (const mount of list) {
    const base = { mountPoint: mount.mountPoint, type: mount.type, server };
    const error: string | null =
      silent ??
      (await spaceOf(mount.mountPoint, mount.type, NETWORK_WAIT_MS).then(
        () => null,
        (err) => messageOf(err),
      ));
    if (error === null) found.push({ ...base, state: "ok", error: null, since: null });
    else if (error.startsWith("no answer")) {
      silent = error;
      found.push({ ...base, state: "silent", error, since: sinceOf(mount.mountPoint) });
    } else found.push({ ...base, state: "failed", error, since: sinceOf(mount.mountPoint) });
  }
  return found;
}

const growth = new Growth();

async function writable(ctx: CollectorContext, mounts: readonly Mount[]): Promise<MountHealth["writable"]> {
  const roots = ctx.runtimes.all().flatMap((w) => {
    const dir = w.details?.rootDir;
    return typeof dir === "string" ? [{ id: w.runtime.spec.id, dir }] : [];
  });
  return Promise.all(
    freezable(mounts, roots).map(async ({ mount, holds }) => ({
      mountPoint: mount.mountPoint,
      device: mount.source,
      type: mount.type,
      holds,
      ...(await probeWrite(mount.mountPoint)),
    })),
  );
}

export const mountHealth = defineCollector({
  kind: "mountHealth",
  everyMs: 10_000,
  timeoutMs: 30_000,
  read: async (ctx) => {
    const mounts = readMounts();
    const now = Date.now();
    const [answers, servers] = await Promise.all([writable(ctx, mounts), askServers(mounts, now)]);
    return {
      writable: answers,
      thawAfterMs: ctx.config.thaw.fileSystemAfterMs,
      backup: answers.some((fs) => fs.state === "frozen") ? backupAtWork(ctx.table.read(5_000).all) : null,
      network: servers,
      fuse: fuseConnections(mounts),
      growth: growth.look(ctx.latest("filesystems") ?? [], now),
    };
  },
});

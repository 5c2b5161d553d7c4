// Network namespaces: which running container or pod has which, which are pinned by a file, and what devices lie in them. Used by the collectors
// "netstack", "podNetwork" and "cards". What lies in a namespace is asked of ip(8) there, once for each set of device names.
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { readText } from "../host/file.ts";
import { linkOf, statOf } from "../host/proc.ts";
import { run } from "../host/run.ts";
import type { CollectorContext } from "./define.ts";

/** A running container's (or its sandbox's) own network namespace; one entry per namespace. */
export type PodSpace = {
  containerId: string;
  podId: string | null;
  podName: string | null;
  pid: number;
  inode: string;
};

/** A device in some namespace, as `ip -j -d address show` tells of it. */
export type SpaceDevice = {
  name: string;
  index: number;
  kind: string;
  mac: string | null;
  up: boolean;
  /** Index of the other end (veth) or the device below (vlan, macvlan), in whichever namespace that is. */
  peerIndex: number | null;
  addresses: string[];
};

const inodeIn = (link: string | null): string | null => /^net:\[(\d+)\]$/.exec(link ?? "")?.[1] ?? null;

/** Inode of a process's network namespace; null when it is gone. */
export const netInodeOf = (pid: number | "self"): string | null =>
  pid === "self" ? inodeIn(readlinkSync("/proc/self/ns/net")) : inodeIn(linkOf(pid, "ns/net"));

/** Namespaces of running containers apart from the node's own, by what the runtimes and the cgroups last said. */
export function podSpaces(ctx: Pick<CollectorContext, "latest">): PodSpace[] {
  const own = netInodeOf("self");
  const containers = ctx.latest("containers") ?? [];
  const pods = new Map((ctx.latest("pods") ?? []).map((pod) => [pod.id, pod]));
  const found = new Map<string, PodSpace>();
  const add = (containerId: string, podId: string | null, podName: string | null, pid: number | null): void => {
    if (pid === null || pid <= 0) return;
    const inode = netInodeOf(pid);
    if (inode === null || inode === own || found.has(inode)) return;
    found.set(inode, { containerId, podId, podName, pid, inode });
  };
  // A sandbox's own process (pause) stays as long as the pod: it stands for the pod.
  for (const { containerId, processes } of ctx.latest("cgroups")?.containers ?? []) {
    const pod = pods.get(containerId);
    if (pod) add(containerId, pod.id, pod.name, processes.find((p) => p.state !== "Z")?.pid ?? null);
  }
  for (const container of containers)
    if (container.state === "running")
      add(container.id, container.podId, container.podName ?? container.name, container.pid);
  return [...found.values()];
}

/** Two collectors that ask within so long share one look, ms. What is settled enough to be told of is far older. */
export const LIVED_IN_MS = 5_000;

let lived: { at: number; inodes: ReadonlySet<string> } | null = null;

/**
 * Network namespaces that any process of this machine lives in, nested nodes' too; a process may change its namespace, so each is read again.
 * @param maxAgeMs how old an earlier answer may be
 */
export function livedIn(maxAgeMs = 0): ReadonlySet<string> {
  const now = performance.now();
  if (!lived || now - lived.at > maxAgeMs) lived = { at: now, inodes: lookAll() };
  return lived.inodes;
}

function lookAll(): Set<string> {
  const inodes = new Set<string>();
  for (const entry of readdirSync("/proc")) {
    const inode = /^\d+$/.test(entry) ? netInodeOf(Number(entry)) : null;
    if (inode !== null) inodes.add(inode);
  }
  return inodes;
}

export type PinnedSpace = { name: string; folder: string; path: string; inode: string | null; createdAt: number };

/** Namespaces pinned below a folder. `inode` is null for a file that pins nothing any more (its mount is gone). */
export function pinnedIn(folder: string): PinnedSpace[] {
  let device: number;
  try {
    device = statSync("/proc/self/ns/net").dev;
  } catch {
    return []; // no /proc
  }
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return []; // nobody pins namespaces here
  }
  return names.slice(0, 2_000).flatMap((name) => {
    const path = `${folder}/${name}`;
    try {
      const stat = statSync(path);
      const isPinned = stat.dev === device;
      // The namespace file system keeps no times of its own: the folder's age bounds it from above.
      return [{ name, folder, path, inode: isPinned ? String(stat.ino) : null, createdAt: Math.floor(stat.ctimeMs) }];
    } catch {
      return []; // removed meanwhile
    }
  });
}

type IpDevice = {
  ifname?: string;
  ifindex?: number;
  link_index?: number;
  address?: string;
  link_type?: string;
  flags?: string[];
  linkinfo?: { info_kind?: string };
  addr_info?: { local?: string; prefixlen?: number }[];
};

/** Parses `ip -j -d address show`. @throws on other output */
export function parseDevices(text: string): SpaceDevice[] {
  return (JSON.parse(text) as IpDevice[])
    .filter((link) => link.ifname !== undefined)
    .map((link) => ({
      name: link.ifname ?? "",
      index: link.ifindex ?? 0,
      kind: link.linkinfo?.info_kind ?? link.link_type ?? "unknown",
      mac: link.link_type === "ether" ? (link.address ?? null) : null,
      up: link.flags?.includes("UP") ?? false,
      peerIndex: link.link_index ?? null,
      addresses: (link.addr_info ?? []).map((a) => `${a.local}/${a.prefixlen}`),
    }));
}

type Known = { names: string; devices: SpaceDevice[]; at: number };
/** A namespace without a process does not say when its devices change: it is asked again after this, ms. */
const DEAD_LOOK_MS = 30_000;
const known = new Map<string, Known>();
/** Looks into namespaces in one run of a collector: each starts a process. */
const LOOKS_MAX = 20;

/** Asks for devices; the answer is kept per namespace while the names of its devices stay the same. Null: not looked at (yet). */
export class SpaceLooker {
  #left = LOOKS_MAX;

  async devices(path: string, inode: string, names: string | null): Promise<SpaceDevice[] | null> {
    const last = known.get(inode);
    if (last && (names === null ? Date.now() - last.at < DEAD_LOOK_MS : last.names === names)) return last.devices;
    if (this.#left <= 0) return last?.devices ?? null;
    this.#left -= 1;
    const { code, stdout } = await run(["nsenter", `--net=${path}`, "ip", "-j", "-d", "address", "show"], {
      timeoutMs: 3_000,
      maxBytes: 4 * 1024 * 1024,
    });
    if (code !== 0) return last?.devices ?? null;
    try {
      const devices = parseDevices(stdout);
      if (known.size > 2_000) known.clear();
      known.set(inode, { names: names ?? "", devices, at: Date.now() });
      return devices;
    } catch {
      return null; // an ip(8) without JSON
    }
  }

  /** Devices of a running container's namespace. The kernel gives a number that is free again to the next namespace: the process says whose it is. */
  ofPod(space: PodSpace): Promise<SpaceDevice[] | null> {
    const names = deviceNames(space.pid);
    const life = `${space.pid}/${statOf(space.pid)?.startTicks}`;
    return this.devices(`/proc/${space.pid}/ns/net`, space.inode, names === null ? null : `${life} ${names}`);
  }
}

/** Names of the devices that a process sees, as one text; null when it is gone. */
function deviceNames(pid: number): string | null {
  const text = readText(`/proc/${pid}/net/dev`);
  if (text === null) return null;
  return text
    .split("\n")
    .flatMap((line) => (line.includes(":") ? [line.slice(0, line.indexOf(":")).trim()] : []))
    .join(" ");
}

// Addresses that the CNI's host-local plugin has given out, and who has which network by the CNI's own record. Used by the collector "podNetwork".
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { FactData } from "../../protocol/facts.ts";
import { readPlain, readText } from "../host/file.ts";

type PodNetwork = FactData["podNetwork"];

/** Where host-local keeps its leases unless its configuration says otherwise, and where libcni keeps what plugins answered. */
export const LEASE_FOLDER = "/var/lib/cni/networks";
const RESULT_FOLDERS = ["/var/lib/cni/results", "/var/lib/cni/cache/results"];
/** A lease younger than this may belong to a pod that is being set up, ms. */
export const SETTLED_MS = 60_000;
const LIST_MAX = 500;

export type Lease = { network: string; address: string; containerId: string; at: number };

/** A lease file's content: container id, and on a second line the interface. Null when it is something else. */
export function parseLease(network: string, name: string, text: string, at: number): Lease | null {
  const containerId = text.split(/\r?\n/)[0]?.trim() ?? "";
  const isAddress = /^(\d{1,3}\.){3}\d{1,3}$|^[0-9a-f:]+:[0-9a-f:]*$/i.test(name);
  // A file per IPv6 address has "_" in place of ":" on some builds.
  const address = isAddress ? name : name.replaceAll("_", ":");
  if (!/^[0-9a-f:.]+$/i.test(address) || !/^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/.test(containerId)) return null;
  return { network, address, containerId, at };
}

const kept = new Map<string, { at: number; lease: Lease | null }>();

/**
 * Every lease below the usual folder, and those of networks that keep theirs elsewhere (`ipam.dataDir`). Files are read once: a lease is written and
 * removed, never changed.
 */
export function readLeases(elsewhere: readonly { network: string; dataDir: string }[] = []): Lease[] {
  const found: Lease[] = [];
  const seen = new Set<string>();
  const usual = namesIn(LEASE_FOLDER).filter((name) => !elsewhere.some(({ network }) => network === name));
  const places = [
    ...usual.map((network) => ({ network, folder: LEASE_FOLDER })),
    ...elsewhere.map(({ network, dataDir }) => ({ network, folder: dataDir })),
  ];
  for (const { network, folder } of places) {
    for (const name of namesIn(join(folder, network))) {
      if (/^(lock$|last_reserved_ip)/.test(name)) continue;
      const path = join(folder, network, name);
      try {
        const at = Math.floor(statSync(path).mtimeMs);
        const known = kept.get(path);
        const lease =
          known?.at === at
            ? known.lease
            : parseLease(network, name, readPlain(path, { maxBytes: 512 }).toString("utf8"), at);
        kept.set(path, { at, lease });
        seen.add(path);
        if (lease) found.push(lease);
      } catch {
        // removed meanwhile, or no plain file
      }
    }
  }
  for (const path of kept.keys()) if (!seen.has(path)) kept.delete(path);
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // not in use here
  }
}

/** What libcni noted of a container's network. */
export type CniRecord = {
  containerId: string;
  network: string;
  netns: string | null;
  hostDevice: string | null;
  address: string | null;
};

type Result = { interfaces?: { name?: string; sandbox?: string }[]; ips?: { address?: string }[] };

/** Reads a cached result of libcni (cniCacheV1). Null when it is something else. */
export function parseCniRecord(text: string): CniRecord | null {
  let cache: { containerId?: unknown; networkName?: unknown; netns?: unknown; result?: Result };
  try {
    cache = JSON.parse(text);
  } catch {
    return null; // being written, or damaged
  }
  if (typeof cache?.containerId !== "string") return null;
  const interfaces = Array.isArray(cache.result?.interfaces) ? cache.result.interfaces : [];
  const inside = interfaces.find((i) => i.sandbox)?.sandbox;
  const outside = interfaces.filter((i) => !i.sandbox).map((i) => i.name);
  return {
    containerId: cache.containerId,
    network: typeof cache.networkName === "string" ? cache.networkName : "",
    netns: typeof cache.netns === "string" ? cache.netns : (inside ?? null),
    // Of a bridge and a veth the veth is the last one named.
    hostDevice: outside.at(-1) ?? null,
    address: cache.result?.ips?.[0]?.address?.split("/")[0] ?? null,
  };
}

const records = new Map<string, { at: number; record: CniRecord | null }>();

/** Every record of libcni on this node. */
export function readCniRecords(): CniRecord[] {
  const seen = new Set<string>();
  for (const folder of RESULT_FOLDERS) {
    for (const name of namesIn(folder).slice(0, 2_000)) {
      const path = join(folder, name);
      try {
        const at = Math.floor(statSync(path).mtimeMs);
        seen.add(path);
        if (records.get(path)?.at !== at)
          records.set(path, { at, record: parseCniRecord(readPlain(path, { maxBytes: 256 * 1024 }).toString("utf8")) });
      } catch {
        seen.delete(path); // removed meanwhile
      }
    }
  }
  for (const path of records.keys()) if (!seen.has(path)) records.delete(path);
  return [...records.values()].flatMap(({ record }) => (record ? [record] : []));
}

/** Somebody other than the listed runtimes runs it: a task of another containerd namespace (nerdctl), or a Podman container. */
export function runsElsewhere(containerId: string): boolean {
  const id = containerId.replace(/^[a-z0-9.]+-(?=[0-9a-f]{64}$)/, "");
  const tasks = "/run/containerd/io.containerd.runtime.v2.task";
  return (
    namesIn(tasks).some((namespace) => existsSync(join(tasks, namespace, id))) ||
    existsSync(`/run/containers/storage/overlay-containers/${id}/userdata/pidfile`)
  );
}

const ipv4Number = (text: string): number | null => {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
};

type Range = { subnet?: unknown; rangeStart?: unknown; rangeEnd?: unknown };

/** Addresses that one range of host-local can give out: without network, broadcast and gateway. 0 for IPv6 and what cannot be read. */
export function rangeSize({ subnet, rangeStart, rangeEnd }: Range): number {
  const [base, bits] = typeof subnet === "string" ? subnet.split("/") : [];
  const network = ipv4Number(base ?? "");
  const length = Number(bits);
  if (network === null || !Number.isInteger(length) || length < 0 || length > 32) return 0;
  const size = 2 ** (32 - length);
  const first = typeof rangeStart === "string" ? ipv4Number(rangeStart) : network + 1;
  const last = typeof rangeEnd === "string" ? ipv4Number(rangeEnd) : network + size - 2;
  if (first === null || last === null || last < first) return 0;
  const hasGateway = typeof rangeStart !== "string";
  return last - first + 1 - (hasGateway ? 1 : 0);
}

type Ranges = { network: string; total: number; subnets: string[]; dataDir: string | null };

/** What one CNI file says of host-local: how many addresses it can give out, from which subnets, and where it keeps its leases. */
export function hostLocalRanges(text: string): Ranges | null {
  try {
    const conf = JSON.parse(text) as { name?: unknown; plugins?: unknown[] };
    if (typeof conf.name !== "string") return null;
    const ipams = [conf, ...(Array.isArray(conf.plugins) ? conf.plugins : [])].map(
      (plugin) =>
        (plugin as { ipam?: { type?: unknown; subnet?: unknown; ranges?: unknown; dataDir?: unknown } } | null)?.ipam,
    );
    const ipam = ipams.find((i) => i?.type === "host-local");
    if (!ipam) return null;
    const ranges: Range[] = [ipam, ...(Array.isArray(ipam.ranges) ? ipam.ranges.flat() : [])].filter(
      (r): r is Range => typeof r === "object" && r !== null && "subnet" in r,
    );
    return {
      network: conf.name,
      total: ranges.reduce((sum, range) => sum + rangeSize(range), 0),
      dataDir: typeof ipam.dataDir === "string" && ipam.dataDir.startsWith("/") ? ipam.dataDir : null,
      subnets: ranges.flatMap(({ subnet }) => (typeof subnet === "string" ? [subnet] : [])),
    };
  } catch {
    return null; // the fact "cni" tells that it is broken
  }
}

/** Ranges and leases as the fact has them. `listed` is null while a runtime cannot be asked; `isUsed` says that somebody lives there all the same. */
export function leaseFacts(
  leases: readonly Lease[],
  totals: ReadonlyMap<string, number>,
  listed: ReadonlySet<string> | null,
  isUsed: (lease: Lease) => boolean,
  now: number,
): Pick<PodNetwork, "ranges" | "unlisted" | "unlistedKnown"> {
  const unlisted = listed === null ? [] : leases.filter((lease) => !listed.has(lease.containerId) && !isUsed(lease));
  const networks = [...new Set([...totals.keys(), ...leases.map((lease) => lease.network)])].sort();
  return {
    ranges: networks.slice(0, 100).map((network) => ({
      network,
      total: totals.get(network) ?? 0,
      used: leases.filter((lease) => lease.network === network).length,
      unlisted: unlisted.filter((lease) => lease.network === network).length,
    })),
    unlistedKnown: listed !== null,
    unlisted: unlisted.slice(0, LIST_MAX).map(({ network, address, containerId, at }) => ({
      network,
      address,
      containerId,
      isSettled: now - at >= SETTLED_MS,
    })),
  };
}

/** Name of a pinned namespace's file in a record of libcni. */
export const nameOfNetns = (path: string | null): string | null => (path === null ? null : basename(path));

/** Texts of the CNI files of a folder. */
export function cniTexts(folder: string): { file: string; text: string }[] {
  return namesIn(folder)
    .filter((name) => /\.(conf|conflist|json)$/.test(name))
    .map((name) => ({ file: join(folder, name), text: readText(join(folder, name)) ?? "" }));
}

// Names, addresses and folders of a lab: pure functions of the data folder and a node's number. Everything else in lab/ asks here.
import { createHash } from "node:crypto";
import { join } from "node:path";

/** What a lab is called on the machine: all derived from its data folder, so that two clones never share a name. */
export interface LabIdentity {
  /** 6 hex digits */
  id: string;
  bridge: string;
  /** Folder under every cgroup hierarchy of the machine; whatever runs below it belongs to this lab. */
  cgroup: string;
  /** First three octets of the lab's /24. */
  subnet: string;
}

/** Where and what a lab node is supposed to be. */
export interface NodePlan {
  name: string;
  index: number;
  zone: string;
  rack: string;
  pool: string;
  ip: string;
  labels: Record<string, string>;
  machineId: string;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Identity number `attempt` of the lab in `dataDir`; the caller takes the first whose bridge and subnet are free. */
export function labIdentity(dataDir: string, attempt = 0): LabIdentity {
  const digest = hash(`${dataDir}#${attempt}`);
  const id = digest.slice(0, 6);
  const octet = (at: number, from: number, count: number): number =>
    from + (Number.parseInt(digest.slice(at, at + 4), 16) % count);
  return {
    id,
    bridge: `nodeops-${id}`,
    cgroup: `nodeops-lab-${id}`,
    subnet: `10.${octet(8, 128, 100)}.${octet(12, 0, 255)}`,
  };
}

/** The plan of node number `index` (1-based): three zones in turn, two pools in turn, two racks a zone. */
export function planNode(lab: LabIdentity, index: number): NodePlan {
  const zone = `zone-${"abc"[(index - 1) % 3]}`;
  const rack = `${zone.slice(-1)}${1 + (Math.floor((index - 1) / 3) % 2)}`;
  const pool = index % 2 === 1 ? "web" : "batch";
  const name = `lab-${index}`;
  return {
    name,
    index,
    zone,
    rack,
    pool,
    ip: `${lab.subnet}.${9 + index}`,
    labels: { zone, pool, rack, lab: lab.id },
    machineId: hash(`${lab.id}/${name}`).slice(0, 32),
  };
}

/** Names of the machine's side of a node's NICs; at most 15 characters, the kernel's limit. */
export function hostNic(lab: LabIdentity, index: number, role: "primary" | "eni" | "late"): string {
  return `nl${lab.id}-${index}${role[0]}`;
}

/** The lab's and a node's folders below the data folder. */
export const labDir = (dataDir: string): string => join(dataDir, "lab");
export const nodeDir = (dataDir: string, name: string): string => join(labDir(dataDir), name);

/** The address at which a node reaches the machine. */
export const hostAddress = (lab: LabIdentity): string => `${lab.subnet}.1`;

/** Does the network `a.b.c.0/24` overlap a route or address such as `10.0.0.0/8` or `10.1.2.3`? */
export function overlaps(subnet: string, other: string): boolean {
  const [address = "", bits = "32"] = other.split("/");
  if (!/^\d+(\.\d+){3}$/.test(address)) return false;
  const size = Math.min(Number(bits), 24);
  if (size === 0) return false;
  const number = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const block = 2 ** (32 - size);
  return Math.floor(number(`${subnet}.0`) / block) === Math.floor(number(address) / block);
}

/**
 * A node cannot reach the machine's loopback: the same URL with the lab's bridge address instead. The machine's own name counts
 * as loopback too, since /etc/hosts often says so. Other hosts stay.
 */
export function reachableUrl(url: string, lab: LabIdentity, machineName: string): string {
  const parsed = new URL(url);
  const own = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]", machineName.toLowerCase()];
  if (own.includes(parsed.hostname)) parsed.hostname = hostAddress(lab);
  return parsed.href.replace(/\/$/, "");
}

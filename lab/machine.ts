// The machine's side of a lab: cgroup folders, the bridge, NIC pairs, the storage image, and proof of what belongs to the lab.
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, tryRun, until } from "./exec.ts";
import { hostAddress, hostNic, type LabIdentity, labIdentity, type NodePlan, overlaps } from "./layout.ts";

/** A cgroup hierarchy of the machine. */
export interface Hierarchy {
  path: string;
  folder: string;
  options: string;
}

const cgroupRoot = "/sys/fs/cgroup";

/** The machine's cgroup v1 hierarchies from the text of /proc/self/mountinfo; empty where the machine has cgroup v2 only. */
export function parseHierarchies(mountinfo: string): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const path = left.split(" ")[4] ?? "";
    const [type, , options = ""] = right.split(" ");
    if (type !== "cgroup" || !path.startsWith(`${cgroupRoot}/`)) continue;
    const folder = path.slice(cgroupRoot.length + 1);
    if (found.some((h) => h.folder === folder)) continue;
    const named = options.split(",").find((o) => o.startsWith("name="));
    found.push({
      path,
      folder,
      options: named
        ? `none,${named}`
        : options
            .split(",")
            .filter((o) => !["rw", "ro", "xattr"].includes(o))
            .join(","),
    });
  }
  return found;
}

/** The machine's hierarchies. */
export const hierarchies = async (): Promise<Hierarchy[]> =>
  parseHierarchies(await readFile("/proc/self/mountinfo", "utf8"));

const cgroupRoots = async (): Promise<string[]> => {
  const v1 = await hierarchies();
  return v1.length > 0 ? v1.map((h) => h.path) : [cgroupRoot];
};

/** Makes the node's folder in every hierarchy; returns the folders. */
export async function makeCgroups(lab: LabIdentity, name: string): Promise<string[]> {
  const folders: string[] = [];
  for (const root of await cgroupRoots()) {
    let parent = root;
    for (const part of [lab.cgroup, name]) {
      if (root === cgroupRoot) {
        const controllers = (await readFile(join(parent, "cgroup.controllers"), "utf8")).trim().split(" ");
        for (const c of controllers)
          await writeFile(join(parent, "cgroup.subtree_control"), `+${c}`).catch(() => undefined);
      }
      const folder = join(parent, part);
      await mkdir(folder, { recursive: true });
      // a v1 cpuset starts empty and takes no process until it was given CPUs and memory nodes
      for (const file of root.endsWith("/cpuset") ? ["cpuset.cpus", "cpuset.mems"] : [])
        await writeFile(join(folder, file), await readFile(join(parent, file)));
      parent = folder;
    }
    await weigh(join(root, lab.cgroup));
    folders.push(parent);
  }
  return folders;
}

/** A node weighs as much as one program of the machine: else all nodes together would, and starve beside a few busy ones. */
async function weigh(folder: string): Promise<void> {
  const nodes = (await readdir(folder, { withFileTypes: true })).filter((e) => e.isDirectory()).length;
  const weights = { "cpu.shares": 1_024 * nodes, "cpu.weight": Math.min(100 * nodes, 10_000) };
  for (const [file, weight] of Object.entries(weights))
    await writeFile(join(folder, file), String(weight), { flag: "r+" }).catch(() => undefined); // v1 or v2, or not this controller's hierarchy
}

async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(
    entries.filter((e) => e.isDirectory()).map((e) => foldersBelow(join(folder, e.name))),
  );
  return [...below.flat(), folder];
}

/** Kills whatever still runs in the lab's (or one node's) cgroups, and removes them. Membership is the proof that it is the lab's. */
export async function removeCgroups(lab: LabIdentity, name?: string): Promise<void> {
  const tops = (await cgroupRoots()).map((root) => join(root, lab.cgroup, name ?? "")).filter((top) => existsSync(top));
  await until(
    `processes in ${lab.cgroup} end`,
    15_000,
    async () => {
      const folders = (await Promise.all(tops.map(foldersBelow))).flat();
      const pids = new Set<number>();
      for (const folder of folders) {
        const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
        for (const pid of text.split("\n")) if (Number(pid) > 0) pids.add(Number(pid));
      }
      for (const pid of pids) kill(pid);
      // what is frozen does not even take SIGKILL (cgroup v1)
      if (pids.size > 0) await Promise.all(folders.map(thawFolder));
      if (pids.size > 0) return false;
      for (const folder of folders) await rmdir(folder).catch(() => undefined);
      return folders.every((folder) => !existsSync(folder));
    },
    100,
  );
}

async function thawFolder(folder: string): Promise<void> {
  await writeFile(join(folder, "freezer.state"), "THAWED", { flag: "r+" }).catch(() => undefined); // v2, or not frozen
  await writeFile(join(folder, "cgroup.freeze"), "0", { flag: "r+" }).catch(() => undefined);
}

/** Sends SIGKILL; a process that is gone is no error. */
export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Start time of a process in clock ticks since boot; undefined when it is gone or only a zombie. With the pid it names a process for good. */
export async function startTime(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields && fields[0] !== "Z" && fields[0] !== "X" ? Number(fields[19]) : undefined;
}

interface Link {
  ifname: string;
  ifalias?: string;
}

const links = async (): Promise<Link[]> => JSON.parse(await run("ip", ["-j", "link", "show"])) as Link[];

/** The identity of the lab in `dataDir`: the first whose bridge is ours or free and whose network nobody else routes. */
export async function claimIdentity(dataDir: string): Promise<LabIdentity> {
  const present = await links();
  const routes = JSON.parse(await run("ip", ["-j", "route", "show", "table", "all"])) as {
    dst: string;
    dev?: string;
  }[];
  for (let attempt = 0; attempt < 50; attempt++) {
    const lab = labIdentity(dataDir, attempt);
    const bridge = present.find((l) => l.ifname === lab.bridge);
    if (bridge && bridge.ifalias !== dataDir.slice(-200)) continue;
    if (routes.some((r) => r.dev !== lab.bridge && overlaps(lab.subnet, r.dst))) continue;
    return lab;
  }
  throw new Error("no free 10.x.y.0/24 network for the lab on this machine");
}

/** Brings the lab's bridge up; an alias says whose it is. */
export async function makeBridge(lab: LabIdentity, dataDir: string): Promise<void> {
  if ((await links()).some((l) => l.ifname === lab.bridge)) return;
  await run("ip", ["link", "add", lab.bridge, "type", "bridge"]);
  await run("ip", ["link", "set", lab.bridge, "alias", dataDir.slice(-200), "up"]);
  await run("ip", ["address", "add", `${hostAddress(lab)}/24`, "dev", lab.bridge]);
}

/** Removes the bridge and the machine's ends of all NIC pairs. */
export async function removeNetwork(lab: LabIdentity): Promise<void> {
  for (const link of await links())
    if (link.ifname === lab.bridge || link.ifname.startsWith(`nl${lab.id}-`))
      await tryRun("ip", ["link", "delete", link.ifname]);
}

/** A NIC pair: one end on the lab's bridge, the other as `nic` in the node whose first process is `pid`. */
export async function addNic(
  lab: LabIdentity,
  index: number,
  role: "primary" | "eni" | "late",
  pid: number,
  nic: string,
): Promise<void> {
  const host = hostNic(lab, index, role);
  await tryRun("ip", ["link", "delete", host]);
  await run("ip", ["link", "add", host, "type", "veth", "peer", "name", nic, "netns", String(pid)]);
  await run("ip", ["link", "set", host, "master", lab.bridge, "up"]);
}

/** Size of a node's /var/lib/containerd: small, so that filling it is quick and cheap. */
export const storage = { bytes: 192 * 1024 * 1024, inodes: 8192 } as const;

/** Makes the node's storage image (sparse ext4 file). False when this machine has no loop device to mount it with. */
export async function makeStorage(image: string): Promise<boolean> {
  if ((await tryRun("losetup", ["-f"])).code !== 0) return false;
  const file = await open(image, "w");
  await file.truncate(storage.bytes);
  await file.close();
  const made = await tryRun("mkfs.ext4", [
    "-q",
    "-F",
    "-m",
    "0",
    "-O",
    "^has_journal",
    "-N",
    String(storage.inodes),
    image,
  ]);
  return made.code === 0;
}

/** Gives the node's NICs their addresses. */
export const configureNics = (lab: LabIdentity, plan: NodePlan): string =>
  `ip address add ${plan.ip}/24 dev eth0; ip link set eth0 up; ip route add default via ${hostAddress(lab)}
ip link set eth1 up; ip address add ${lab.subnet}.${128 + plan.index}/24 dev eth1 noprefixroute
echo 2 > /proc/sys/net/ipv4/conf/eth1/rp_filter`;

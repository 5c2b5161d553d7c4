// Fact "processes": zombies and who leaves them, tasks stuck in the kernel, and the runtimes' shims.
import type { FactData } from "../../protocol/facts.ts";
import { readNumber } from "../host/file.ts";
import { isUnder } from "../host/mountinfo.ts";
import { argvOf, bootedAt, containerIdIn, fileOf, type ProcessStat, startedAt } from "../host/proc.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { realSocket } from "../runtimes/detect.ts";
import { socketPath } from "../runtimes/types.ts";
import type { Watched } from "../runtimes/watch.ts";
import { type CollectorContext, defineCollector } from "./define.ts";

type Shim = FactData["processes"]["shims"][number];

const keyOf = (p: { pid: number; startTicks: number }): string => `${p.pid}/${p.startTicks}`;
const refOf = (p: ProcessStat) => ({ pid: p.pid, startTicks: p.startTicks });

/** comm of a shim or monitor, cut to 15 characters by the kernel. */
export const isShim = (comm: string): boolean => /^(containerd-shim|docker-contain|conmon$)/.test(comm);

/**
 * What a shim was started for, from its arguments; null for helper calls ("start", "delete") that end by themselves.
 * containerd-shim-*: `-namespace NS -id ID`; conmon: `-c ID`; shims of Docker 17 and PouchContainer: the id is the first plain argument.
 */
export function parseShim(
  argv: readonly string[],
): { name: string; containerId: string; namespace: string | null } | null {
  const name = (argv[0] ?? "").split("/").at(-1) ?? "";
  const after = (...flags: string[]): string | null => {
    const at = argv.findIndex((arg) => flags.includes(arg));
    return at >= 0 ? (argv[at + 1] ?? null) : null;
  };
  const verb = argv.at(-1);
  if (name.startsWith("containerd-shim") && (verb === "start" || verb === "delete")) return null;
  const namespace = after("-namespace", "--namespace");
  const named = after("-id", "--id", "-c", "--cid");
  if (named) return { name, containerId: named, namespace };
  const plain = argv.slice(1).find((arg) => /^[0-9a-f]{64}$/.test(arg));
  const workdir = after("-workdir", "--workdir")?.split("/").at(-1);
  const id = plain ?? workdir;
  return id ? { name, containerId: id, namespace } : null;
}

/** Zombies that were zombies at the last look too, by parent: others are about to be reaped. */
export function zombieParents(
  table: Pick<ProcessTable, "all" | "byPid">,
  before: ReadonlySet<string>,
  containerOf: (pid: number) => string | null,
): { count: number; parents: FactData["processes"]["zombieParents"] } {
  const groups = new Map<number, ProcessStat[]>();
  for (const p of table.all) {
    if (p.state !== "Z" || !before.has(keyOf(p))) continue;
    const group = groups.get(p.ppid);
    if (group) group.push(p);
    else groups.set(p.ppid, [p]);
  }
  const parents = [...groups].flatMap(([ppid, list]) => {
    const parent = table.byPid.get(ppid);
    if (!parent) return [];
    const sample = [...new Set(list.map((p) => p.name))].sort().slice(0, 5);
    return [{ process: refOf(parent), name: parent.name, count: list.length, containerId: containerOf(ppid), sample }];
  });
  parents.sort((a, b) => b.count - a.count || a.process.pid - b.process.pid);
  return { count: [...groups.values()].reduce((sum, list) => sum + list.length, 0), parents: parents.slice(0, 20) };
}

/** What tells whose a shim is: the containerd that started it (by its socket) and the namespace, or conmon's bundle folder. */
export type ShimOwner = { name: string; namespace: string | null; address: string | null; bundle: string | null };

/** Reads the owner out of a shim's arguments. */
export function shimOwner(argv: readonly string[]): ShimOwner {
  const after = (...flags: string[]): string | null => {
    const at = argv.findIndex((arg) => flags.includes(arg));
    return at >= 0 ? (argv[at + 1] ?? null) : null;
  };
  const address = after("-address", "--address")?.replace(/^unix:\/\//, "") ?? null;
  const name = (argv[0] ?? "").split("/").at(-1) ?? "";
  return { name, namespace: after("-namespace", "--namespace"), address, bundle: after("-b", "--bundle") };
}

/** Whether a runtime's "I do not know it" counts for this shim. An engine says nothing about another's containers, nor about a containerd that it does not use. */
export function speaksFor(runtime: Pick<Watched, "runtime" | "version" | "details">, shim: ShimOwner): boolean {
  const { kind, endpoint } = runtime.runtime.spec;
  if (shim.name === "conmon") {
    const root = runtime.details?.rootDir;
    return kind === "docker" && shim.bundle !== null && typeof root === "string" && isUnder(shim.bundle, root);
  }
  if (shim.name.startsWith("docker-")) return runtime.version?.name === "docker";
  if (kind === "cri") return shim.address === null || realSocket(shim.address) === realSocket(socketPath(endpoint));
  const engine = runtime.version?.name;
  if (engine === "docker") return shim.namespace === "moby";
  // PouchContainer's own containerd, with the namespaces that its options give
  return (
    engine === "pouch" &&
    (shim.namespace === "default" || shim.namespace === "k8s.io") &&
    /^(\/var)?\/run\/containerd\.sock$/.test(shim.address ?? "")
  );
}

/**
 * Whether runtimes know the id a shim was started for; null when one that might know could not be asked.
 * @param owner of a shim: then only the runtimes that speak for it can say "unknown", and without one the answer stays open
 */
export async function knownToRuntimes(
  ctx: Pick<CollectorContext, "runtimes">,
  id: string,
  namespace: string | null,
  maxAgeMs: number,
  owner: ShimOwner | null = null,
): Promise<boolean | null> {
  const all = ctx.runtimes.all();
  const speakers = owner ? all.filter((watched) => speaksFor(watched, owner)) : all;
  let unsure = speakers.length === 0;
  for (const watched of all) {
    try {
      if (await knownTo(ctx, watched, id, namespace, maxAgeMs)) return true;
    } catch {
      if (speakers.includes(watched)) unsure = true; // silence is not proof
    }
  }
  return unsure ? null : false;
}

async function knownTo(
  ctx: Pick<CollectorContext, "runtimes">,
  watched: Watched,
  id: string,
  namespace: string | null,
  maxAgeMs: number,
): Promise<boolean> {
  const { containers, pods } = await ctx.runtimes.inventory(watched, maxAgeMs);
  // Folders of kubelet carry the pod's uid, those of runtimes the sandbox's id.
  if (containers.some((c) => c.id === id || c.podId === id || c.podUid === id)) return true;
  if (pods.some((p) => p.id === id || p.uid === id)) return true;
  return namespace !== null && (await watched.runtime.tasks(namespace)).has(id);
}

let zombiesBefore = new Set<string>();
let stuckSince = new Map<string, { at: number; cpuTicks: number }>();

async function shims(ctx: CollectorContext, table: ProcessTable, boot: number): Promise<Shim[]> {
  const found: Shim[] = [];
  for (const p of table.all) {
    if (!isShim(p.name) || p.state === "Z" || !table.isLocal(p.pid)) continue;
    const argv = await argvOf(p.pid);
    const shim = parseShim(argv);
    if (!shim) continue;
    const owner = shimOwner(argv);
    const children = table.children.get(p.pid) ?? [];
    let known = await knownToRuntimes(ctx, shim.containerId, shim.namespace, 4_000, owner);
    // The shim may be younger than the list: only a fresh look may say "unknown to the runtime".
    if (known === false) known = await knownToRuntimes(ctx, shim.containerId, shim.namespace, 0, owner);
    found.push({
      process: refOf(p),
      ...shim,
      state: p.state,
      ppid: p.ppid,
      startedAt: startedAt(p, boot),
      liveChildren: children.filter((c) => c.state !== "Z" && c.state !== "X" && !isShim(c.name)).length,
      known,
    });
  }
  return found.sort((a, b) => a.process.pid - b.process.pid);
}

/** S, R and I change from look to look and mean "alive". */
const settled = (state: string): string => (state === "R" || state === "I" ? "S" : state);

export const processes = defineCollector({
  kind: "processes",
  everyMs: 10_000,
  timeoutMs: 15_000,
  read: async (ctx) => {
    const table = ctx.table.read(0);
    const boot = bootedAt();
    const containerOf = (pid: number) => containerIdIn(fileOf(pid, "cgroup") ?? "");
    const { count, parents } = zombieParents(table, zombiesBefore, containerOf);
    zombiesBefore = new Set(table.all.filter((p) => p.state === "Z").map(keyOf));
    const stuck = new Map<string, { at: number; cpuTicks: number }>();
    const uninterruptible: FactData["processes"]["uninterruptible"] = [];
    for (const p of table.all) {
      if (p.state !== "D") continue;
      const before = stuckSince.get(keyOf(p));
      const same = before && before.cpuTicks === p.cpuTicks ? before : null;
      stuck.set(keyOf(p), same ?? { at: table.at, cpuTicks: p.cpuTicks });
      if (!same || uninterruptible.length >= 50) continue;
      const waitChannel = fileOf(p.pid, "wchan")?.trim() || null;
      uninterruptible.push({
        process: refOf(p),
        name: p.name,
        waitChannel,
        since: same.at,
        containerId: containerOf(p.pid),
      });
    }
    stuckSince = stuck;
    return {
      total: Math.round(table.all.length / 50) * 50,
      pidMax: readNumber("/proc/sys/kernel/pid_max") ?? 0,
      zombieCount: count,
      zombieParents: parents,
      uninterruptible,
      shims: (await shims(ctx, table, boot)).map((shim) => ({ ...shim, state: settled(shim.state) })),
    };
  },
});

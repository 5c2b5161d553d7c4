// Fact "workload": running containers as the kernel sees them, against their limits. Cheap numbers each 10 s, those of /proc/PID once a minute.
import type { ContainerFact, FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { checkpointAtWork } from "../host/freezers.ts";
import { readMounts } from "../host/mountinfo.ts";
import { argvOf, fileOf, linkOf, type ProcessStat, statOf } from "../host/proc.ts";
import { type Hierarchy, parseHierarchy } from "./cgroups.ts";
import { parseProcessCgroup } from "./container-usage.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import { type Health, healthOf } from "./engine-rows.ts";
import * as group from "./workload-cgroup.ts";
import { DaemonWatch, FastTasks, RestartWatch, RiseWatch, SinceWatch, Window } from "./workload-history.ts";
import { hasLabel, opsAgentsOf, readHookRecords } from "./workload-ops.ts";
import { lookAtProcess, type SlowLook } from "./workload-process.ts";

type Workload = FactData["workload"];
type Container = Workload["containers"][number];

const CONTAINERS_MAX = 1_000;
/** Control groups read in one look; beyond it each is read in every second, third … look, so that the agent stays cheap. */
const GROUPS_A_LOOK = 300;
const SLOW_MS = 60_000;

const oom = new RiseWatch();
const refused = new RiseWatch();
const fast = new FastTasks();
const frozen = new SinceWatch();
const restarts = new RestartWatch();
const daemons = new DaemonWatch();
const cpu = new Window<number>(65_000, 10_000);
const throttle = new Window<{ periods: number; throttled: number }>(300_000, 30_000);
let slow = new Map<string, { at: number; look: SlowLook }>();
let groups = new Map<string, ReturnType<typeof quick>>();
let turn = 0;
let health = { at: Number.NEGATIVE_INFINITY, byId: new Map<string, Health>() };

/** In twentieths of the limit: a number that moves a little is no news. Without a limit it is of no use here. */
export function coarse(value: number | null, limit: number | null): number | null {
  if (value === null || limit === null || limit <= 0) return null;
  const unit = limit / 20;
  return Math.round(Math.floor(value / unit) * unit);
}

/** What is read once a minute, at most a fifth of the known containers in one look. */
async function slowLook(first: ProcessStat, ctx: CollectorContext, budget: { left: number }, mask: bigint) {
  const key = `${first.pid}/${first.startTicks}`;
  const known = slow.get(key);
  const now = performance.now();
  if (known && (now - known.at < SLOW_MS || budget.left <= 0)) return { key, ...known };
  budget.left -= 1;
  const look = await lookAtProcess(first, ctx.table.read(), mask);
  return look && { key, at: now, look };
}

/** The limit that a container had when one was first seen; kept over restarts of the agent, since it is what was meant. */
function firstLimit({ memory }: Pick<CollectorContext, "memory">, id: string, max: number | null): number | null {
  const known = memory.data.pidsFirst;
  if (max !== null) known[id] ??= max;
  return known[id] ?? null;
}

function quick(ctx: CollectorContext, container: ContainerFact, pid: number, hierarchy: Hierarchy, now: number) {
  const paths = parseProcessCgroup(fileOf(pid, "cgroup") ?? "");
  const { own, pod } = group.readersOf(hierarchy, paths, container.id);
  const limits = { cpu: group.cpuLimit(own), request: group.cpuRequest(own), memory: group.memoryLimit(own) };
  const pids = group.pids(own);
  const nanos = group.cpuNanos(own);
  const before = nanos === null ? null : cpu.add(container.id, now, nanos);
  const used = before && nanos !== null && now > before.at ? (nanos - before.value) / (now - before.at) / 1_000 : null;
  const periods = group.throttling(own);
  const then = periods && throttle.add(container.id, now, periods);
  const passed = then && periods ? periods.periods - then.value.periods : 0;
  // Shorter than four minutes is a burst; fewer periods than 100 (10 s of work) say nothing.
  const longEnough = then && now - then.at >= 240_000 && passed >= 100;
  const kills = group.oomKills(own);
  const at = Date.now();
  const isFrozen = group.isFrozen(own);
  return {
    cpuRequestMillis: limits.request,
    cpuLimitMillis: limits.cpu,
    cpuUsedMillis: coarse(used, limits.request ?? limits.cpu),
    throttledRatio:
      longEnough && periods ? Math.floor(((periods.throttled - then.value.throttled) / passed) * 20) / 20 : null,
    memoryLimitBytes: limits.memory,
    memoryUsedBytes: coarse(group.memoryUsed(own), limits.memory),
    memoryPeakBytes: coarse(group.memoryPeak(own), limits.memory),
    podCpuLimitMillis: pod && group.cpuLimit(pod),
    podMemoryLimitBytes: pod && group.memoryLimit(pod),
    oomKills: kills,
    oomKilledAt: oom.see(container.id, kills, at),
    pidsCurrent: coarse(pids.current, pids.max),
    pidsMax: pids.max,
    pidsRefused: pids.refused,
    pidsRefusedAt: refused.see(container.id, pids.refused, at),
    pidsMaxFirst: firstLimit(ctx, container.id, pids.max),
    pidsFastAt: fast.see(container.id, pids.current, pids.refused, at),
    isFrozen,
    isFrozenItself: group.isFrozenItself(own),
    frozenSince: frozen.see(container.id, isFrozen === true, at),
  };
}

/** Who is at work with a frozen container; null where nobody is known or can be asked. */
async function freezerOf(ctx: CollectorContext, { id, runtime }: ContainerFact): Promise<string | null> {
  const checkpoint = await checkpointAtWork(ctx.table.read(), id, argvOf);
  if (checkpoint !== null) return checkpoint;
  const isPaused = await ctx.runtimes
    .get(runtime)
    ?.runtime.isPaused?.(id)
    .catch(() => false);
  return isPaused ? "its runtime knows it as paused (ctr or nerdctl pause)" : null;
}

/** Running containers with a live first process, each once, by id. */
function running(ctx: CollectorContext): { container: ContainerFact; first: ProcessStat }[] {
  const found = new Map<string, { container: ContainerFact; first: ProcessStat }>();
  const table = ctx.table.read();
  for (const { inventory } of ctx.runtimes.all()) {
    for (const container of inventory?.containers ?? []) {
      if (container.state !== "running" || container.pid === null || found.has(container.id)) continue;
      const first = table.byPid.get(container.pid) ?? statOf(container.pid);
      if (first && first.state !== "Z") found.set(container.id, { container, first });
    }
  }
  return [...found.values()].sort((a, b) => (a.container.id < b.container.id ? -1 : 1));
}

/** Threads on the node of users under whom limited containers run. */
function usersOf(ctx: CollectorContext, containers: readonly Container[]): Workload["users"] {
  const limited = new Map<number, { nprocMax: number; containers: string[] }>();
  for (const { uid, nprocMax, id } of containers) {
    if (uid === null || uid === 0 || nprocMax === null) continue; // the kernel does not hold root to this limit
    const known = limited.get(uid);
    limited.set(uid, {
      nprocMax: Math.min(nprocMax, known?.nprocMax ?? nprocMax),
      containers: [...(known?.containers ?? []), id].slice(0, 50),
    });
  }
  if (limited.size === 0) return [];
  const threads = new Map<number, number>();
  for (const p of ctx.table.read().all) {
    if (p.rssPages === 0) continue; // kernel threads
    const uid = Number(/^Uid:\s+(\d+)/m.exec(fileOf(p.pid, "status") ?? "")?.[1] ?? 0);
    if (limited.has(uid)) threads.set(uid, (threads.get(uid) ?? 0) + p.threads);
  }
  return [...limited]
    .map(([uid, limit]) => ({ uid, ...limit, threads: coarse(threads.get(uid) ?? 0, limit.nprocMax) ?? 0 }))
    .sort((a, b) => a.uid - b.uid)
    .slice(0, 200);
}

export const workload = defineCollector({
  kind: "workload",
  everyMs: 10_000,
  timeoutMs: 15_000,
  read: async (ctx) => {
    const { config, runtimes } = ctx;
    const wanted = config.workload;
    const hierarchy = parseHierarchy(readMounts());
    const lastCapability = Number(readText("/proc/sys/kernel/cap_last_cap") ?? -1);
    const mask = (1n << BigInt(lastCapability + 1)) - 1n;
    const ownPidNamespace = linkOf(process.pid, "ns/pid")?.replace(/\D/g, "") ?? null;
    const machineSerial = ctx.latest("identity")?.serial ?? null;
    const now = performance.now();
    if (now - health.at > 30_000) health = { at: now, byId: await healthOf(runtimes) };
    const found = running(ctx);
    const taken = found.slice(0, CONTAINERS_MAX);
    const budget = { left: Math.max(50, Math.ceil(taken.length / 5)) };
    const containers: Container[] = [];
    const opsAgents: Workload["opsAgents"] = [];
    const kept = new Map<string, { at: number; look: SlowLook }>();
    const read = new Map<string, ReturnType<typeof quick>>();
    const turns = Math.ceil(taken.length / GROUPS_A_LOOK) || 1;
    turn += 1;
    for (const [index, { container, first }] of taken.entries()) {
      const seen = await slowLook(first, ctx, budget, mask);
      if (!seen) continue; // ended meanwhile
      kept.set(seen.key, { at: seen.at, look: seen.look });
      const isOps = wanted.opsContainers.includes(container.name);
      const { look } = seen;
      const known = index % turns === turn % turns ? undefined : groups.get(container.id);
      const own = known ?? quick(ctx, container, first.pid, hierarchy, now);
      read.set(container.id, own);
      containers.push({
        id: container.id,
        process: { pid: first.pid, startTicks: first.startTicks },
        ...look,
        openFiles: coarse(look.openFiles, look.openFilesMax),
        ...own,
        frozenBy: own.isFrozen === true ? await freezerOf(ctx, container) : null,
        isInHostPidNamespace: look.pidNamespace !== null && look.pidNamespace === ownPidNamespace,
        isOps,
        isLxcfsWanted: wanted.lxcfsLabel === undefined ? null : hasLabel(container.labels, wanted.lxcfsLabel),
        health: health.byId.get(container.id) ?? null,
        serialWanted: wanted.serialLabel ? (container.labels[wanted.serialLabel] ?? null) : machineSerial,
      });
      if (!isOps) opsAgents.push(...opsAgentsOf(wanted.opsAgents, container, first, ctx.table.read()));
    }
    slow = kept;
    groups = read;
    const ids = new Set(containers.map((c) => c.id));
    oom.keep(ids);
    refused.keep(ids);
    fast.keep(ids);
    frozen.keep(ids);
    // A runtime that has not said yet what it has may have any of them.
    if (runtimes.all().every((watched) => watched.inventory !== null))
      for (const id of Object.keys(ctx.memory.data.pidsFirst)) if (!ids.has(id)) delete ctx.memory.data.pidsFirst[id];
    cpu.keep(ids);
    throttle.keep(ids);
    const listed = runtimes.all().flatMap((w) => w.inventory?.containers ?? []);
    return {
      containers,
      omitted: found.length - taken.length,
      restarts: restarts.look(listed, Date.now()),
      users: usersOf(ctx, containers),
      opsAgents: opsAgents.slice(0, CONTAINERS_MAX),
      startHooks: readHookRecords(wanted.hookRecords, Date.now()),
      daemonStarts: daemons.look(ctx.latest("modules") ?? [], Date.now()),
      thawAfterMs: config.thaw.containerAfterMs,
      advise: wanted.advise,
    };
  },
});

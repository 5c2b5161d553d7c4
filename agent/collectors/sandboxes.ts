// Fact "sandboxes": processes of Kata VMs, gVisor and LXC, and whether a runtime lists them; runtime handlers and their programs; calls of OCI runtimes that hang.
import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { argvOf, bootedAt, linkOf, PAGE, type ProcessStat, startedAt } from "../host/proc.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { floorTo } from "../host/round.ts";
import { SEARCH_PATH } from "../host/run.ts";
import { parseContainerdConfig } from "../runtimes/detect.ts";
import { ask } from "../runtimes/http.ts";
import { socketPath } from "../runtimes/types.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import { isShim, parseShim } from "./processes.ts";
import {
  type ConfiguredHandler,
  joinBundles,
  mayBeSandbox,
  parseDockerHandlers,
  parseHandlers,
  parseRuntimeCall,
  parseSandbox,
  parseSocket,
} from "./sandbox-parse.ts";

type Sandboxes = FactData["sandboxes"];
type SandboxProcess = Sandboxes["processes"][number];

const settled = (state: string): string => (state === "R" || state === "I" ? "S" : state);
const refOf = (p: ProcessStat) => ({ pid: p.pid, startTicks: p.startTicks });

/** Ids that the runtimes list; null when one of them cannot be asked now, or there is none that could list anything. */
export async function listed(ctx: Pick<CollectorContext, "runtimes">): Promise<Set<string> | null> {
  if (ctx.runtimes.all().length === 0) return null;
  try {
    const lists = await Promise.all(ctx.runtimes.all().map((watched) => ctx.runtimes.inventory(watched, 4_000)));
    const ids = lists.flatMap(({ containers, pods }) => [
      ...containers.flatMap((c) => [c.id, c.podId ?? c.id]),
      ...pods.map((pod) => pod.id),
    ]);
    return new Set(ids);
  } catch {
    return null;
  }
}

/** Ids for which a shim lives: whoever started it (nerdctl or ctr beside Docker) knows them, even where no runtime that is asked here does. */
async function shimIds(table: Pick<ProcessTable, "all">): Promise<Set<string>> {
  const found = new Set<string>();
  for (const p of table.all) {
    if (!isShim(p.name) || p.state === "Z" || p.state === "X") continue;
    const shim = parseShim(await argvOf(p.pid));
    if (shim) found.add(shim.containerId);
  }
  return found;
}

/** Whether containerd knows the id below its pods and containers, in any namespace that is usual. */
async function isTask(ctx: CollectorContext, id: string): Promise<boolean | null> {
  for (const { runtime, probe } of ctx.runtimes.all()) {
    if (runtime.spec.kind !== "cri") continue;
    if (!probe.ok) return null;
    for (const namespace of ["k8s.io", "default", "moby"]) {
      const ids = await runtime.tasks(namespace).catch(() => null);
      if (ids === null) return null;
      if (ids.has(id)) return true;
    }
  }
  return false;
}

const guestAnswers = new Map<string, { at: number; isAnswering: boolean | null }>();
const GUEST_MS = 60_000;

/** Asks Kata's shim for its metrics, which it gets from the guest's agent; null where there is no such socket. */
async function askGuest(id: string): Promise<boolean | null> {
  const known = guestAnswers.get(id);
  if (known && performance.now() - known.at < GUEST_MS) return known.isAnswering;
  const socket = [`/run/vc/sbs/${id}/shim-monitor.sock`, `/run/kata/${id}/shim-monitor.sock`].find(existsSync);
  let isAnswering: boolean | null = null;
  if (socket) {
    const answer = await ask({ socketPath: socket }, "/metrics", { deadlineMs: 4_000, maxBytes: 4_000_000 }).catch(
      () => null,
    );
    isAnswering = answer !== null && /^kata_(guest|agent)_/m.test(answer.body);
  }
  guestAnswers.set(id, { at: performance.now(), isAnswering });
  return isAnswering;
}

async function sandboxProcesses(ctx: CollectorContext, table: ProcessTable, boot: number): Promise<SandboxProcess[]> {
  const parsed = [];
  for (const p of table.all) {
    if (!mayBeSandbox(p.name) || p.state === "Z" || parsed.length >= 2_000) continue;
    // A gofer has a pid namespace of its own; who started it has not.
    if (!table.isLocal(p.pid) && !table.isLocal(p.ppid)) continue;
    const sandbox = parseSandbox(await argvOf(p.pid));
    if (sandbox) parsed.push({ ...sandbox, p });
  }
  if (parsed.length === 0) return [];
  const ids = await listed(ctx);
  const found: SandboxProcess[] = [];
  const joined = joinBundles(parsed);
  const shims = joined.some(({ containerId }) => !ids?.has(containerId)) ? await shimIds(table) : new Set<string>();
  for (const { p, kind, role, containerId } of joined) {
    // The sandbox may be younger than the list: what it does not name is asked for below.
    const isNamed = ids === null ? null : ids.has(containerId) || (await isTask(ctx, containerId));
    const isListed = isNamed === false && shims.has(containerId) ? null : isNamed;
    const isVm = kind === "kata" && role === "vm" && isListed === true;
    found.push({
      kind,
      role,
      process: refOf(p),
      name: p.name,
      containerId,
      isListed,
      state: settled(p.state),
      startedAt: startedAt(p, boot),
      rssBytes: floorTo(p.rssPages * PAGE, 8 * 1_048_576),
      isAgentAnswering: isVm ? await askGuest(containerId) : null,
    });
  }
  return found.sort((a, b) => a.process.pid - b.process.pid);
}

const isRuntimeCall = (comm: string): boolean => /^(runc|crun|youki|kata-runtime|runsc)$/.test(comm);

async function runtimeCalls(table: ProcessTable, boot: number, now: number): Promise<Sandboxes["runtimeCalls"]> {
  const calls: Sandboxes["runtimeCalls"] = [];
  for (const p of table.all) {
    if (!isRuntimeCall(p.name) || p.state === "Z" || !table.isLocal(p.pid) || calls.length >= 100) continue;
    const began = startedAt(p, boot);
    if (now - began < 60_000) continue;
    const call = parseRuntimeCall(await argvOf(p.pid));
    if (call) calls.push({ process: refOf(p), name: p.name, ...call, state: settled(p.state), startedAt: began });
  }
  return calls;
}

const daemonFiles: Record<string, { config: string; socket: string | null }> = {
  containerd: { config: "/etc/containerd/config.toml", socket: "/run/containerd/containerd.sock" },
  crio: { config: "/etc/crio/crio.conf", socket: "/run/crio/crio.sock" },
  dockerd: { config: "/etc/docker/daemon.json", socket: "/run/docker.sock" },
};

const flag = (argv: readonly string[], ...names: string[]): string | null => {
  for (const [i, arg] of argv.entries()) {
    if (names.includes(arg)) return argv[i + 1] ?? null;
    const name = names.find((n) => arg.startsWith(`${n}=`));
    if (name) return arg.slice(name.length + 1);
  }
  return null;
};

/** Files beside the main one: CRI-O reads crio.conf.d. */
function configText(module: string, path: string): string {
  const main = readText(path) ?? "";
  if (module !== "crio") return main;
  const folder = "/etc/crio/crio.conf.d";
  const parts = existsSync(folder) ? readdirSync(folder).sort() : [];
  return [main, ...parts.map((name) => readText(`${folder}/${name}`) ?? "")].join("\n");
}

function isInstalled(binary: string, beside: string | null): boolean {
  if (binary.startsWith("/")) return existsSync(binary);
  return [...SEARCH_PATH.split(":"), ...(beside ? [beside] : [])].some((folder) => existsSync(`${folder}/${binary}`));
}

async function daemonsAndHandlers(ctx: CollectorContext): Promise<Pick<Sandboxes, "daemons" | "handlers">> {
  const wanted = ctx.config.workload.handlers;
  const daemons: Sandboxes["daemons"] = [];
  const handlers = new Map<string, Sandboxes["handlers"][number]>();
  for (const module of ctx.latest("modules") ?? []) {
    const files = daemonFiles[module.name];
    if (!files || !module.process || module.state === "stopped") continue;
    const argv = await argvOf(module.process.pid);
    const path = flag(argv, "-c", "--config", "--config-file") ?? files.config;
    const content = configText(module.name, path);
    const isContainerd = module.name === "containerd";
    const watched = ctx.runtimes.all().find((w) => w.runtime.spec.module === module.name);
    const socket =
      (watched && socketPath(watched.runtime.spec.endpoint)) ??
      flag(argv, "-a", "--address", "--listen", "-H", "--host")?.replace(/^unix:\/\//, "") ??
      (isContainerd ? parseSocket(content) : null) ??
      files.socket;
    daemons.push({
      module: module.name,
      config: content === "" ? null : path,
      isCriDisabled: isContainerd ? parseContainerdConfig(content).criDisabled : null,
      socket,
      // Docker may be handed its socket by systemd or listen on a port.
      isSocketThere: socket?.startsWith("/") ? existsSync(socket) : null,
    });
    const exe = linkOf(module.process.pid, "exe");
    const configured: ConfiguredHandler[] =
      module.name === "dockerd" ? parseDockerHandlers(content) : parseHandlers(content);
    const runtime = watched?.runtime.spec.id ?? module.name;
    for (const { name, binary } of configured) {
      const isFound = binary === null ? null : isInstalled(binary, exe ? dirname(exe) : null);
      handlers.set(`${runtime}/${name}`, { runtime, name, binary, isFound, isWanted: wanted.includes(name) });
    }
    for (const name of watched?.details?.handlers ?? []) {
      const key = `${runtime}/${name}`;
      if (!handlers.has(key))
        handlers.set(key, { runtime, name, binary: null, isFound: null, isWanted: wanted.includes(name) });
    }
  }
  const names = new Set([...handlers.values()].map((h) => h.name));
  // Wanted, and no runtime has ever heard of it.
  for (const name of daemons.length > 0 ? wanted : [])
    if (!names.has(name)) handlers.set(`/${name}`, { runtime: "", name, binary: null, isFound: false, isWanted: true });
  return { daemons, handlers: [...handlers.values()].slice(0, 200) };
}

/** Folders of LXC containers whose monitor does not run. */
function stoppedLxc(processes: readonly SandboxProcess[]): string[] {
  const running = new Set(processes.filter((p) => p.kind === "lxc").map((p) => p.containerId));
  try {
    return readdirSync("/var/lib/lxc")
      .filter((name) => !running.has(name) && existsSync(`/var/lib/lxc/${name}/config`))
      .sort()
      .slice(0, 200);
  } catch {
    return []; // LXC was never here
  }
}

export const sandboxes = defineCollector({
  kind: "sandboxes",
  everyMs: 15_000,
  timeoutMs: 20_000,
  read: async (ctx) => {
    const table = ctx.table.read(5_000);
    const boot = bootedAt();
    const processes = await sandboxProcesses(ctx, table, boot);
    for (const id of guestAnswers.keys()) if (!processes.some((p) => p.containerId === id)) guestAnswers.delete(id);
    return {
      processes,
      ...(await daemonsAndHandlers(ctx)),
      runtimeCalls: await runtimeCalls(table, boot, Date.now()),
      lxcStopped: stoppedLxc(processes),
    };
  },
});

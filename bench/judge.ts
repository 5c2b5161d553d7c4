// `./nodeops bench judge`: the sequential judge on simulated canaries, looked at every 10 s – false alarms, how fast harm is found, precision and recall with exact bounds.
import { tmpdir } from "node:os";
import { LOOKS, type Outcome, POLICY, soak, type Trace } from "./judge-traces.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, median, type Report, renderGroup } from "./report.ts";

export type JudgeOptions = { runs: number };

const NODES = 50;
const BASE = 0.002;
/** No run begins after this: the bench is bounded, and prints how many runs it did. */
const BUDGET_MS = 170_000;
const CONFIDENCE = 0.95;

type Scenario = { title: string; trace: Trace; share: number; isHarm: boolean; isCounted: boolean };
const scenario = (title: string, harmed: number, isRough: boolean, share: number, isCounted = true): Scenario => ({
  title,
  trace: { nodes: NODES, base: BASE, harmed, isRough },
  share,
  isHarm: harmed > BASE,
  isCounted,
});

/** `share`: of the runs asked for. The small harm is shown and not counted: it is known to be at the edge. */
const SCENARIOS = [
  scenario("no harm", 0.002, false, 0.5),
  scenario("no harm; racks fail, load by the hour, another rollout", 0.002, true, 0.5),
  scenario("0.2 % → 2 %", 0.02, false, 0.5),
  scenario("0.2 % → 2 %; racks, load, another rollout", 0.02, true, 0.5),
  scenario("0.2 % → 5 %", 0.05, false, 0.5),
  scenario("0.2 % → 5 %; racks, load, another rollout", 0.05, true, 0.5),
  scenario("0.2 % → 0.6 %", 0.006, false, 0.1, false),
];

/** P(X ≤ k) for X ~ Bin(n, p), in a sum that stays in range. */
function binomialCdf(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let log = n * Math.log1p(-p);
  let total = Math.exp(log);
  for (let i = 1; i <= k; i += 1) {
    log += Math.log((n - i + 1) / i) + Math.log(p / (1 - p));
    total += Math.exp(log);
  }
  return Math.min(1, total);
}

/** Exact (Clopper–Pearson) two-sided bounds of a share at 95 %. */
export function clopperPearson(k: number, n: number): { low: number; high: number } {
  const half = (1 - CONFIDENCE) / 2;
  const solve = (isBelow: (p: number) => boolean) => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i += 1) {
      const middle = (low + high) / 2;
      if (isBelow(middle)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return {
    low: k === 0 ? 0 : solve((p) => 1 - binomialCdf(k - 1, n, p) < half),
    high: k === n ? 1 : solve((p) => binomialCdf(k, n, p) > half),
  };
}

const percent = (value: number) => `${(value * 100).toFixed(2)} %`;

function share(name: string, k: number, n: number): Figure {
  const { low, high } = clopperPearson(k, n);
  const note = `${k} of ${n} runs = ${percent(k / n)}; 95 % bounds ${percent(low)} – ${percent(high)}`;
  return { name, unit: "count", samples: [k], note };
}

function figuresOf({ isHarm }: Scenario, outcomes: readonly Outcome[]): Figure[] {
  const found = outcomes.flatMap(({ foundAfterMs }) => foundAfterMs ?? []);
  const open = outcomes.filter(({ end }) => end === "inconclusive").length;
  const figures = [share(isHarm ? "found within the hour" : "false alarms", found.length, outcomes.length)];
  if (isHarm && found.length > 0) {
    const p95 = found.toSorted((a, b) => a - b)[Math.ceil(found.length * 0.95) - 1] ?? Number.NaN;
    figures.push({ name: "  found after", unit: "ms", samples: found, note: `median ${median(found) / 1_000} s` });
    figures.push({ name: "  of 95 % after", unit: "ms", samples: [p95] });
    figures.push(
      share("  names the right signal first", outcomes.filter(({ isRight }) => isRight).length, found.length),
    );
  }
  return [...figures, share("  inconclusive after an hour", open, outcomes.length)];
}

/** Runs all scenarios in turns, so that a bench that runs out of time has some of each. */
export async function measureJudge(
  { runs }: JudgeOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  const began = performance.now();
  const load = watchLoad();
  const outcomes = SCENARIOS.map((): Outcome[] => []);
  for (let round = 0; round < runs && performance.now() - began < BUDGET_MS; round += 1) {
    signal.throwIfAborted();
    for (const [s, { trace, share }] of SCENARIOS.entries())
      if (Math.floor((round + 1) * share) > Math.floor(round * share))
        outcomes[s]?.push(soak(trace, s * 1_000_003 + round));
    if (round % 20 === 19) await new Promise((resolve) => setImmediate(resolve)); // Ctrl-C is heard
  }
  const groups: Group[] = SCENARIOS.map((one, s) => ({
    title: one.title,
    figures: figuresOf(one, outcomes[s] ?? []),
    failures: [],
  }));
  const counted = SCENARIOS.map((one, s) => ({ ...one, all: outcomes[s] ?? [] })).filter(({ isCounted }) => isCounted);
  const alarms = (isHarm: boolean) =>
    counted
      .filter((one) => one.isHarm === isHarm)
      .flatMap(({ all }) => all.map(({ foundAfterMs }) => foundAfterMs !== null));
  const [hits, wrong] = [alarms(true), alarms(false)];
  const truePositives = hits.filter(Boolean).length;
  groups.push({
    title: "over all of the above but the small harm",
    figures: [
      share("precision", truePositives, truePositives + wrong.filter(Boolean).length),
      share("recall", truePositives, hits.length),
      share("false alarms", wrong.filter(Boolean).length, wrong.length),
    ],
    failures: [],
    load: load(),
  });
  for (const group of groups) for (const line of renderGroup(group)) say(line);
  return {
    bench: "judge",
    at: new Date().toISOString(),
    commit: await commitName(),
    settings: { runs, nodesPerArm: NODES, looks: LOOKS, alpha: POLICY.alpha, signals: POLICY.signals.length },
    machine: await describeMachine(tmpdir()),
    groups,
  };
}

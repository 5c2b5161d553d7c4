// `./nodeops bench judge`: the sequential judge on simulated canaries, looked at every 10 s – false alarms, how fast harm is found, precision and recall with exact bounds.
import { tmpdir } from "node:os";
import { clopperPearson } from "./bounds.ts";
import { SCENARIOS, type Scenario, type ScenarioKind } from "./judge-scenarios.ts";
import { LOOKS, type Outcome, POLICY, soak } from "./judge-traces.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, median, type Report, renderGroup } from "./report.ts";

export type JudgeOptions = {
  runs: number;
  /** No round begins after so many minutes. */
  minutes: number;
};

/** Goals over all runs of a kind. A share misses its goal when the bounds exclude it: chance alone misses none. */
const GOALS = { falseAlarms: 0.001, precision: 0.99, recall: 0.998 } as const;
/** The order statistic that the median is not below in 97.5 of 100 cases (normal approximation of the binomial). */
const medianLow = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.max(0, Math.floor((samples.length - 1.96 * Math.sqrt(samples.length)) / 2))] ??
  Number.NaN;

const percent = (value: number) => `${(value * 100).toFixed(2)} %`;

function share(name: string, k: number, n: number): Figure {
  const { low, high } = clopperPearson(k, n);
  const note = `${k} of ${n} runs = ${percent(k / n)}; 95 % bounds ${percent(low)} – ${percent(high)}`;
  return { name, unit: "count", samples: [k], note };
}

/** At most (`isMost`) or at least so much. What neither misses nor reaches its goal for sure is said. */
function goal(
  figure: Figure,
  limit: number,
  isMost: boolean,
  [k, n]: readonly [number, number],
  failures: string[],
): Figure {
  const { low, high } = clopperPearson(k, n);
  const isMissed = isMost ? low > limit : high < limit;
  const isShown = isMost ? high <= limit : low >= limit;
  const words = `goal ${isMost ? "≤" : "≥"} ${percent(limit)}`;
  if (isMissed) failures.push(`${figure.name}: ${percent(k / n)}, ${words}`);
  return {
    ...figure,
    note: `${figure.note}; ${words} ${isMissed ? "missed" : isShown ? "shown" : "neither shown nor missed by so few runs"}`,
  };
}

const isHarm = ({ kind }: Scenario) => kind === "harm" || kind === "shown";

function groupOf(one: Scenario, outcomes: readonly Outcome[]): Group {
  const found = outcomes.flatMap(({ foundAfterMs }) => foundAfterMs ?? []);
  const open = outcomes.filter(({ end }) => end === "inconclusive").length;
  const figures = [share(isHarm(one) ? "found within the hour" : "false alarms", found.length, outcomes.length)];
  const failures: string[] = [];
  if (isHarm(one) && found.length > 0) {
    const middle = median(found);
    const p95 = found.toSorted((a, b) => a - b)[Math.ceil(found.length * 0.95) - 1] ?? Number.NaN;
    const words = one.medianMs === null ? "" : `; goal ≤ ${one.medianMs / 1_000} s`;
    figures.push({ name: "  found after", unit: "ms", samples: found, note: `median ${middle / 1_000} s${words}` });
    figures.push({ name: "  of 95 % after", unit: "ms", samples: [p95] });
    figures.push(
      share("  names the right signal first", outcomes.filter(({ isRight }) => isRight).length, found.length),
    );
    if (one.medianMs !== null && medianLow(found) > one.medianMs)
      failures.push(`found after a median of ${middle / 1_000} s${words}`);
  }
  return {
    title: one.title,
    figures: [...figures, share("  inconclusive after an hour", open, outcomes.length)],
    failures,
  };
}

type Played = readonly (readonly Outcome[])[];

/** False alarms by kind of fleet, and what an alarm is worth. */
function summary(played: Played): Group {
  const failures: string[] = [];
  const alarms = (...kinds: ScenarioKind[]) => {
    const all = SCENARIOS.flatMap(({ kind }, s) => (kinds.includes(kind) ? (played[s] ?? []) : []));
    return [all.filter(({ foundAfterMs }) => foundAfterMs !== null).length, all.length] as const;
  };
  const quiet = [
    ["false alarms, even nodes", alarms("even")],
    ["false alarms, racks of both arms fail", alarms("racks")],
    ["false alarms, uneven nodes", alarms("uneven")],
    ["false alarms, all", alarms("even", "racks", "uneven")],
  ] as const;
  const [hits, injected] = alarms("harm");
  const [wrong] = alarms("even", "racks", "uneven");
  const figures = quiet.map(([name, [k, n]]) => goal(share(name, k, n), GOALS.falseAlarms, true, [k, n], failures));
  const worth = [
    ["precision", [hits, hits + wrong], GOALS.precision],
    ["recall", [hits, injected], GOALS.recall],
  ] as const;
  figures.push(...worth.map(([name, [k, n], limit]) => goal(share(name, k, n), limit, false, [k, n], failures)));
  return { title: "over all of the above but what is only shown", figures, failures };
}

/** Runs all scenarios in turns, so that a bench that runs out of time has some of each. */
export async function measureJudge(
  { runs, minutes }: JudgeOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  const began = performance.now();
  const load = watchLoad();
  const played = SCENARIOS.map((): Outcome[] => []);
  for (let round = 0; round < runs && performance.now() - began < minutes * 60_000; round += 1) {
    signal.throwIfAborted();
    for (const [s, { trace, policy, share: part }] of SCENARIOS.entries())
      if (Math.floor((round + 1) * part) > Math.floor(round * part))
        played[s]?.push(soak(trace, s * 1_000_003 + round, policy));
    if (round % 5 === 4) await new Promise((resolve) => setImmediate(resolve)); // Ctrl-C is heard
  }
  const groups = [...SCENARIOS.map((one, s) => groupOf(one, played[s] ?? [])), { ...summary(played), load: load() }];
  for (const group of groups) for (const line of renderGroup(group)) say(line);
  return {
    bench: "judge",
    at: new Date().toISOString(),
    commit: await commitName(),
    settings: { runs, minutes, looks: LOOKS, alpha: POLICY.alpha },
    machine: await describeMachine(tmpdir()),
    groups,
  };
}

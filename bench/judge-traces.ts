// Traces for `bench judge`: canaries and controls over an hour, with what fools judges – racks that fail together, load by the hour, another rollout at the same time.
import { initialState, observe } from "../judge/sequential/observe.ts";
import type { NodeReading, SequentialPolicy, Window } from "../judge/sequential/types.ts";
import { verdict } from "../judge/sequential/verdict.ts";

export const LOOK_MS = 10_000;
export const LOOKS = 360;
const RACKS = 10;
const SIGNALS = ["module-restart", "container-restart", "pull-failure"];
const QUIET: NodeReading["events"] = 0;

/** mulberry32: small, seeded, good enough for rates of 1 in 1,000. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const POLICY: SequentialPolicy = {
  alpha: 0.001,
  toleratedRatio: 1.5,
  toleratedShift: 0.05,
  minExposureMs: 600_000,
  minPathRan: 1,
  timeLimitMs: LOOKS * LOOK_MS,
  atTimeLimit: "pause",
  staleMs: 30_000,
  staleRatioMax: 0.2,
  refractoryMs: 60_000,
  signals: SIGNALS.map((id) => ({ id, kind: "event" as const })),
};

export type Trace = {
  /** Nodes of each arm. */
  nodes: number;
  /** Chance that a node fails in a look: everywhere, and on canaries in the first signal. */
  base: number;
  harmed: number;
  /** Rack failures, load by the hour, another rollout. */
  isRough: boolean;
};

type Node = { node: string; domain: string; arm: "canary" | "control"; quiet: NodeReading; loud: NodeReading };

function fleet(nodes: number): Node[] {
  return (["canary", "control"] as const).flatMap((arm) =>
    Array.from({ length: nodes }, (_, i) => {
      const id = { node: `${arm}-${i}`, domain: `rack-${i % RACKS}`, exposure: LOOK_MS / 1_000 };
      return { ...id, arm, quiet: { ...id, events: QUIET }, loud: { ...id, events: 1 } };
    }),
  );
}

/** How likely each node is to fail now, before harm: a factor on the base rate, or certain while its rack is down. */
function roughness(
  nodes: readonly Node[],
  next: () => number,
  isRough: boolean,
): (look: number) => (node: Node) => number {
  if (!isRough) return () => () => 1;
  const phase = next() * 2 * Math.PI;
  const down = new Map<string, { until: number; share: number }>();
  const other = new Set(nodes.filter(() => next() < 0.2).map(({ node }) => node));
  const from = Math.floor(next() * LOOKS);
  return (look) => {
    for (let rack = 0; rack < RACKS; rack += 1)
      if (next() < 1 / 720)
        down.set(`rack-${rack}`, { until: look + 3 + Math.floor(next() * 9), share: 0.5 + next() / 2 });
    const load = 1 + 0.8 * Math.sin(phase + (2 * Math.PI * look) / LOOKS);
    const isOther = look >= from && look < from + 60;
    return ({ node, domain }) => {
      const rack = down.get(domain);
      if (rack && look < rack.until) return next() < rack.share ? Infinity : load;
      return isOther && other.has(node) ? load * 5 : load;
    };
  };
}

export type Outcome = { foundAfterMs: number | null; isRight: boolean; end: string };

/** One rollout's soak, looked at every 10 s; ends at the first "fail" or after an hour. */
export function soak(trace: Trace, seed: number, policy: SequentialPolicy = POLICY): Outcome {
  const next = random(seed);
  const nodes = fleet(trace.nodes);
  const rough = roughness(nodes, next, trace.isRough);
  const full = { canary: trace.nodes, control: trace.nodes };
  let state = initialState(policy);
  for (let look = 1; look <= LOOKS; look += 1) {
    const factorOf = rough(look);
    const factors = nodes.map(factorOf);
    const signals = policy.signals.map(({ id, kind }, s) => {
      const readings = nodes.map((node, i) => {
        const rate = s === 0 && node.arm === "canary" ? trace.harmed : trace.base;
        return next() < rate * (factors[i] ?? 1) ? node.loud : node.quiet;
      });
      return { id, kind, arms: { canary: readings.slice(0, trace.nodes), control: readings.slice(trace.nodes) } };
    });
    const window: Window = {
      at: look * LOOK_MS,
      lengthMs: LOOK_MS,
      signals,
      pathRan: trace.nodes,
      expected: full,
      stale: { canary: 0, control: 0 },
    };
    state = observe(state, window, policy);
    if (state.alarm)
      return { foundAfterMs: look * LOOK_MS, isRight: state.alarm.signals[0] === SIGNALS[0], end: "fail" };
  }
  return { foundAfterMs: null, isRight: false, end: verdict(state, policy, LOOKS * LOOK_MS).verdict };
}

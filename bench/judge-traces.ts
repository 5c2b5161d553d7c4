// Traces for `bench judge`: canaries and controls over an hour, with what fools judges – uneven nodes, drifts, racks that fail together, load by the hour, another rollout.
import { initialState, observe } from "../judge/sequential/observe.ts";
import type { JudgeState, NodeReading, SequentialPolicy, SignalKind, Window } from "../judge/sequential/types.ts";
import { verdict } from "../judge/sequential/verdict.ts";

export const LOOK_MS = 10_000;
export const LOOKS = 360;
const RACKS = 10;

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
  alpha: 0.0003,
  toleratedRatio: 1.5,
  toleratedShift: 0.05,
  minExposureMs: 600_000,
  minPathRan: 1,
  timeLimitMs: LOOKS * LOOK_MS,
  atTimeLimit: "pause",
  staleMs: 30_000,
  staleRatioMax: 0.2,
  refractoryMs: 60_000,
  signals: [],
};

export type Trace = {
  canaries: number;
  controls: number;
  /** One signal each; harm is in the first. */
  kinds: readonly SignalKind[];
  /** event: chance that a node fails in a look. rate: chance that a call fails. latency: harm multiplies it by `harmed` / `base`. */
  base: number;
  harmed: number;
  /** Racks fail, load by the hour, another rollout. */
  isRough: boolean;
  /** Nodes have rates and speeds of their own, log-normal, and drift; one in twenty fails ten times as often. */
  isUneven: boolean;
  /** Canaries stand in a rack of their own. */
  isApart: boolean;
  /** Looks before the change. */
  before: number;
};

type Node = { node: string; domain: string; isCanary: boolean };
/** What a node is like in one signal: log of its rate or speed over the fleet's, and a slow walk around it. */
type Level = { own: number; drift: number };

const RATE_SPREAD = 0.8;
const SPEED_SPREAD = 0.25;
/** Spread of the drift, and how much of it stays from look to look (20 minutes). */
const DRIFT_SPREAD = 0.2;
const DRIFT_STAYS = Math.exp(-1 / 120);
const FRAIL = { share: 0.05, factor: 10 };
const CALLS = { median: 60, spread: 0.7 };
const LATENCY_MS = 120;
const LATENCY_NOISE = 0.3;

class Fleet {
  readonly nodes: readonly Node[];
  readonly #trace: Trace;
  readonly #next: () => number;
  readonly #levels: readonly (readonly Level[])[];
  readonly #calls: readonly number[];
  readonly #phase: number;
  readonly #down = new Map<string, { until: number; share: number }>();
  readonly #others: ReadonlySet<string>;
  readonly #othersFrom: number;

  constructor(trace: Trace, next: () => number) {
    this.#trace = trace;
    this.#next = next;
    const arm = (isCanary: boolean, n: number) =>
      Array.from({ length: n }, (_, i) => ({
        node: `${isCanary ? "canary" : "control"}-${i}`,
        domain: isCanary && trace.isApart ? "rack-own" : `rack-${i % RACKS}`,
        isCanary,
      }));
    this.nodes = [...arm(true, trace.canaries), ...arm(false, trace.controls)];
    this.#levels = trace.kinds.map((kind) => this.nodes.map(() => this.#level(kind)));
    this.#calls = this.nodes.map(() => CALLS.median * Math.exp(trace.isUneven ? CALLS.spread * this.#gauss() : 0));
    this.#phase = next() * 2 * Math.PI;
    this.#others = new Set(this.nodes.filter(() => next() < 0.2).map(({ node }) => node));
    this.#othersFrom = Math.floor(next() * LOOKS);
  }

  #gauss(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
  }
  #level(kind: SignalKind): Level {
    if (!this.#trace.isUneven) return { own: 0, drift: 0 };
    if (kind === "latency") return { own: SPEED_SPREAD * this.#gauss(), drift: DRIFT_SPREAD * this.#gauss() };
    const frail = this.#next() < FRAIL.share ? Math.log(FRAIL.factor) : 0;
    return { own: RATE_SPREAD * this.#gauss() - RATE_SPREAD ** 2 / 2 + frail, drift: DRIFT_SPREAD * this.#gauss() };
  }

  /** Readings of all signals in one look; harm begins at look 1. */
  look(look: number): Window["signals"] {
    const load = this.#load(look);
    return this.#trace.kinds.map((kind, s) => {
      const readings = this.nodes.map((node, i) => this.#reading(kind, { look, s, i, node, factor: load(node) }));
      const { canaries } = this.#trace;
      return {
        id: `signal-${s}`,
        kind,
        arms: { canary: readings.slice(0, canaries), control: readings.slice(canaries) },
      };
    });
  }

  /** A factor on each node's rate: infinite while its rack is down. */
  #load(look: number): (node: Node) => number {
    if (!this.#trace.isRough) return () => 1;
    for (const domain of new Set(this.nodes.map((one) => one.domain)))
      if (this.#next() < 1 / 720)
        this.#down.set(domain, { until: look + 3 + Math.floor(this.#next() * 9), share: 0.5 + this.#next() / 2 });
    const load = 1 + 0.8 * Math.sin(this.#phase + (2 * Math.PI * look) / LOOKS);
    const isOther = look >= this.#othersFrom && look < this.#othersFrom + 60;
    return ({ node, domain }) => {
      const rack = this.#down.get(domain);
      if (rack && look < rack.until) return this.#next() < rack.share ? Infinity : load;
      return isOther && this.#others.has(node) ? load * 5 : load;
    };
  }

  #reading(
    kind: SignalKind,
    { look, s, i, node, factor }: { look: number; s: number; i: number; node: Node; factor: number },
  ): NodeReading {
    const { base, harmed } = this.#trace;
    const id = { node: node.node, domain: node.domain };
    const level = this.#levels[s]?.[i] ?? { own: 0, drift: 0 };
    if (this.#trace.isUneven)
      level.drift = DRIFT_STAYS * level.drift + Math.sqrt(1 - DRIFT_STAYS ** 2) * DRIFT_SPREAD * this.#gauss();
    const harm = s === 0 && node.isCanary && look > 0 ? harmed / base : 1;
    const own = Math.exp(level.own + level.drift);
    if (kind === "latency") {
      // A busy hour and a rack that is down are slow, by less than they fail.
      const slow = Math.min(10, Math.sqrt(factor)) * own * harm;
      return { ...id, values: [LATENCY_MS * slow * Math.exp(LATENCY_NOISE * this.#gauss())] };
    }
    const chance = Math.min(1, base * factor * own * harm);
    if (kind === "event") return { ...id, exposure: LOOK_MS / 1_000, events: Number(this.#next() < chance) };
    const calls = this.#poisson(this.#calls[i] ?? 0);
    return { ...id, exposure: calls, events: this.#binomial(calls, chance) };
  }

  #poisson(mean: number): number {
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.#gauss())); // enough for numbers of calls
  }
  /** By the gaps between failures: as many draws as there are failures. */
  #binomial(n: number, p: number): number {
    if (p >= 1) return n;
    let [k, at] = [0, 0];
    for (;;) {
      at += 1 + Math.floor(Math.log(1 - this.#next()) / Math.log1p(-p));
      if (at > n) return k;
      k += 1;
    }
  }
}

export type Outcome = { foundAfterMs: number | null; isRight: boolean; end: string };

/** One rollout's soak, looked at every 10 s; ends at the first "fail" or after an hour. */
export function soak(trace: Trace, seed: number, base: SequentialPolicy = POLICY): Outcome {
  const fleet = new Fleet(trace, random(seed));
  const policy = { ...base, signals: trace.kinds.map((kind, s) => ({ id: `signal-${s}`, kind })) };
  const full = { canary: trace.canaries, control: trace.controls };
  let state: JudgeState = initialState(policy);
  for (let look = 1 - trace.before; look <= LOOKS; look += 1) {
    state = observe(
      state,
      {
        at: look * LOOK_MS,
        lengthMs: LOOK_MS,
        phase: look <= 0 ? "before" : "after",
        signals: fleet.look(look),
        pathRan: trace.canaries,
        expected: full,
        stale: { canary: 0, control: 0 },
      },
      policy,
    );
    if (state.alarm)
      return { foundAfterMs: look * LOOK_MS, isRight: state.alarm.signals[0] === "signal-0", end: "fail" };
  }
  return { foundAfterMs: null, isRight: false, end: verdict(state, policy, LOOKS * LOOK_MS).verdict };
}

// What the sequential judge reads, keeps and answers: windows in, state per look, a verdict with the numbers that decided. All of it is plain JSON.
// Times are epoch ms; the judge has no clock.

/** What people read, in both languages. */
export type Words = { en: string; zh: string };

export type ArmName = "canary" | "control";

/**
 * event: something that happens to a node (restart, OOM kill, finding opened). rate: calls that can fail. latency: durations. What counts as a failure of
 * a node in a window is more than the controls' p95 of the window before, each node measured by its own past (failing.ts). gauge: a value that may drift (memory of a module). level: a value that may step (PSI).
 */
export type SignalKind = "event" | "rate" | "latency" | "gauge" | "level";

/** What one node showed in one window. A node without a reading of a signal is left out: it is no evidence, neither way. */
export type NodeReading = {
  node: string;
  /** Failure domain (rack); nodes of one domain that fail in one window count as one. */
  domain: string;
  /** event: seconds watched. rate: calls. Others: ignored. */
  exposure?: number;
  /** event: how often. rate: failed calls. */
  events?: number;
  /** latency: durations in ms, a bounded sample. */
  values?: readonly number[];
  /** gauge, level: the reading at the window's end. Higher is worse (negate where lower is). */
  value?: number;
};

export type SignalWindow = {
  id: string;
  kind: SignalKind;
  arms: Record<ArmName, readonly NodeReading[]>;
};

/** Something that needs no statistics. `wasWell`: the node did not show it before the change; only then is it held against the change. */
export type HardSignal = { id: string; node: string; domain: string; arm: ArmName; wasWell: boolean; what: Words };

/** One look. Windows do not overlap and come in order; one that is not newer than the last is ignored. */
export type Window = {
  /** End of the window, epoch ms. */
  at: number;
  /** Length, ms. */
  lengthMs: number;
  /** "before": ahead of the change; feeds only the nodes' own baselines (difference in differences). */
  phase?: "before" | "after";
  signals: readonly SignalWindow[];
  hard?: readonly HardSignal[];
  /** Canary nodes on which the changed path was seen to run so far. */
  pathRan: number;
  /** Nodes of each arm that should report, and of those the ones whose facts are missing or too old. */
  expected: Record<ArmName, number>;
  stale: Record<ArmName, number>;
};

/** Per-signal settings, fixed before the start. */
export type SignalPolicy = { id: string; kind: SignalKind; weight?: number };

/** Fixed before the start and recorded with the verdicts. */
export type SequentialPolicy = {
  /** False alarms allowed over the whole soak, however often it is looked (0.001). */
  alpha: number;
  /** Harm that is tolerated: ratio of the canary's rate to the controls' (1.5). */
  toleratedRatio: number;
  /** A drift or step below this share of the controls' level is tolerated (0.05). */
  toleratedShift: number;
  /** Node-ms of canaries with data before it may pass. */
  minExposureMs: number;
  /** Canary nodes on which the changed path must have been seen to run. */
  minPathRan: number;
  /** The soak ends so long after the first window. */
  timeLimitMs: number;
  /** What the end of the soak means when nothing was found and nothing was proven. */
  atTimeLimit: "pass" | "pause";
  /** Data older than this is no data. */
  staleMs: number;
  /** More than this share of an arm's nodes without fresh data: incomplete. */
  staleRatioMax: number;
  /** A node that failed is left out of that signal for so long: one fault that repeats is one fault. */
  refractoryMs: number;
  /** All signals that will be watched; the average of their e-values decides. Others are ignored. */
  signals: readonly SignalPolicy[];
};

/** What a node was like before the change (event, rate, latency). */
export type Habit = {
  /** Windows with a reading. */
  windows: number;
  /** event, rate: totals. */
  exposure: number;
  events: number;
  /** latency: mean of the logs of its middle durations. */
  level: number;
};

/** Who is left out for now, and how often nodes have failed. */
export type Rest = {
  /** Until when a node, or `domain:` a domain, is left out. */
  until: Record<string, number>;
  /** How often a node has counted since the change: see UNITS_PER_NODE (units.ts). */
  seen: Record<string, number>;
  /** How often it would have counted before the change. */
  past: Record<string, number>;
};

/** State of one signal. Counts are of units of evidence (nodes, or domains that failed together), not of raw events. */
export type SignalState = {
  kind: SignalKind;
  /** Log of the partial likelihood at each rate ratio of RATIOS (ratios.ts); of bets for gauge and level. */
  log: number[];
  units: Record<ArmName, number>;
  raw: Record<ArmName, number>;
  /** Sum over windows of nodes at risk. */
  nodeWindows: Record<ArmName, number>;
  /** Nodes that took part in the last window. */
  nodes: Record<ArmName, number>;
  /** Distinct canary units with evidence against them; bounded. */
  hit: string[];
  /** Looks in which canaries failed together in a domain without controls: the change's doing or the domain's. */
  unclear: number;
  /** Of a node that failed. Empty for events: JudgeState.incidents. */
  rest: Rest;
  /** Before the change, by node: difference in differences. Empty: nobody looked. */
  habits: Record<string, Habit>;
  /** The same of controls since the change (rate, latency): for the wave in which they are changed themselves (wave.ts). */
  later: Record<string, Habit>;
  /** Units before the change, and how many of them were due to the canaries by their share. */
  before: { canary: number; control: number; due: number };
  /** latency: nodes are compared by their own levels, not as they stand; null before the first look after the change. */
  isLevelled: boolean | null;
  /** Predictable: controls' p95 of the scores in the window before (failing.ts). */
  threshold: number | null;
  /** Controls so far, event and rate: what is usual. */
  usual: { exposure: number; events: number };
  /** event: log likelihood of how many failed in both arms together, at each ratio of harm (stakes.ts). It moves stakes, and is no evidence. */
  totals: number[];
  /** latency: log buckets per arm (sketch.ts). */
  sketch: Record<ArmName, Record<string, number>>;
  /** gauge, level: the block under way and the nodes' baselines. */
  block: BlockState;
};

/** One node of a gauge or level. `sum`: of its excesses over the `blocks` in which it took part. */
export type Track = {
  arm: ArmName;
  first: number;
  firstAt: number;
  last: number;
  lastAt: number;
  mean: number;
  n: number;
  /** Before the change: mean level, and growth per ms; null while unknown. */
  level: number | null;
  slope: number | null;
  sum: number;
  blocks: number;
};

export type BlockState = {
  startedAt: number | null;
  tracks: Record<string, Track>;
  blocks: number;
  /** Mean over blocks of canary minus control, in units of the value (gauge: growth per hour). */
  shift: number;
  /** Mean level of the controls. */
  level: number;
  /** The middle canary is further above the controls than another control would be (gauge, level; spread.ts). */
  isApart: boolean;
};

export type JudgeState = {
  version: 1;
  startedAt: number | null;
  lastAt: number | null;
  looks: number;
  /** Node-ms of canaries with fresh data. */
  exposureMs: number;
  pathRan: number;
  expected: Record<ArmName, number>;
  stale: Record<ArmName, number>;
  /** Since when data is incomplete; null when it is complete. */
  incompleteSince: number | null;
  signals: Record<string, SignalState>;
  /** All events of one node within the time of rest are one incident, whichever signals show it. */
  incidents: Rest;
  /** Log of the e-value of all events together (stakes.ts). */
  events: number;
  /** Largest log of the average e-value so far: an alarm stays one. */
  maxLogE: number;
  /** Signals that stood behind the alarm when it was raised. */
  alarm: { at: number; logE: number; signals: string[] } | null;
  hard: HardSignal | null;
  /** A hard signal that controls of its domain showed too. */
  shared: HardSignal | null;
};

export type ArmFigures = { events: number; exposure: number; nodes: number };

export type SignalVerdict = {
  id: string;
  kind: SignalKind;
  canary: ArmFigures;
  control: ArmFigures;
  /** Capped at e^700. */
  eValue: number;
  logE: number;
  /** Confidence sequence of the effect: rate ratio (event, rate, latency); null where there is none (gauge, level); `high` null: no upper bound yet. */
  bound: { low: number; high: number | null } | null;
  /** Point estimate of the same; gauge and level: shift as a share of the controls' level (gauge: per hour). */
  effect: number | null;
  /** Tolerated effect, same unit. */
  tolerated: number;
  /** e-value at which it halts. */
  threshold: number;
  /** This signal is worse, at the policy's alpha over all signals (e-BH). */
  isWorse: boolean;
};

export type VerdictKind = "pass" | "fail" | "inconclusive" | "wait";

export type Verdict = {
  verdict: VerdictKind;
  /** One sentence with the numbers that decided. */
  reason: Words;
  signals: SignalVerdict[];
  decided: {
    rule:
      | "hard-signal"
      | "e-value"
      | "shared-cause"
      | "no-data"
      | "stale"
      | "incomplete"
      | "path-not-seen"
      | "too-little"
      | "soaking"
      | "bound"
      | "time-limit"
      | "score";
    logE: number;
    eValue: number;
    threshold: number;
    exposureMs: number;
    pathRan: number;
    looks: number;
    /** The signal that the sentence speaks of. */
    signal: string | null;
  };
};

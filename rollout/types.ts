// What a rollout is made of: policy, plan, state, events, effects. Everything here is plain data, so that it is stored, hashed and replayed as it stands.
// Times are epoch ms; every event carries `at`, the engine has no clock.

/** What people read, in both languages. */
export type Words = { en: string; zh: string };

// ── policy: fixed before the start, hashed, shown to the approver ───────────────────────────────────

/** A daily window in a time zone; outside of all windows nothing new is sent (what runs goes on, stops and rollbacks always go). */
export type Window = {
  /** 0 Sunday … 6 Saturday, in `timeZone`. */
  days: readonly number[];
  /** Minutes after midnight; `to` ≤ `from` runs over midnight. */
  from: number;
  to: number;
  /** IANA, e.g. "Asia/Shanghai". */
  timeZone: string;
};

/** Who has to say yes between two waves. `after`: wave index that has passed. */
export type Gate =
  | { after: number | "each"; kind: "manual" }
  | { after: number | "each"; kind: "webhook"; url: string };

export type JudgePolicy = {
  kind: "sequential" | "kayenta";
  /** False alarms allowed over the whole rollout, however often it is looked. */
  alpha: number;
  /** Pass needs so much soaking time of canary nodes, added up, ms. */
  minExposureMs: number;
  /** Harm that is tolerated, as a ratio of canary to control rates (1.5: half as much again). */
  toleratedRatio: number;
  /** At the end of the soak without alarm and without proof of harmlessness: go on all the same, or ask a person. */
  atTimeLimit: "pass" | "pause";
  /** At most so many controls are looked at. */
  controlsMax: number;
};

export type Policy = {
  version: 1;
  lane: "normal" | "fast";
  /** Size of the first wave: the larger of `first` nodes and `firstRatio` of all (0.001). */
  first: number;
  firstRatio: number;
  /** A wave is at most so many times the one before, rounded up; 1 < growth ≤ 3. */
  growth: number;
  /** Largest wave, nodes; null: no bound but growth. */
  waveMax: number | null;
  /** What a wave never has two of. */
  domain: "zone" | "rack" | "none";
  /** Each wave stands so long after its last node, ms, before it is passed. */
  soakMs: number;
  /** Looks of the judge while a wave is under way and soaks. */
  judgeEveryMs: number;
  /** No verdict for so long while one is due: pause. */
  judgeSilentMs: number;
  /** A node that has not been changed after so long counts as failed. */
  applyTimeoutMs: number;
  /**
   * Failed nodes and nodes under way together never exceed it; that many failed: halt. Per wave; ≥ 1. In a wave of fewer than ten times as many nodes it
   * is a tenth of them, rounded up (`errorBound`): a canary of one halts after one.
   */
  maxErrors: number;
  /** At most so many nodes under way at once. */
  maxInFlight: number;
  /** The way back is gone once on the first canary before the second wave (only where there is one). */
  rehearse: boolean;
  /** What a bad verdict does after the halt. */
  onFail: "roll-back" | "halt";
  gates: readonly Gate[];
  windows: readonly Window[];
  /** Live targets may differ from the plan by so much at the start (0.05). */
  driftMaxRatio: number;
  judge: JudgePolicy;
};

// ── plan ────────────────────────────────────────────────────────────────────────────────────────────

/** A node as the planner sees it. */
export type Candidate = {
  id: string;
  pool: string;
  zone: string;
  rack: string;
  /** What it is like – kernel, runtime version, hardware, application –, so that a sample is representative. */
  stratum: string;
  /** Its health before the change; only "well" nodes are changed, unless the change is for the sick ones. */
  health: "well" | "sick" | "not-reporting" | "unknown";
  isProtected: boolean;
};

export type SkipReason = "sick-before" | "not-reporting" | "unknown" | "protected" | "gone" | "held" | "not-needed";

export type Plan = {
  /** sha-256 over the sorted ids of all that may be changed; made by the host with `targetText()`. */
  targetHash: string;
  count: number;
  /** Ids by wave, in the order of their turns. */
  waves: readonly { domain: string; nodeIds: readonly string[] }[];
  skipped: readonly { id: string; reason: SkipReason }[];
};

// ── state ───────────────────────────────────────────────────────────────────────────────────────────

export type Phase =
  | "draft"
  | "planned"
  | "approved"
  | "running"
  | "paused"
  | "halted"
  | "rolling-back"
  | "rolled-back"
  | "succeeded"
  | "aborted";
export const FINAL = ["succeeded", "rolled-back", "aborted"] as const satisfies readonly Phase[];

/** What a running wave does. rehearse: the first canary goes back and forth once. */
export type Stage = "dispatch" | "rehearse" | "soak" | "gate";

/** How many targets of a wave stand where. The nodes themselves are the host's (node.ts says how each moves). */
export type Counts = {
  pending: number;
  applying: number;
  applied: number;
  failed: number;
  skipped: number;
  reverting: number;
  reverted: number;
  revertFailed: number;
};

export type WaveState = {
  domain: string;
  size: number;
  counts: Counts;
  /** Failed nodes that a person went on in spite of; they do not count as errors any more. ≤ counts.failed. */
  accepted: number;
  startedAt: number | null;
  /** When its last node had been changed: the soak begins. */
  settledAt: number | null;
  /** Soak that was watched so far, ms: neither pauses nor times without the engine count (of a gap at most two periods of the judge). Its end is at policy.soakMs. */
  soakedMs: number;
  passedAt: number | null;
  verdict: Verdict | null;
};

export type Verdict = { kind: "pass" | "fail" | "inconclusive"; at: number; why: Words };

export type State = {
  phase: Phase;
  stage: Stage | null;
  /** The wave under way; during a rollback the one that it began in. */
  wave: number;
  waves: readonly WaveState[];
  targetHash: string;
  count: number;
  isReversible: boolean;
  rehearsal: "none" | "needed" | "reverting" | "again" | "done";
  /** Phase that a pause goes back to. */
  resumesTo: "running" | "rolling-back" | null;
  /** Why it stands where it stands. */
  why: Words | null;
  approvedBy: readonly string[];
  startedAt: number | null;
  endedAt: number | null;
  lastJudgedAt: number | null;
  judgeAskedAt: number | null;
  /** Since when an answer of the judge is due. */
  judgeDueSince: number | null;
  /** Gate that waits. */
  gate: { after: number; kind: Gate["kind"]; askedAt: number } | null;
  /** How many of the gates after the present wave have opened. */
  gatesOpen: number;
  /** Time of the newest event that was taken in. */
  heardAt: number | null;
  /** Of all events that were taken in: a decision names it. */
  seq: number;
};

// ── events and effects ──────────────────────────────────────────────────────────────────────────────

/** Nodes that moved, counted by the host, each move once (it is a conditional update there). */
export type Moved = { wave: number; from: keyof Counts; to: keyof Counts; n: number };

export type Event = { at: number } & (
  | { type: "tick" }
  | {
      type: "planned";
      plan: { targetHash: string; waves: readonly { domain: string; size: number; skipped: number }[] };
      isReversible: boolean;
    }
  | { type: "approved"; targetHash: string; by: readonly string[] }
  /** Somebody starts it; `live`: `targetHash` over the targets as stored, `count` of what the selection gives now, `missing` of the stored ones that it gives no more. */
  | { type: "start"; live: { targetHash: string; count: number; missing: number }; by: string }
  | { type: "moved"; moves: readonly Moved[] }
  /** Fewer nodes than asked for were sent – the budget, a lease of somebody else –; `sum` says why. Asked again at the next tick. */
  | { type: "refused"; wave: number; sum: Words }
  /** `dataAt`: newest facts that it rests on. A verdict on another wave than the present one changes nothing, unless it is a fail. */
  | { type: "judged"; wave: number; verdict: "pass" | "fail" | "inconclusive" | "wait"; why: Words; dataAt: number }
  /** A module died, a node stopped reporting, a new critical finding: on nodes of a wave that was changed. */
  | { type: "hard-signal"; wave: number; why: Words }
  /** `nth`: which of the gates after that wave was asked, from 0; an answer that comes late or twice opens no other. Left out: the one that waits. */
  | { type: "gate"; after: number; isOpen: boolean; by: string; why: Words; nth?: number }
  | { type: "pause"; by: string; why: Words }
  | { type: "resume"; by: string; why: Words }
  /** Failed nodes of the present wave are to be tried once more; while it is paused or halted. They wait until it goes on. */
  | { type: "retry"; by: string; why: Words }
  /** Ends the soak of the present wave early; only where the policy's minimum exposure is reached, or two persons did it (`persons`). */
  | {
      type: "promote";
      by: string;
      persons: number;
      why: Words /** The wave that they meant; another changes nothing. */;
      wave?: number;
    }
  | { type: "abort"; by: string; why: Words }
  | { type: "roll-back"; by: string; why: Words }
  | { type: "freeze"; why: Words }
);

/** Carried out in their order and in the transaction that stores the state; what moved comes back as `moved` (and `refused`) before any other event. */
export type Effect =
  /** Take up to `max` pending nodes of the wave: budget, lease, state and command in one transaction. `only`: the rehearsal's node, which is reverted. */
  | { type: "dispatch"; wave: number; max: number; only: "rehearsal" | null }
  /** Commands that no node has confirmed are withdrawn; their nodes are pending again. */
  | { type: "withdraw" }
  /** Send up to `max` changed nodes back: applied ones and failed ones. `only`: the rehearsal's one node, the first that was applied. */
  | { type: "revert"; wave: number; max: number; only: "rehearsal" | null }
  | { type: "judge"; wave: number }
  | { type: "ask-gate"; after: number; gate: Gate }
  /** Failed nodes of the wave whose state was read since they failed are pending again; others stay failed. */
  | { type: "retry"; wave: number }
  /** Leases of a wave that has passed, or of everything that is over – never of a node that is still under way: that one ends with its run. */
  | { type: "release"; wave: number | "all" }
  | {
      type: "tell";
      kind: "started" | "wave-passed" | "paused" | "halted" | "rolled-back" | "succeeded" | "aborted";
      why: Words;
    };

export type Stepped = { state: State; effects: readonly Effect[] };

// ── the shared safety budget ────────────────────────────────────────────────────────────────────────

/** Per pool; editorial defaults in budget.ts. Ratios of the pool's nodes. */
export type BudgetPolicy = {
  /** Nodes that may be unavailable at once – sick ones, ones under way, cordoned ones –, whoever acts. At least 1. */
  maxUnavailable: { nodes: number } | { ratio: number };
  /** Nothing starts by itself while more than this share is sick. */
  maxUnhealthyRatio: number;
  /** Zones or racks in which anything may be unavailable by our doing at once. */
  maxDomains: number;
  /** Nodes that must stay available whatever else holds. */
  minAvailable: number;
};

/** How a pool stands in the transaction that asks. Each node is counted once. */
export type BudgetState = {
  pool: string;
  nodes: number;
  /** Sick or not reporting and without a lease. */
  sick: number;
  /** With a lease that counts as unavailable (under way, cordoned). */
  leased: number;
  /** Domains of those leases. */
  domains: readonly string[];
};

/** `isSick`: its node counts as unavailable already, so that acting on it takes nothing. */
export type BudgetAsk = { domain: string; isSick: boolean; isAutomatic: boolean };
/** `sum`: the numbers that decided, for people: "pool web: 2 sick + 3 under way + 1 asked = 6 > 5 of 50 (10 %)". */
export type BudgetAnswer = { isGranted: boolean; sum: Words };

// Whose failure is it likely to be, if the change does nothing? Nodes are compared with nodes like them, so that uneven nodes are no evidence. Called by units.ts.
import type { ArmName, SignalState } from "./types.ts";

/** Shape of the gamma distribution of nodes' own rates where canaries are few: one node in ten fails thirty times as often. Editorial. */
const SHAPE = 0.2;
/** Canaries and controls that have no domain in common may differ by so much by habit, while nobody knows how they were before. Editorial. */
const APART = 1.5;

export type Pair = Record<ArmName, number>;
export const none = (): Pair => ({ canary: 0, control: 0 });
export const shareOf = ({ canary, control }: Pair): number => (canary + control > 0 ? canary / (canary + control) : 0);

/** One node that can fail in this window. `past`: how often it has failed, before the change and after. */
export type AtRisk = { node: string; domain: string; arm: ArmName; exposure: number; past: number; hasFailed: boolean };

/** Failures of like nodes: `rho` is the chance that each is a canary's if the change does nothing. */
export type Bet = { canary: number; control: number; rho: number };

type Failures = {
  awake: readonly AtRisk[];
  single: readonly AtRisk[];
  domains: Pair;
  mixed: readonly Bet[];
  isFew: boolean;
};

/** All failures of a window, group by group. */
export function betsOf({ awake, single, domains, mixed, isFew }: Failures, state: SignalState): Bet[] {
  const offset = offsetOf(awake, state);
  const isWeighted = isFew && state.kind === "event";
  return [
    ...(isWeighted ? [weighted(awake, single)] : layers(awake, single)),
    together(awake, domains),
    ...mixed,
  ].flatMap(({ canary, control, rho }) => {
    const odds = offset * rho;
    return canary + control > 0 ? [{ canary, control, rho: odds / (odds + 1 - rho) }] : [];
  });
}

/** Nodes of each arm. */
export function count(nodes: readonly AtRisk[]): Pair {
  const pair = none();
  for (const { arm } of nodes) pair[arm] += 1;
  return pair;
}

/** The canaries' share of nodes, or of exposure where that is larger: errs towards "no harm". */
function shareOfNodes(nodes: readonly AtRisk[]): number {
  const exposure = none();
  for (const one of nodes) exposure[one.arm] += one.exposure;
  return Math.max(shareOf(count(nodes)), shareOf(exposure));
}

/**
 * Nodes with equally many failures in their past are compared with each other only. Whatever nodes are like by habit – as long as it does not depend on
 * who was chosen as a canary – the next failure among those is each one's with the same chance: uneven nodes are no evidence.
 */
function layers(awake: readonly AtRisk[], failing: readonly AtRisk[]): Bet[] {
  const layer = ({ past }: AtRisk) => past;
  const members = Map.groupBy(awake, layer);
  return [...Map.groupBy(failing, layer)].map(([past, some]) => ({
    ...count(some),
    rho: shareOfNodes(members.get(past) ?? []),
  }));
}

/** With few canaries layers hold one arm alone. There a node that fails again and again must be told from one that always did: nodes weigh by what their past makes likely (gamma-distributed rates). */
function weighted(awake: readonly AtRisk[], failing: readonly AtRisk[]): Bet {
  const weight = none();
  for (const { arm, past } of awake) weight[arm] += SHAPE + past;
  return { ...count(failing), rho: shareOf(weight) };
}

/** The chance that `failing` nodes which are all of one arm are all canaries, if they were drawn from these by chance. */
export function shareOfAll({ canary, control }: Pair, failing: number): number {
  if (failing > control) return 1;
  let odds = 1;
  for (let i = 0; i < failing; i += 1) odds *= Math.max(0, canary - i) / (control - i);
  return odds / (1 + odds);
}

/** Domains of one arm that failed as a whole: shares of nodes or of domains, whichever is larger. */
function together(awake: readonly AtRisk[], failing: Pair): Bet {
  const domains = none();
  for (const members of Map.groupBy(awake, ({ domain }) => domain).values())
    for (const arm of ["canary", "control"] as const) domains[arm] += Number(count(members)[arm] > 0);
  return { ...failing, rho: Math.max(shareOf(count(awake)), shareOf(domains)) };
}

/** How much worse canaries were than controls by habit, where chance did not choose them: they have no domain in common. 1 where it did. */
function offsetOf(awake: readonly AtRisk[], { before, habits }: SignalState): number {
  const arms = Map.groupBy(awake, ({ arm }) => arm);
  const canaries = arms.get("canary") ?? [];
  const domains = new Set((arms.get("control") ?? []).map(({ domain }) => domain));
  const own = new Set(canaries.map(({ domain }) => domain));
  const isApart = canaries.length >= 3 * own.size && canaries.every(({ domain }) => !domains.has(domain));
  if (!isApart) return 1;
  const isKnown = Object.keys(habits).length > 0;
  return isKnown ? Math.max(1, (before.canary + 1) / (before.due + 1)) : APART;
}

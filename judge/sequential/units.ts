// From readings to units of evidence: which nodes failed in this window, and which of them count as one. Called by observe.ts for each window.
import { hasFailed, scoreOf } from "./failing.ts";
import { type AtRisk, type Bet, betsOf, count, none, type Pair, shareOf, shareOfAll } from "./shares.ts";
import { binomialTail } from "./spread.ts";
import type { Rest, SequentialPolicy, SignalState, SignalWindow } from "./types.ts";

/** A node counts so often at most: what it is like is known by then. Where there are one or two canaries their events are all there is. */
export const UNITS_PER_NODE = { few: 60, many: 12 };
/** Up to so many canary nodes are few. */
export const FEW_NODES = 2;
/**
 * So unlikely must it be that nodes of a domain fail together by chance, to be the domain's trouble: where both arms stand in it, and where one does. It
 * goes by how many fail, never by whose they are: to count pairs of one arm and to drop mixed ones would speak for harm where there is none. Editorial.
 */
const TOGETHER = { both: 2e-3, one: 1e-5 };
/** In the very first window a failure is rare up to this share of nodes, both arms together. */
const RARE_MAX = 0.25;
/** With so many nodes of either arm in a domain its trouble splits as its nodes do: then whose they are is told one by one. Editorial. */
const WITNESSES = 20;
/** Taken for the share of failing nodes while next to nothing was seen. */
const USUAL = { failed: 0.1, atRisk: 50 };

export type WindowUnits = ReturnType<typeof unitsOf>;

/**
 * Counts the units of one window and who rests after it. `due`: how many of them were the canaries' by their share of nodes. `isUnclear`: canaries failed
 * together in a domain that has no controls.
 */
export function unitsOf(state: SignalState, window: SignalWindow, at: number, policy: SequentialPolicy) {
  const isFew = window.arms.canary.length <= FEW_NODES;
  const { all, ...figures } = readNodes(window, state);
  const trouble = troubles(all, state);
  const { until, awake } = awakeOf(all, state.rest, {
    at,
    trouble,
    most: isFew && state.kind === "event" ? UNITS_PER_NODE.few : UNITS_PER_NODE.many,
    ...policy,
  });
  const atRisk = count(awake);
  const isUnclear = [...trouble].some((domain) => all.every((one) => one.domain !== domain || one.arm === "canary"));
  const shown = { atRisk, until, isUnclear, ...figures };
  const found = awake.some((one) => one.hasFailed) ? countUp(awake, trouble) : null;
  if (!found) return { bets: [], ...none(), due: 0, hit: [], failed: [], ...shown };
  for (const key of [...found.failed, ...found.resting]) until[key] = at + policy.refractoryMs;
  const bets = betsOf({ awake, isFew, ...found }, state);
  const sum = (of: (bet: Pair) => number) => bets.reduce((total, bet) => total + of(bet), 0);
  const units = { canary: sum(({ canary }) => canary), control: sum(({ control }) => control) };
  const due = (units.canary + units.control) * shareOf(atRisk);
  return { bets, ...units, due, hit: found.hit, failed: found.failed, ...shown };
}

type Sleep = { at: number; refractoryMs: number; trouble: ReadonlySet<string>; most: number };
const DOMAIN = "domain:";

/** Who is at risk: neither rests, nor stands in a domain that does, nor has counted as often as a node may. */
function awakeOf(all: readonly AtRisk[], rest: Rest, { at, refractoryMs, trouble, most }: Sleep) {
  const until = Object.fromEntries(Object.entries(rest.until).filter(([, end]) => end > at));
  const asleep = new Set(Object.keys(until));
  const domains = new Set<string>();
  for (const key of asleep) if (key.startsWith(DOMAIN)) domains.add(key.slice(DOMAIN.length));
  for (const domain of domains) if (trouble.has(domain)) until[DOMAIN + domain] = at + refractoryMs; // still the same trouble
  const isAwake = ({ node, domain }: AtRisk) =>
    !domains.has(domain) && !asleep.has(node) && (rest.seen[node] ?? 0) < most;
  return { until, awake: all.filter(isAwake) };
}

/** Failing nodes one by one, domains in trouble as one. */
function countUp(awake: readonly AtRisk[], trouble: ReadonlySet<string>) {
  const failing = awake.filter((one) => one.hasFailed);
  const single = failing.filter(({ domain }) => !trouble.has(domain));
  const found = { single, domains: none(), mixed: [] as Bet[], resting: [] as string[] };
  const hit = single.flatMap(({ arm, node }) => (arm === "canary" ? [node] : []));
  for (const [domain, some] of Map.groupBy(failing, (one) => one.domain)) {
    if (!trouble.has(domain)) continue;
    const nodes = count(awake.filter((one) => one.domain === domain));
    const bad = count(some);
    const least = Math.min(nodes.canary, nodes.control);
    if (least >= WITNESSES) {
      found.mixed.push({ ...bad, rho: shareOf(nodes) });
      hit.push(...some.flatMap(({ arm, node }) => (arm === "canary" ? [node] : [])));
      continue;
    }
    // Nodes of both arms together: what hit them is of the domain, not of the change. Where one arm stands alone nobody can tell: it counts once.
    const isShared = bad.canary > 0 && bad.control > 0;
    if (isShared || least < 2) found.resting.push(DOMAIN + domain);
    if (isShared) continue;
    const arm = bad.canary > 0 ? "canary" : "control";
    if (least > 0) found.mixed.push({ ...none(), [arm]: 1, rho: shareOfAll(nodes, some.length) });
    else found.domains[arm] += 1;
    if (arm === "canary") hit.push(DOMAIN + domain);
  }
  return { ...found, hit, failed: failing.map(({ node }) => node) };
}

type Read = { all: AtRisk[]; nodes: Pair; raw: Pair; scores: number[] };

function readNodes(window: SignalWindow, state: SignalState): Read {
  const isLatency = state.kind === "latency";
  const { past, seen } = state.rest;
  const read: Read = { all: [], nodes: none(), raw: none(), scores: [] };
  for (const arm of ["canary", "control"] as const)
    for (const reading of window.arms[arm]) {
      const score = scoreOf(reading, state);
      if (score === null) continue;
      if (arm === "control") read.scores.push(score);
      if (isLatency && state.threshold === null) continue;
      const { node, domain } = reading;
      const isFailure = hasFailed(reading, score, state);
      read.nodes[arm] += 1;
      read.raw[arm] += isLatency ? Number(isFailure) : (reading.events ?? 0);
      const exposure = isLatency ? 1 : (reading.exposure ?? 0);
      read.all.push({ node, domain, arm, exposure, past: (past[node] ?? 0) + (seen[node] ?? 0), hasFailed: isFailure });
    }
  // Of what so many show at once nobody knows yet how much of it is usual. How many, not whose: that is no choice of evidence.
  const isUsual = state.threshold === null && share(read.all) > RARE_MAX;
  return isUsual ? { ...read, all: read.all.map((one) => ({ ...one, hasFailed: false })) } : read;
}

const share = (all: readonly AtRisk[]): number => all.filter((one) => one.hasFailed).length / all.length;

/** Domains in which more nodes fail together than chance would have it, by what the other domains and the past show. */
function troubles(all: readonly AtRisk[], { units, nodeWindows }: SignalState): Set<string> {
  const failures = all.filter((one) => one.hasFailed).length;
  const found = new Set<string>();
  if (failures < 2) return found;
  const seen = USUAL.atRisk + nodeWindows.canary + nodeWindows.control + all.length;
  const bad = USUAL.failed + units.canary + units.control + failures;
  for (const [domain, members] of Map.groupBy(all, (one) => one.domain)) {
    const failing = members.filter((one) => one.hasFailed);
    if (failing.length < 2) continue;
    const usual = (bad - failing.length) / (seen - members.length);
    const isMixed = members.some(({ arm }) => arm !== members[0]?.arm);
    if (binomialTail(failing.length, members.length, usual) < (isMixed ? TOGETHER.both : TOGETHER.one))
      found.add(domain);
  }
  return found;
}

/** The rest after one look, of the signals that share it. A node counts once, however many of them it failed in. */
export function restAfter(old: Rest, looks: readonly WindowUnits[], phase: "before" | "after"): Rest {
  const [first, ...others] = looks;
  const until: Record<string, number> = { ...first?.until };
  for (const look of others)
    for (const [key, end] of Object.entries(look.until)) until[key] = Math.max(until[key] ?? 0, end);
  const key = phase === "before" ? "past" : "seen";
  const failed = new Set(looks.flatMap((look) => look.failed));
  if (failed.size === 0) return { ...old, until };
  const counts = { ...old[key] };
  for (const node of failed) counts[node] = (counts[node] ?? 0) + 1;
  return { ...old, until, [key]: counts };
}

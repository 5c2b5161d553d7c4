// From readings to units of evidence: which nodes failed in this window, and which of them count as one. Called by observe.ts for each window.
import type { ArmName, NodeReading, SequentialPolicy, SignalState, SignalWindow } from "./types.ts";

/** A node counts so often at most, so that one sick machine halts nobody's rollout; on a canary of one or two nodes it is all there is. */
export const UNITS_PER_NODE = { few: 60, many: 4 };
/** Up to so many canary nodes are few. */
export const FEW_NODES = 2;

type Failing = { node: string; domain: string; arm: ArmName };

/** Share of the controls' durations that are slower than what counts as slow. */
const SLOW_QUANTILE = 0.95;

/** Nearest-rank quantile of unsorted numbers; null for none. */
export function quantile(values: readonly number[], p: number): number | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? null;
}

/** The controls' p95 of this window: what is slow in the next one. Each node weighs the same: its middle duration. */
export function slowThreshold(window: SignalWindow): number | null {
  const middles = window.arms.control.flatMap(({ values }) => quantile(values ?? [], 0.5) ?? []);
  return quantile(middles, SLOW_QUANTILE);
}

/** null: this reading says nothing. */
function hasFailed(kind: SignalState["kind"], reading: NodeReading, slowMs: number | null): boolean | null {
  if (kind !== "latency") return (reading.exposure ?? 0) > 0 ? (reading.events ?? 0) > 0 : null;
  const middle = quantile(reading.values ?? [], 0.5);
  return middle === null || slowMs === null ? null : middle > slowMs;
}

export type WindowUnits = {
  canary: number;
  control: number;
  /** The canary's share of what was at risk; the larger of its shares of nodes and of exposure, which errs towards "no harm". */
  rho: number;
  atRisk: Record<ArmName, number>;
  nodes: Record<ArmName, number>;
  raw: Record<ArmName, number>;
  hit: string[];
  rest: Record<string, number>;
  seen: Record<string, number>;
};

/** Counts the units of one window and who rests after it. */
export function unitsOf(state: SignalState, window: SignalWindow, at: number, policy: SequentialPolicy): WindowUnits {
  const rest = Object.fromEntries(Object.entries(state.rest).filter(([, until]) => until > at));
  const seen = { ...state.seen };
  const atRisk = { canary: 0, control: 0 };
  const nodes = { canary: 0, control: 0 };
  const raw = { canary: 0, control: 0 };
  const exposure = { canary: 0, control: 0 };
  const most = window.arms.canary.length <= FEW_NODES ? UNITS_PER_NODE.few : UNITS_PER_NODE.many;
  const byDomain = new Map<string, Failing[]>();
  for (const arm of ["canary", "control"] as const)
    for (const reading of window.arms[arm]) {
      const failed = hasFailed(window.kind, reading, state.slowMs);
      if (failed === null) continue;
      const { node, domain } = reading;
      nodes[arm] += 1;
      raw[arm] += window.kind === "latency" ? Number(failed) : (reading.events ?? 0);
      const domainKey = `domain:${domain}`;
      if (rest[domainKey] !== undefined && failed) rest[domainKey] = at + policy.refractoryMs; // still the same trouble
      if (rest[domainKey] !== undefined || rest[node] !== undefined || (seen[node] ?? 0) >= most) continue;
      atRisk[arm] += 1;
      exposure[arm] += window.kind === "latency" ? 1 : (reading.exposure ?? 0);
      if (failed) byDomain.set(domain, [...(byDomain.get(domain) ?? []), { node, domain, arm }]);
    }
  const units = { canary: 0, control: 0 };
  const hit: string[] = [];
  for (const [domain, failing] of byDomain) {
    const [first] = failing;
    if (!first) continue;
    const isShared = failing.some(({ arm }) => arm !== first.arm);
    for (const { node } of failing) {
      rest[node] = at + policy.refractoryMs;
      seen[node] = (seen[node] ?? 0) + 1;
    }
    // Nodes of both arms together: what hit them is of the domain, not of the change.
    if (isShared) rest[`domain:${domain}`] = at + policy.refractoryMs;
    else {
      units[first.arm] += 1;
      if (first.arm === "canary") hit.push(failing.length > 1 ? `domain:${domain}` : first.node);
    }
  }
  const share = (of: Record<ArmName, number>) => of.canary / (of.canary + of.control);
  return { ...units, rho: Math.max(share(atRisk), share(exposure)), atRisk, nodes, raw, hit, rest, seen };
}

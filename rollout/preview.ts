// What would happen: the time line of a plan if all goes well, and what a bad change would reach. For the wizard; pure arithmetic, no simulation.
import { errorBound } from "./counts.ts";
import type { Plan, Policy } from "./types.ts";
import { nextOpening } from "./windows.ts";

export type PreviewedWave = {
  wave: number;
  domain: string;
  size: number;
  /** Begin and end of sending and soak, epoch ms; null from the first gate on that somebody has to open: nobody can say. */
  startsAt: number | null;
  endsAt: number | null;
  /** A gate stands after it. */
  isGated: boolean;
};

export type Preview = {
  waves: PreviewedWave[];
  endsAt: number | null;
  /** Nodes under way at once, at worst. */
  unavailableMax: number;
  /** Nodes that have been touched when the first bad canary halts it, and at worst when the judge needs the whole of the first wave. */
  touchedWhenBad: { first: number; atWorst: number };
};

export type PreviewOptions = {
  /** When it would be started, epoch ms. */
  at: number;
  /** How long one node takes, ms; as measured, else a guess. */
  perNodeMs: number;
};

/** The time line of a plan without refusals, alarms and people; gates are taken as opened at once, but say that they are there. */
export function preview(plan: Pick<Plan, "waves">, policy: Policy, { at, perNodeMs }: PreviewOptions): Preview {
  const waves: PreviewedWave[] = [];
  let time: number | null = at;
  for (const [wave, { domain, nodeIds }] of plan.waves.entries()) {
    const size = nodeIds.length;
    const startsAt: number | null = time === null ? null : nextOpening(policy.windows, time);
    const isGated =
      wave < plan.waves.length - 1 && policy.gates.some(({ after }) => after === "each" || after === wave);
    const endsAt: number | null =
      startsAt === null ? null : startsAt + sendMs(size, wave, plan, policy, perNodeMs) + policy.soakMs;
    waves.push({ wave, domain, size, startsAt, endsAt, isGated });
    time = isGated ? null : endsAt;
  }
  const inFlight = waves.map(({ size }) => Math.min(size, policy.maxInFlight, errorBound(policy, size)));
  return {
    waves,
    endsAt: waves.at(-1)?.endsAt ?? null,
    unavailableMax: Math.max(0, ...inFlight),
    touchedWhenBad: { first: inFlight[0] ?? 0, atWorst: waves[0]?.size ?? 0 },
  };
}

/** Nodes go in rounds of what may be under way at once; the first wave's way back is gone once more. */
function sendMs(size: number, wave: number, plan: Pick<Plan, "waves">, policy: Policy, perNodeMs: number): number {
  const rounds = Math.ceil(size / Math.min(policy.maxInFlight, errorBound(policy, size)));
  const rehearsal = wave === 0 && policy.rehearse && plan.waves.length > 1 ? 2 : 0;
  return (rounds + rehearsal) * perNodeMs;
}

// A signal's newest numbers as people say them: "4.1 % of 820 calls against 0.2 % of 9,400". Pure; the words are in the messages.

import type { Locale } from "next-intl";
import type { LookArm, LookSignal } from "../../../../../server/rollouts/schema.ts";
import { count } from "../../../../_lib/format.ts";

/** Enough digits to tell two values apart, no more. */
const short = (value: number): string => String(Number(value.toPrecision(value >= 100 ? 3 : 2)));

/** A value of a signal: events per node and hour, shares in percent, latencies in ms or s, gauges as a share of what they were. */
export function formatSignal(kind: LookSignal["kind"], value: number): string {
  if (kind === "event") return `${short(value)}/h`;
  if (kind === "latency") return value >= 1 ? `${value.toFixed(1)} s` : `${Math.round(value * 1_000)} ms`;
  return `${short(value * 100)} %`;
}

/** Key of the sentence and what stands in it; "none": one side has no numbers yet. */
export type Plain =
  | { key: "event"; values: { canary: number; canaryNodes: number; control: number; controlNodes: number } }
  | { key: "calls"; values: { canary: string; canaryOf: string; control: string; controlOf: string } }
  | { key: "value"; values: { canary: string; canaryNodes: number; control: string; controlNodes: number } }
  | { key: "none"; values: { canaryNodes: number; controlNodes: number } };

const hasCalls = (arm: LookArm): arm is LookArm & { calls: number } => arm.calls !== undefined && arm.calls > 0;

/** Nothing happened on either side, or nobody can tell: the table has it, a sentence is not worth reading. */
export const saysSomething = ({ kind, canary, control, eValue, threshold }: LookSignal): boolean =>
  eValue >= threshold ||
  canary.events + control.events > 0 ||
  (kind !== "event" && canary.value !== null && control.value !== null);

export function plainNumbers({ kind, canary, control }: LookSignal, locale: Locale): Plain {
  const nodes = { canaryNodes: canary.nodes, controlNodes: control.nodes };
  // Cases of the whole wave: one look alone rarely has any.
  if (kind === "event") return { key: "event", values: { ...nodes, canary: canary.events, control: control.events } };
  if (canary.value === null || control.value === null) return { key: "none", values: nodes };
  const values = { canary: formatSignal(kind, canary.value), control: formatSignal(kind, control.value) };
  if (kind === "rate" && hasCalls(canary) && hasCalls(control))
    return {
      key: "calls",
      values: { ...values, canaryOf: count(canary.calls, locale), controlOf: count(control.calls, locale) },
    };
  return { key: "value", values: { ...values, ...nodes } };
}

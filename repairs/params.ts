// Readers of a finding's parameters: they were written by a check, perhaps by an older version of it, so nothing about them is taken for granted.
import type { ProcessRef } from "../protocol/facts-base.ts";
import type { RepairContext } from "./define.ts";

/** A text parameter, null when it is missing or something else. */
export function textParam(ctx: RepairContext, name: string): string | null {
  const value = ctx.finding.params[name];
  return typeof value === "string" ? value : null;
}

/** A process parameter {pid, startTicks}, null when it is missing or something else. */
export function processParam(ctx: RepairContext, name = "process"): ProcessRef | null {
  const value = ctx.finding.params[name];
  if (typeof value !== "object" || value === null || !("pid" in value) || !("startTicks" in value)) return null;
  const { pid, startTicks } = value;
  return typeof pid === "number" && typeof startTicks === "number" ? { pid, startTicks } : null;
}

/** The very same process, not a later one with its pid. */
export const sameProcess = (a: ProcessRef | null | undefined, b: ProcessRef | null | undefined): boolean =>
  !!a && !!b && a.pid === b.pid && a.startTicks === b.startTicks;

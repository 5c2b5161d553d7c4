// Handlers of the inspection jobs.
import type { z } from "zod";
import { demoteModes } from "../server/check-modes/demote.ts";
import { settleIncidents } from "../server/incidents/settle.ts";
import { inspect } from "../server/inspections/evaluate.ts";
import { INSPECT_BATCH_MAX, inspectNodes } from "../server/inspections/jobs.ts";
import { dueNodes } from "../server/inspections/sweep.ts";
import { settleMutes } from "../server/mutes/settle.ts";
import { noteChanges } from "../server/patrols/on-change.ts";
import { autoStart } from "../server/repairs/auto.ts";
import { verifyingRepairs } from "../server/repairs/sweep.ts";
import type { Summary, WorkerContext } from "./context.ts";
import { advanceAll } from "./repairs.ts";

/** With so many jobs waiting a sweep adds none: what is due stays due. */
const BACKLOG_MAX = 20;
/** Brings findings in line with the mutes that hold now. */
export async function handleSettleMutes(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  const done = await settleMutes(ctx.db, ctx.now());
  return { ...done, isIdle: done.muted + done.unmuted === 0 };
}

/** Shared causes first, then what may start by itself: whatever an incident holds back is not started. */
export async function handleSettleIncidents(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  const incidents = await settleIncidents(ctx.db, ctx.now());
  const demoted = await demoteModes(ctx.db, ctx.now());
  const started = await autoStart(ctx.db, ctx.now());
  for (const error of started.errors ?? []) ctx.log.error(error, "a repair could not be weighed");
  if (started.held) ctx.log.warn({ held: started.held }, "nothing starts by itself: too much turned bad at once");
  if (started.runs.length > 0) await advanceAll(started.runs, ctx);
  const isIdle = incidents.opened + incidents.closed + demoted + started.runs.length === 0;
  return { ...incidents, demoted, started: started.runs.length, prepared: started.prepared, isIdle };
}

/** A sweep looks at so few nodes itself; more are handed on in batches. */
const INLINE_MAX = 25;

export async function handleInspectNodes(
  { nodeIds }: z.output<typeof inspectNodes.payload>,
  ctx: WorkerContext,
): Promise<Summary> {
  const summary = await look(nodeIds, ctx);
  // These facts may be the ones that a verification waits for; its sweep would find them two seconds later.
  const verifying = await verifyingRepairs(ctx.db, nodeIds);
  return verifying.length === 0 ? summary : { ...summary, verifying: await advanceAll(verifying, ctx), isIdle: false };
}

export async function handleSweepInspections(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  const due = await dueNodes(ctx.db, ctx.now());
  if (due.length === 0) return { due: 0, isIdle: true };
  if (due.length <= INLINE_MAX) return { due: due.length, ...(await look(due, ctx)) };
  const { wait = 0 } = await ctx.queues.counts("inspections");
  if (wait > BACKLOG_MAX) return { due: due.length, backlog: wait };
  const batches: { nodeIds: string[] }[] = [];
  for (let at = 0; at < due.length; at += INSPECT_BATCH_MAX)
    batches.push({ nodeIds: due.slice(at, at + INSPECT_BATCH_MAX) });
  await ctx.queues.addBulk(inspectNodes, batches);
  return { due: due.length, batches: batches.length };
}

async function look(nodeIds: string[], ctx: WorkerContext): Promise<Summary> {
  const { errors, byCheck: _, ...counts } = await inspect(ctx.db, nodeIds, ctx.now());
  for (const error of errors) ctx.log.warn(error, "a check failed");
  await noteChanges(ctx.db, nodeIds, ctx.now());
  return { ...counts, errors: errors.length, isIdle: counts.opened + counts.closed + errors.length === 0 };
}

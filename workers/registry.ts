// Every job and its handler. A job in the list without a handler does not compile; a test compares the list with the definitions.
import type { z } from "zod";
import { pruneHistory } from "../server/housekeeping/jobs.ts";
import { inspectNodes, sweepInspections } from "../server/inspections/jobs.ts";
import { advanceRepairs, sweepRepairs } from "../server/repairs/jobs.ts";
import type { Summary, WorkerContext } from "./context.ts";
import { handlePruneHistory } from "./housekeeping.ts";
import { handleInspectNodes, handleSweepInspections } from "./inspections.ts";
import { handleAdvanceRepairs, handleSweepRepairs } from "./repairs.ts";

export const jobs = [inspectNodes, sweepInspections, advanceRepairs, sweepRepairs, pruneHistory] as const;

type Job = (typeof jobs)[number];
type Handler<J extends Job> = (payload: z.output<J["payload"]>, ctx: WorkerContext) => Promise<Summary>;
type Handlers = { [J in Job as J["name"]]: Handler<J> };

const handlers: Handlers = {
  "inspections.inspect-nodes": handleInspectNodes,
  "inspections.sweep": handleSweepInspections,
  "repairs.advance": handleAdvanceRepairs,
  "repairs.sweep": handleSweepRepairs,
  "housekeeping.prune": handlePruneHistory,
};

export type Bound = { job: Job; handle: (payload: unknown, ctx: WorkerContext) => Promise<Summary> };

/** The job of that name and its handler, which takes the payload as `job.payload` parsed it. */
export function boundJob(name: string): Bound | undefined {
  const job = jobs.find((j) => j.name === name);
  // The map's type ties each name to the payload of its own job; looked up by a string that tie is lost.
  return job && { job, handle: handlers[job.name] as Bound["handle"] };
}

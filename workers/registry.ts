// Every job and its handler. A job in the list without a handler does not compile; a test compares the list with the definitions.
import type { z } from "zod";
import { runBackTests } from "../server/back-test/jobs.ts";
import { pruneHistory } from "../server/housekeeping/jobs.ts";
import { settleIncidentsJob } from "../server/incidents/jobs.ts";
import { inspectNodes, sweepInspections } from "../server/inspections/jobs.ts";
import { settleMutesJob } from "../server/mutes/jobs.ts";
import { advanceRuns, sweepPatrols } from "../server/patrols/jobs.ts";
import { advanceRepairs, sweepRepairs } from "../server/repairs/jobs.ts";
import { advanceRollouts, askGates, sweepRollouts } from "../server/rollouts/jobs.ts";
import { handleRunBackTests } from "./back-tests.ts";
import type { Summary, WorkerContext } from "./context.ts";
import { handlePruneHistory } from "./housekeeping.ts";
import { handleInspectNodes, handleSettleIncidents, handleSettleMutes, handleSweepInspections } from "./inspections.ts";
import { handleAdvanceRuns, handleSweepPatrols } from "./patrols.ts";
import { handleAdvanceRepairs, handleSweepRepairs } from "./repairs.ts";
import { handleAdvanceRollouts, handleAskGates, handleSweepRollouts } from "./rollouts.ts";

export const jobs = [
  inspectNodes,
  sweepInspections,
  settleMutesJob,
  settleIncidentsJob,
  advanceRuns,
  sweepPatrols,
  runBackTests,
  advanceRepairs,
  sweepRepairs,
  advanceRollouts,
  sweepRollouts,
  askGates,
  pruneHistory,
] as const;

type Job = (typeof jobs)[number];
type Handler<J extends Job> = (payload: z.output<J["payload"]>, ctx: WorkerContext) => Promise<Summary>;
type Handlers = { [J in Job as J["name"]]: Handler<J> };

const handlers: Handlers = {
  "inspections.inspect-nodes": handleInspectNodes,
  "inspections.sweep": handleSweepInspections,
  "mutes.settle": handleSettleMutes,
  "incidents.settle": handleSettleIncidents,
  "patrols.advance": handleAdvanceRuns,
  "patrols.sweep": handleSweepPatrols,
  "checks.back-test": handleRunBackTests,
  "repairs.advance": handleAdvanceRepairs,
  "repairs.sweep": handleSweepRepairs,
  "rollouts.advance": handleAdvanceRollouts,
  "rollouts.sweep": handleSweepRollouts,
  "rollouts.ask-gates": handleAskGates,
  "housekeeping.prune": handlePruneHistory,
};

export type Bound = { job: Job; handle: (payload: unknown, ctx: WorkerContext) => Promise<Summary> };

/** The job of that name and its handler, which takes the payload as `job.payload` parsed it. */
export function boundJob(name: string): Bound | undefined {
  const job = jobs.find((j) => j.name === name);
  // The map's type ties each name to the payload of its own job; looked up by a string that tie is lost.
  return job && { job, handle: handlers[job.name] as Bound["handle"] };
}

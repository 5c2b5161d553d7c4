// Wakes whoever goes on after ingest: inspections of changed nodes, and repairs whose commands moved.
import { addBulk } from "../core/queue.ts";
import { INSPECT_BATCH_MAX, inspectNodes } from "../inspections/jobs.ts";
import { advanceRepairs } from "../repairs/jobs.ts";

/** Jobs carry ids only; sweeps make up for lost ones. */
export type Wake = { inspect: (nodeIds: string[]) => Promise<void>; advance: (repairIds: string[]) => Promise<void> };

const chunks = (ids: string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / INSPECT_BATCH_MAX) }, (_, i) =>
    ids.slice(i * INSPECT_BATCH_MAX, (i + 1) * INSPECT_BATCH_MAX),
  );

/** Through the queues. @throws AppError("unavailable") */
export const queueWake: Wake = {
  inspect: (nodeIds) =>
    addBulk(
      inspectNodes,
      chunks(nodeIds).map((part) => ({ nodeIds: part })),
    ),
  advance: (repairIds) =>
    addBulk(
      advanceRepairs,
      chunks(repairIds).map((part) => ({ repairIds: part })),
    ),
};

// Asks a repair to stop: before its first step, or between two steps. A step that was signed is never called back.
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { mutation } from "../core/verb.ts";
import { advanceRepairs } from "./jobs.ts";
import { toPlan } from "./rows.ts";
import { RepairRef, RepairState } from "./schema.ts";
import { canCancel } from "./step.ts";

export const cancelRepair = mutation({
  name: "repairs.cancel",
  access: "repairs:run",
  on: "node",
  input: RepairRef,
  async run({ tx, scope }, { id }) {
    const columns = {
      nodeId: true,
      findingId: true,
      state: true,
      step: true,
      isCancelRequested: true,
      plan: true,
    } as const;
    await scope.repair(tx, id);
    const row = await tx.repair.findUniqueOrThrow({ where: { id }, select: columns });
    const { nodeId, step, isCancelRequested } = row;
    const state = RepairState.parse(row.state);
    if (!isCancelRequested) {
      if (!canCancel({ state, step, isCancelRequested }, toPlan(row.plan).steps.length)) {
        throw new AppError("conflict", `repair ${id} is ${state}`, {
          publicMessage: "It is too late to cancel: the last step was sent already.",
        });
      }
      // A new version: a worker that decides right now without knowing of this starts anew.
      await tx.repair.updateMany({
        where: { id, endedAt: null },
        data: { isCancelRequested: true, version: { increment: 1 } },
      });
    }
    return {
      result: { id },
      audit: { entity: ["repair", id], nodeId, before: { state, step } },
      changes: [{ domain: "repairs", ids: [id] }],
      after: () => enqueue(advanceRepairs, { repairIds: [id] }),
    };
  },
});

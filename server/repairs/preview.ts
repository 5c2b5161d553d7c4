// What a repair, or its undo, would do now: guards with proof, steps, and the hash that `start` must be given.
import { approvalNeed } from "../approvals/ask.ts";
import { forecastRun } from "../budget/forecast.ts";
import { actorRef } from "../core/context.ts";
import { query } from "../core/verb.ts";
import { ladderOf } from "./ladder-of.ts";
import { planRepair, planUndo } from "./plan.ts";
import { PreviewRepair, RepairRef, type ShownPreview } from "./schema.ts";

export const previewRepair = query({
  name: "repairs.preview",
  access: "repairs:read",
  on: "node",
  input: PreviewRepair,
  async run({ db, actor, now, scope }, input): Promise<ShownPreview> {
    await scope.finding(db, input.findingId);
    const preview = await planRepair(db, input, now());
    return {
      ...preview,
      approval: await approvalNeed(db, actor, preview, now()),
      ladder: await ladderOf(db, input.findingId, now()),
      budget: await forecastRun(db, preview.nodeId, actorRef(actor)),
    };
  },
});

export const previewUndo = query({
  name: "repairs.previewUndo",
  access: "repairs:read",
  on: "node",
  input: RepairRef,
  async run({ db, actor, now, scope }, { id }): Promise<ShownPreview> {
    await scope.repair(db, id);
    const preview = await planUndo(db, id, now());
    return {
      ...preview,
      approval: await approvalNeed(db, actor, preview, now()),
      ladder: null,
      budget: await forecastRun(db, preview.nodeId, actorRef(actor)),
    };
  },
});

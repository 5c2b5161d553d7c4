// What a repair, or its undo, would do now: guards with proof, steps, and the hash that `start` must be given.
import { query } from "../core/verb.ts";
import { planRepair, planUndo } from "./plan.ts";
import { PreviewRepair, type RepairPreview, RepairRef } from "./schema.ts";

export const previewRepair = query({
  name: "repairs.preview",
  access: "repairs:read",
  input: PreviewRepair,
  run: ({ db, now }, input): Promise<RepairPreview> => planRepair(db, input, now()),
});

export const previewUndo = query({
  name: "repairs.previewUndo",
  access: "repairs:read",
  input: RepairRef,
  run: ({ db, now }, { id }): Promise<RepairPreview> => planUndo(db, id, now()),
});

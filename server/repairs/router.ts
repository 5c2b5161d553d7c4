// Procedures of the repairs domain.
import { expose, router } from "../api/trpc.ts";
import { cancelRepair } from "./cancel.ts";
import { getRepair } from "./get.ts";
import { listRepairs } from "./list.ts";
import { previewRepair, previewUndo } from "./preview.ts";
import { startRepair, undoRepair } from "./start.ts";

export const repairsRouter = router({
  list: expose(listRepairs),
  get: expose(getRepair),
  preview: expose(previewRepair),
  previewUndo: expose(previewUndo),
  start: expose(startRepair),
  undo: expose(undoRepair),
  cancel: expose(cancelRepair),
});

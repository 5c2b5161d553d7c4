// What a run of a repair is called.
import { changeByKind } from "../../changes/list.ts";
import type { Text } from "../../protocol/text.ts";
import { repairById } from "../../repairs/index.ts";

const CHANGE = "change/";

/** Title of a repair's run, or of a change's on one node; of one that left the catalogue its id. */
export function repairTitle(repairId: string, isUndo: boolean): Text {
  const known = repairId.startsWith(CHANGE) ? changeByKind(repairId.slice(CHANGE.length)) : repairById(repairId);
  const title = known?.title ?? { en: repairId, zh: repairId };
  return isUndo ? { en: `Undo: ${title.en}`, zh: `撤销：${title.zh}` } : title;
}

// What a run of a repair is called.
import type { Text } from "../../protocol/text.ts";
import { repairById } from "../../repairs/index.ts";

/** Title of a repair's run; of one that left the catalogue its id. */
export function repairTitle(repairId: string, isUndo: boolean): Text {
  const title = repairById(repairId)?.title ?? { en: repairId, zh: repairId };
  return isUndo ? { en: `Undo: ${title.en}`, zh: `撤销：${title.zh}` } : title;
}

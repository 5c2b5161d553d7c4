// What a run of a repair is called.
import { changeByKind } from "../../changes/list.ts";
import type { Text } from "../../protocol/text.ts";
import { repairById } from "../../repairs/index.ts";
import { REPORT, SHELL } from "./looks.ts";

const CHANGE = "change/";

const LOOKS: Record<string, Text> = {
  [REPORT]: { en: "Debug report", zh: "调试报告" },
  [SHELL]: { en: "Shell", zh: "终端" },
};

/** Title of a repair's run, or of a change's on one node; of one that left the catalogue its id. */
export function repairTitle(repairId: string, isUndo: boolean): Text {
  const look = LOOKS[repairId];
  if (look) return look;
  const known = repairId.startsWith(CHANGE) ? changeByKind(repairId.slice(CHANGE.length)) : repairById(repairId);
  const title = known?.title ?? { en: repairId, zh: repairId };
  return isUndo ? { en: `Undo: ${title.en}`, zh: `撤销：${title.zh}` } : title;
}

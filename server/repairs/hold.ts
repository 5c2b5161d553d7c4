// Which incident holds the repairs of a finding's node back: while a shared cause is open, mending nodes one by one helps nobody.
import type { Text } from "../../protocol/text.ts";
import type { Hold } from "./schema.ts";

export const holdColumns = { select: { id: true, title: true, state: true, nodeCount: true } } as const;

/** @param incident of the finding, null for none; a closed one holds nothing */
export function holdOf(incident: { id: string; title: unknown; state: string; nodeCount: number } | null): Hold | null {
  if (incident?.state !== "open") return null;
  const { en = "", zh = "" } = (incident.title ?? {}) as Partial<Text>; // written by server/incidents
  const { id, nodeCount } = incident;
  return {
    incidentId: id,
    title: { en, zh },
    nodeCount,
    text: {
      en: `Held: ${nodeCount} nodes share one trouble (${en}). Mend that first; a person may start this repair all the same, with a reason.`,
      zh: `已暂缓：${nodeCount} 个节点有共同原因（${zh}）。请先处理该原因；人员可说明理由后仍然启动此修复。`,
    },
  };
}

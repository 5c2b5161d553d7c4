// Why a node is left out, in words.
import type { Text } from "../../protocol/text.ts";
import type { SkipReason } from "../../rollout/types.ts";

export const skipWords: Record<SkipReason, Text> = {
  "sick-before": { en: "It was sick before the change.", zh: "变更之前已异常。" },
  "not-reporting": { en: "It does not report.", zh: "节点未上报。" },
  unknown: { en: "Nothing is known of its health.", zh: "健康状态未知。" },
  protected: { en: "It is protected.", zh: "节点受保护。" },
  gone: { en: "It was removed.", zh: "节点已被移除。" },
  held: { en: "It is in somebody else's hands.", zh: "节点正由他人占用。" },
  "not-needed": { en: "It does not need the change.", zh: "该节点无需此变更。" },
};

// Private to the repairs domain: what speaks against a repair besides its own guards, in both languages.
import type { Text } from "../../protocol/text.ts";

/** Compared by identity: which of them are passing says plan.ts. */
export const refusals = {
  closed: { en: "The problem is not there any more.", zh: "问题已不存在。" },
  busy: {
    en: "Another repair runs on this node; wait until it is over.",
    zh: "该节点上正在执行另一个修复，请等待其结束。",
  },
  offline: { en: "The node is not connected; nothing could be delivered.", zh: "节点未连接，命令无法送达。" },
  nothingToUndo: { en: "Nothing is left to undo.", zh: "没有可撤销的内容。" },
  notOver: { en: "The repair is not over yet.", zh: "修复尚未结束。" },
  observed: {
    en: "This check is only observed in this pool; no repair is offered.",
    zh: "该检查在此资源池中仅观察，不提供修复。",
  },
  undone: { en: "It was undone already.", zh: "已经撤销过。" },
} satisfies Record<string, Text>;

// The state of a shell in shape, colour and word, and why it ended.
"use client";
import type { ReactNode } from "react";
import type { Text } from "../../protocol/text.ts";
import type { ShellRow, ShellState } from "../../server/shells/schema.ts";
import { useText } from "../_lib/use-text.ts";
import type { Look } from "./state.ts";
import { StateBadge } from "./state-badge.tsx";

const states: Record<ShellState, { look: Look; label: Text }> = {
  awaiting: { look: { tone: "maintenance", shape: "pause" }, label: { en: "Waits for approval", zh: "等待批准" } },
  opening: { look: { tone: "accent", shape: "progress" }, label: { en: "Opening", zh: "正在打开" } },
  open: { look: { tone: "degraded", shape: "triangle" }, label: { en: "Open", zh: "已打开" } },
  ended: { look: { tone: "silent", shape: "square" }, label: { en: "Ended", zh: "已结束" } },
  refused: { look: { tone: "unknown", shape: "diamond" }, label: { en: "Not opened", zh: "未打开" } },
};

const reasons: Record<NonNullable<ShellRow["endReason"]>, Text> = {
  exit: { en: "left by its person", zh: "由使用者退出" },
  deadline: { en: "its time was up", zh: "到达时限" },
  closed: { en: "closed by its person", zh: "由使用者关闭" },
  stopped: { en: "stopped by somebody else", zh: "被他人终止" },
  lost: { en: "the node lost its connection", zh: "节点失去连接" },
  limit: { en: "it printed too much", zh: "输出过多" },
  freeze: { en: "the fleet was frozen", zh: "集群被冻结" },
  agent: { en: "the agent ended", zh: "Agent 已停止" },
  failed: { en: "it could not be opened", zh: "无法打开" },
};

export function ShellStateBadge({ shell }: { shell: ShellRow }): ReactNode {
  const text = useText();
  const { look, label } = states[shell.state];
  return <StateBadge look={look} label={text(label)} />;
}

/** "its time was up", with the exit code where there is one; nothing while it lives. */
export function ShellEndText({ shell }: { shell: ShellRow }): ReactNode {
  const text = useText();
  if (!shell.endReason) return null;
  return `${text(reasons[shell.endReason])}${shell.exitCode ? ` (${shell.exitCode})` : ""}`;
}

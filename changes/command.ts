// Change: one command that is the same for every node. Only commands whose parameters name nothing of one node: no process, container, interface or address.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { canonicalJson } from "../protocol/canonical-json.ts";
import { CommandAction } from "../protocol/commands.ts";
import type { Text } from "../protocol/text.ts";
import { actionRisk } from "../repairs/action-risk.ts";
import { defineChange } from "./define.ts";

/** Whether its parameters mean the same on every node. */
function isForAll(action: CommandAction): boolean {
  switch (action.type) {
    case "conntrack.flush":
    case "kernel.load-module":
      return true;
    case "module.restart":
      return action.params.process === null && action.params.mode !== "kill-restart";
    default:
      return false;
  }
}

const Params = z.strictObject({ action: CommandAction }).superRefine(({ action }, ctx) => {
  if (!isForAll(action))
    ctx.addIssue({ code: "custom", path: ["action"], message: `${action.type} is not the same for every node` });
});

function wordsOf(action: CommandAction): Text {
  switch (action.type) {
    case "conntrack.flush":
      return t(
        `Drop tracked connections: ${action.params.which.join(", ")}`,
        `清除连接跟踪条目：${action.params.which.join("、")}`,
      );
    case "kernel.load-module":
      return t(`Load the kernel module ${action.params.name}`, `加载内核模块 ${action.params.name}`);
    case "module.restart":
      return action.params.mode === "start"
        ? t(`Start ${action.params.module} where it does not run`, `在未运行的节点上启动 ${action.params.module}`)
        : t(`Restart ${action.params.module}`, `重启 ${action.params.module}`);
    default:
      return t(action.type, action.type);
  }
}

const moduleOf = (action: CommandAction): string | null =>
  action.type === "module.restart" ? action.params.module : null;

export const commandChange = defineChange({
  kind: "command",
  title: t("Command", "命令"),
  about: t(
    "Runs one command of the agent's closed list on every node.",
    "在每个节点上执行 agent 固定清单中的一条命令。",
  ),
  params: Params,
  on: "node",
  summary: ({ action }) => wordsOf(action),
  risk: ({ action }) => actionRisk(action),
  isReversible: () => false,
  acts: "on-well",
  needs: ["modules"],
  plan: ({ action }, { facts }) => {
    const name = moduleOf(action);
    const module = facts.modules?.data?.find((one) => one.name === name);
    if (name !== null && (!module || module.state === "absent"))
      return { nothing: t(`${name} does not run on this node.`, `该节点上没有运行 ${name}。`), isThere: false };
    if (module && !module.restartable)
      return { refused: t(`This node does not let ${name} be restarted.`, `该节点不允许重启 ${name}。`) };
    if (action.type === "module.restart" && action.params.mode === "start" && module?.process)
      return { nothing: t(`${name} runs.`, `${name} 正在运行。`), isThere: true };
    return {
      plan: {
        evidence: name === null ? { sections: ["kmsg"] } : { sections: ["module-log"], module: name },
        steps: [{ title: wordsOf(action), action }],
        touches: t("What the command names and nothing else.", "仅影响该命令所指的对象。"),
      },
    };
  },
  revert: () => [],
  covers: ({ action: approved }, action, direction) =>
    direction === "apply" && canonicalJson(action) === canonicalJson(approved),
  touchesModules: ({ action }) => (action.type === "module.restart" ? [action.params.module] : []),
  pathRan: ({ action }, facts, since) => {
    const name = moduleOf(action);
    if (name === null) return null;
    const module = facts.modules?.data?.find((one) => one.name === name);
    return module?.state === "running" && module.startedAt !== null && module.startedAt >= since;
  },
});

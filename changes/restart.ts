// What changes share that end with the restart of the module that reads or is what they changed: the step, what speaks against it, the proof that it ran.
import { t } from "../checks/text.ts";
import type { CommandAction } from "../protocol/commands.ts";
import type { Facts } from "../protocol/facts.ts";
import type { Step } from "../repairs/define.ts";
import type { NodePlan } from "./define.ts";

/** How long a module may take until it answers again, ms. */
const READY_MS = 60_000;

export const restartOf = (module: string): CommandAction => ({
  type: "module.restart",
  params: { module, mode: "restart", process: null, readyTimeoutMs: READY_MS },
});

/** None for null. */
export const restartSteps = (module: string | null): Step[] =>
  module === null
    ? []
    : [
        {
          title: t(`Restart ${module} and wait until it answers`, `重启 ${module} 并等待其应答`),
          action: restartOf(module),
        },
      ];

const moduleIn = (facts: Facts, name: string) => facts.modules?.data?.find((module) => module.name === name);

/** Why a change that restarts this module is not for the node; null when nothing speaks against it. */
export function whyNoRestart(facts: Facts, name: string | null): NodePlan | null {
  if (name === null) return null;
  const module = moduleIn(facts, name);
  if (!module || module.state === "absent")
    return { nothing: t(`${name} does not run on this node.`, `该节点上没有运行 ${name}。`), isThere: false };
  return module.restartable
    ? null
    : { refused: t(`This node does not let ${name} be restarted.`, `该节点不允许重启 ${name}。`) };
}

/** Whether the module was started since; null without one. */
export function ranSince(facts: Facts, name: string | null, since: number): boolean | null {
  if (name === null) return null;
  const module = moduleIn(facts, name);
  return module?.state === "running" && module.startedAt !== null && module.startedAt >= since;
}

// What an action can cost at the least, whatever the repair around it says of itself: a plan is as risky as its worst part.
import type { CommandAction, CommandType } from "../protocol/commands.ts";
import type { Plan, RepairDefinition, Risk } from "./define.ts";

const order = { safe: 0, disruptive: 1, destructive: 2 } as const satisfies Record<Risk, number>;

/** The worst of some risks; safe when there are none. */
export const worstRisk = (risks: readonly Risk[]): Risk =>
  risks.reduce<Risk>((worst, risk) => (order[risk] > order[worst] ? risk : worst), "safe");

/** Whether `a` is at least as bad as `b`. */
export const isAtLeast = (a: Risk, b: Risk): boolean => order[a] >= order[b];

/** What is lost for good, interrupted, or neither, at the least. */
const risks: Record<CommandType, Risk> = {
  "evidence.capture": "safe",
  // A module that does not run is started; anything else interrupts it: see below.
  "module.restart": "disruptive",
  "shim.reap": "disruptive",
  // Processes end that nobody can start again.
  "container.end-lost": "destructive",
  "container.restart": "disruptive",
  // Logs of dead containers, and images whose registry may be gone.
  "runtime.prune": "destructive",
  "lxcfs.reattach": "disruptive",
  "nic.rename": "disruptive",
  // Lazily, of a container that is gone, with nobody in it; deletes nothing.
  "mount.detach": "safe",
  "cni.restore": "safe",
  // A wrong number can starve a node (vm.min_free_kbytes, kernel.pid_max).
  "sysctl.set": "disruptive",
  "conntrack.flush": "disruptive",
  "process.nudge": "safe",
};

/** The least risk of an action. */
export function actionRisk(action: Pick<CommandAction, "type" | "params">): Risk {
  if (action.type === "module.restart" && "mode" in action.params && action.params.mode === "start") return "safe";
  return risks[action.type];
}

/** The risk of a plan: the worse of what the catalogue says of the repair and of each of its actions. */
export const planRisk = (definition: Pick<RepairDefinition, "risk">, plan: Pick<Plan, "steps">): Risk =>
  worstRisk([definition.risk, ...plan.steps.map(({ action }) => actionRisk(action))]);

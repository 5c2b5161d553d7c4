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
  "debug.collect": "safe",
  // Whatever root can do on a node: never without another person's signature.
  "shell.open": "disruptive",
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
  "process.resume": "safe",
  "sandbox.end": "destructive",
  // Dead sandboxes, but their containers' last words (logs, exit codes) go with them.
  "pod.remove": "disruptive",
  "cni.release": "safe",
  "netns.remove": "safe",
  "link.set": "disruptive",
  "neighbour.drop": "safe",
  "firewall.drop-rule": "disruptive",
  "firewall.add-rule": "disruptive",
  "log.trim": "destructive",
  // Whoever froze it, for a snapshot, a backup or a checkpoint, may still need it so.
  "filesystem.thaw": "disruptive",
  "container.thaw": "disruptive",
  // Lowered it stops a container from forking, raised it lifts a protection.
  "container.pids-max": "disruptive",
  "module.limits": "safe",
  // br_netfilter sends bridged packets through the filter, nf_conntrack tracks and may drop; what is loaded stays.
  "kernel.load-module": "disruptive",
  // Empty folders of pods that are gone.
  "volume.clear": "safe",
  // What a runtime reads at its next start, the names of programs that it runs as root among it.
  "file.put": "disruptive",
  "file.restore": "disruptive",
  "sysctl.put": "disruptive",
  "sysctl.restore": "disruptive",
  // Other files under running programs; what they do at their next start is other.
  "package.install": "disruptive",
  "package.restore": "disruptive",
  // Costs bandwidth and disk, interrupts nobody.
  "image.pull": "safe",
};

/** Kernel modules that change no packet's way by being there. The others begin to filter or track what passed untouched before. */
const QUIET_MODULES: readonly string[] = ["overlay", "vxlan", "veth", "fuse", "target_core_user"];

/** The least risk of an action. */
export function actionRisk(action: Pick<CommandAction, "type" | "params">): Risk {
  const { type, params } = action;
  if (type === "module.restart" && "mode" in params && params.mode === "start") return "safe";
  if (type === "kernel.load-module" && "name" in params && QUIET_MODULES.includes(String(params.name))) return "safe";
  return risks[type];
}

/** The risk of a plan: the worse of what the catalogue says of the repair and of each of its actions. */
export const planRisk = (definition: Pick<RepairDefinition, "risk">, plan: Pick<Plan, "steps">): Risk =>
  worstRisk([definition.risk, ...plan.steps.map(({ action }) => actionRisk(action))]);

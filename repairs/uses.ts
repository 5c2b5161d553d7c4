// Which commands each repair is made of, forth and back. A rollout of a repair is approved as a whole while its steps differ from node to node: by this
// table the dispatcher knows what may be among them, whatever the rows say. Its test compares it with what the plans hold.
import type { CommandAction, CommandType } from "../protocol/commands.ts";
import type { RepairId } from "./index.ts";

type Use = {
  forth: readonly CommandType[];
  back?: readonly CommandType[];
  /** Of module.restart: how. */
  mode?: "start" | "restart" | "kill-restart";
  /** Of sysctl.set: which settings. */
  keys?: RegExp;
  /** Of sysctl.set: numbers go up on the way forth and down on the way back. */
  rises?: boolean;
};

const raises = (keys: RegExp): Use => ({ forth: ["sysctl.set"], back: ["sysctl.set"], keys, rises: true });
const only = (type: CommandType): Use => ({ forth: [type] });
const both = (forth: CommandType, back: CommandType): Use => ({ forth: [forth], back: [back] });
const restarts = (mode: Use["mode"]): Use => ({ forth: ["module.restart"], mode });

/** Repair → its commands. */
export const uses: Record<RepairId, Use> = {
  "start-runtime": restarts("start"),
  "restart-hung-runtime": restarts("kill-restart"),
  "reap-orphan-shim": only("shim.reap"),
  "end-lost-container": only("container.end-lost"),
  "prune-runtime": only("runtime.prune"),
  "reattach-lxcfs": only("lxcfs.reattach"),
  "rename-nic": both("nic.rename", "nic.rename"),
  "detach-leaked-mount": only("mount.detach"),
  "restore-cni-config": only("cni.restore"),
  "relieve-conntrack": {
    forth: ["sysctl.set", "conntrack.flush"],
    back: ["sysctl.set"],
    keys: /^net\.netfilter\.nf_conntrack_(max|udp_timeout)$/,
  },
  "nudge-zombie-parent": only("process.nudge"),
  "restart-container": only("container.restart"),
  "thaw-filesystem": only("filesystem.thaw"),
  "raise-inotify-limits": raises(/^fs\.inotify\.max_user_(instances|watches)$/),
  "raise-pid-max": raises(/^kernel\.(pid_max|threads-max)$/),
  "raise-file-max": raises(/^fs\.file-max$/),
  "raise-bpf-jit-limit": raises(/^net\.core\.bpf_jit_limit$/),
  "load-kernel-modules": only("kernel.load-module"),
  "start-module": restarts("start"),
  "continue-module": only("process.resume"),
  "restart-module": restarts("kill-restart"),
  "raise-module-files": only("module.limits"),
  "clear-orphan-volumes": only("volume.clear"),
  "release-cni-leases": only("cni.release"),
  "remove-leaked-netns": only("netns.remove"),
  "set-link-up": only("link.set"),
  "reattach-pod-link": only("link.set"),
  "drop-neighbour": only("neighbour.drop"),
  "turn-on-ip-forward": raises(/^net\.ipv4\.ip_forward$/),
  // 1 (strict) becomes 2 (loose) or 0 (off).
  "relax-rp-filter": {
    forth: ["sysctl.set"],
    back: ["sysctl.set"],
    keys: /^net\.ipv4\.conf\.[A-Za-z0-9_][A-Za-z0-9_-]{0,14}\.rp_filter$/,
  },
  "drop-reject-rule": both("firewall.drop-rule", "firewall.add-rule"),
  "raise-netdev-backlog": raises(/^net\.core\.netdev_max_backlog$/),
  "raise-neighbour-table": raises(/^net\.ipv4\.neigh\.default\.gc_thresh[23]$/),
  "raise-tcp-memory": raises(/^net\.ipv4\.tcp_mem$/),
  "raise-tcp-orphans": raises(/^net\.ipv4\.tcp_max_orphans$/),
  "resume-shim": only("process.resume"),
  "resume-runtime": only("process.resume"),
  "resume-module": only("process.resume"),
  "thaw-container": only("container.thaw"),
  "raise-pids-limit": both("container.pids-max", "container.pids-max"),
  "remove-dead-sandboxes": only("pod.remove"),
  "trim-container-log": only("log.trim"),
  "end-leftover-sandbox": only("sandbox.end"),
  "restart-unhealthy-container": only("container.restart"),
  "restart-runtime-without-socket": restarts("restart"),
};

const usesById = new Map<string, Use>(Object.entries(uses));
const numbers = (text: string): number[] => text.trim().split(/\s+/).map(Number);

/** None is lower and one is higher. */
function isRise(from: string, to: string): boolean {
  const [before, after] = [numbers(from), numbers(to)];
  if (before.length !== after.length) return false;
  return before.every((n, i) => n <= (after[i] ?? -1)) && before.some((n, i) => n < (after[i] ?? -1));
}

/** Whether a plan of that repair may hold this command, forth or back. */
export function isUsedBy(repairId: string, action: CommandAction, direction: "apply" | "revert"): boolean {
  const use = usesById.get(repairId);
  const types = direction === "apply" ? use?.forth : use?.back;
  if (!use || !types?.includes(action.type)) return false;
  if (action.type === "module.restart" && action.params.mode !== use.mode) return false;
  if (action.type !== "sysctl.set") return true;
  const { key, expected, value } = action.params;
  if (!use.keys?.test(key)) return false;
  return !use.rises || (direction === "apply" ? isRise(expected, value) : isRise(value, expected));
}

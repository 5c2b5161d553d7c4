// Every command this agent can carry out, one file each; a type without one does not compile.
import type { CommandType } from "../../protocol/commands.ts";
import { cniRestore } from "./cni-restore.ts";
import { conntrackFlush } from "./conntrack-flush.ts";
import { containerEndLost } from "./container-end-lost.ts";
import { containerRestart } from "./container-restart.ts";
import type { Command } from "./define.ts";
import { evidenceCapture } from "./evidence-capture.ts";
import { lxcfsReattach } from "./lxcfs-reattach.ts";
import { moduleRestart } from "./module-restart.ts";
import { mountDetach } from "./mount-detach.ts";
import { nicRename } from "./nic-rename.ts";
import { processNudge } from "./process-nudge.ts";
import { runtimePrune } from "./runtime-prune.ts";
import { shimReap } from "./shim-reap.ts";
import { sysctlSet } from "./sysctl-set.ts";

/** Type → implementation. */
export const commands: { [T in CommandType]: Command<T> } = {
  "evidence.capture": evidenceCapture,
  "module.restart": moduleRestart,
  "shim.reap": shimReap,
  "container.end-lost": containerEndLost,
  "container.restart": containerRestart,
  "runtime.prune": runtimePrune,
  "lxcfs.reattach": lxcfsReattach,
  "nic.rename": nicRename,
  "mount.detach": mountDetach,
  "cni.restore": cniRestore,
  "sysctl.set": sysctlSet,
  "conntrack.flush": conntrackFlush,
  "process.nudge": processNudge,
};

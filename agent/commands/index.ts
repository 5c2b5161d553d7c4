// Every command this agent can carry out, one file each; a type without one does not compile.
import type { CommandType } from "../../protocol/commands.ts";
import { cniRelease } from "./cni-release.ts";
import { cniRestore } from "./cni-restore.ts";
import { conntrackFlush } from "./conntrack-flush.ts";
import { containerPidsMax, containerThaw } from "./container-cgroup.ts";
import { containerEndLost } from "./container-end-lost.ts";
import { containerRestart } from "./container-restart.ts";
import { debugCollect } from "./debug-collect.ts";
import type { Command } from "./define.ts";
import { evidenceCapture } from "./evidence-capture.ts";
import { filePut, fileRestore } from "./file-managed.ts";
import { filesystemThaw } from "./filesystem-thaw.ts";
import { firewallAddRule, firewallDropRule } from "./firewall-rules.ts";
import { imagePull } from "./image-pull.ts";
import { kernelLoadModule } from "./kernel-load-module.ts";
import { linkSet } from "./link-set.ts";
import { logTrim } from "./log-trim.ts";
import { lxcfsReattach } from "./lxcfs-reattach.ts";
import { moduleLimits } from "./module-limits.ts";
import { moduleRestart } from "./module-restart.ts";
import { mountDetach } from "./mount-detach.ts";
import { neighbourDrop } from "./neighbour-drop.ts";
import { netnsRemove } from "./netns-remove.ts";
import { nicRename } from "./nic-rename.ts";
import { packageInstall, packageRestore } from "./package-managed.ts";
import { podRemove } from "./pod-remove.ts";
import { processNudge } from "./process-nudge.ts";
import { processResume } from "./process-resume.ts";
import { runtimePrune } from "./runtime-prune.ts";
import { sandboxEnd } from "./sandbox-end.ts";
import { shellOpen } from "./shell-open.ts";
import { shimReap } from "./shim-reap.ts";
import { sysctlPut, sysctlRestore } from "./sysctl-managed.ts";
import { sysctlSet } from "./sysctl-set.ts";
import { volumeClear } from "./volume-clear.ts";

/** Type → implementation. */
export const commands: { [T in CommandType]: Command<T> } = {
  "evidence.capture": evidenceCapture,
  "debug.collect": debugCollect,
  "shell.open": shellOpen,
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
  "process.resume": processResume,
  "sandbox.end": sandboxEnd,
  "pod.remove": podRemove,
  "cni.release": cniRelease,
  "netns.remove": netnsRemove,
  "link.set": linkSet,
  "neighbour.drop": neighbourDrop,
  "firewall.drop-rule": firewallDropRule,
  "firewall.add-rule": firewallAddRule,
  "log.trim": logTrim,
  "filesystem.thaw": filesystemThaw,
  "container.thaw": containerThaw,
  "container.pids-max": containerPidsMax,
  "module.limits": moduleLimits,
  "kernel.load-module": kernelLoadModule,
  "volume.clear": volumeClear,
  "file.put": filePut,
  "file.restore": fileRestore,
  "sysctl.put": sysctlPut,
  "sysctl.restore": sysctlRestore,
  "package.install": packageInstall,
  "package.restore": packageRestore,
  "image.pull": imagePull,
};

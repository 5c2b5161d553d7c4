// Repairs of the machine: storage, kernel limits, modules. One import, one line.
import type { RepairDefinition } from "../define.ts";
import { loadKernelModules } from "./load-kernel-modules.ts";
import { raiseBpfJitLimit } from "./raise-bpf-jit-limit.ts";
import { raiseFileMax } from "./raise-file-max.ts";
import { raiseInotifyLimits } from "./raise-inotify-limits.ts";
import { raisePidMax } from "./raise-pid-max.ts";
import { thawFilesystem } from "./thaw-filesystem.ts";

export const machineRepairs = [
  thawFilesystem,
  raiseInotifyLimits,
  raisePidMax,
  raiseFileMax,
  raiseBpfJitLimit,
  loadKernelModules,
] as const satisfies readonly RepairDefinition[];

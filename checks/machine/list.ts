// Checks of the machine: memory, CPU, storage, hardware, kernel. One import, one line.
import type { Check } from "../define.ts";
import { bpfJitAlmostFull } from "./bpf-jit-almost-full.ts";
import { cgroupsLeaked } from "./cgroups-leaked.ts";
import { cpuSoftirq } from "./cpu-softirq.ts";
import { cpuSteal } from "./cpu-steal.ts";
import { crashDumpFound } from "./crash-dump-found.ts";
import { diskBusy } from "./disk-busy.ts";
import { diskWillFillSoon } from "./disk-will-fill-soon.ts";
import { entropyLow } from "./entropy-low.ts";
import { fabricManagerDown } from "./fabric-manager-down.ts";
import { filesAlmostGone } from "./files-almost-gone.ts";
import { filesystemFrozen } from "./filesystem-frozen.ts";
import { fuseCongested } from "./fuse-congested.ts";
import { gpuCountShort } from "./gpu-count-short.ts";
import { gpuPersistenceOff } from "./gpu-persistence-off.ts";
import { gpuRowRemap } from "./gpu-row-remap.ts";
import { hardwareCorruptedMemory } from "./hardware-corrupted-memory.ts";
import { infinibandPortDown } from "./infiniband-port-down.ts";
import { inotifyInstancesLow } from "./inotify-instances-low.ts";
import { inotifyWatchesLow } from "./inotify-watches-low.ts";
import { kernelModulesMissing } from "./kernel-modules-missing.ts";
import { loadTooHigh } from "./load-too-high.ts";
import { majorFaultsStorm } from "./major-faults-storm.ts";
import { memoryCorrectableErrors } from "./memory-correctable-errors.ts";
import { memoryLow } from "./memory-low.ts";
import { memoryPressure } from "./memory-pressure.ts";
import { memoryUncorrectableErrors } from "./memory-uncorrectable-errors.ts";
import { nfsNotAnswering } from "./nfs-not-answering.ts";
import { nvmeNotLive } from "./nvme-not-live.ts";
import { overheating } from "./overheating.ts";
import { pidsAlmostGone } from "./pids-almost-gone.ts";
import { raidDegraded } from "./raid-degraded.ts";
import { slabGrowing } from "./slab-growing.ts";
import { swapFilling } from "./swap-filling.ts";
import { zramFilling } from "./zram-filling.ts";

export const machineChecks = [
  bpfJitAlmostFull,
  cgroupsLeaked,
  cpuSoftirq,
  cpuSteal,
  crashDumpFound,
  diskBusy,
  diskWillFillSoon,
  entropyLow,
  fabricManagerDown,
  filesAlmostGone,
  filesystemFrozen,
  fuseCongested,
  gpuCountShort,
  gpuPersistenceOff,
  gpuRowRemap,
  hardwareCorruptedMemory,
  infinibandPortDown,
  inotifyInstancesLow,
  inotifyWatchesLow,
  kernelModulesMissing,
  loadTooHigh,
  majorFaultsStorm,
  memoryCorrectableErrors,
  memoryLow,
  memoryPressure,
  memoryUncorrectableErrors,
  nfsNotAnswering,
  nvmeNotLive,
  overheating,
  pidsAlmostGone,
  raidDegraded,
  slabGrowing,
  swapFilling,
  zramFilling,
] as const satisfies readonly Check[];

// Checks of containers, sandboxes, shims and the runtime as the kernel sees them. One import, one line.
import type { Check } from "../define.ts";
import { attachImpossible } from "./attach-impossible.ts";
import { containerCpuNearLimit } from "./container-cpu-near-limit.ts";
import { containerCpuThrottled } from "./container-cpu-throttled.ts";
import { containerExitedBadly } from "./container-exited-badly.ts";
import { containerFilesNearLimit } from "./container-files-near-limit.ts";
import { containerFrozen } from "./container-frozen.ts";
import { containerLogLarge } from "./container-log-large.ts";
import { containerMemoryNearLimit } from "./container-memory-near-limit.ts";
import { containerNoLimits } from "./container-no-limits.ts";
import { containerOomKilled } from "./container-oom-killed.ts";
import { containerPidsLimit } from "./container-pids-limit.ts";
import { containerPrivileged } from "./container-privileged.ts";
import { containerRequestsFarOff } from "./container-requests-far-off.ts";
import { containerRestarting } from "./container-restarting.ts";
import { containerRunsAsRoot } from "./container-runs-as-root.ts";
import { containerUnhealthy } from "./container-unhealthy.ts";
import { containersTooMany } from "./containers-too-many.ts";
import { deadContainersMany } from "./dead-containers-many.ts";
import { diskquotaExceeded } from "./diskquota-exceeded.ts";
import { diskquotaNotApplied } from "./diskquota-not-applied.ts";
import { environmentHuge } from "./environment-huge.ts";
import { gvisorGoferGone } from "./gvisor-gofer-gone.ts";
import { gvisorSandboxGone } from "./gvisor-sandbox-gone.ts";
import { jvmSeesHostMemory } from "./jvm-sees-host-memory.ts";
import { kataAgentSilent } from "./kata-agent-silent.ts";
import { lxcLeftovers } from "./lxc-leftovers.ts";
import { lxcfsNotSeen } from "./lxcfs-not-seen.ts";
import { nprocSharedByUid } from "./nproc-shared-by-uid.ts";
import { opsAgentMissing } from "./ops-agent-missing.ts";
import { opsAgentOutdated } from "./ops-agent-outdated.ts";
import { opsSidecarQos } from "./ops-sidecar-qos.ts";
import { podStuckTerminating } from "./pod-stuck-terminating.ts";
import { runcStuck } from "./runc-stuck.ts";
import { runtimeClassMissing } from "./runtime-class-missing.ts";
import { runtimeCrashLoop } from "./runtime-crash-loop.ts";
import { runtimeCriOff } from "./runtime-cri-off.ts";
import { runtimeNotReady } from "./runtime-not-ready.ts";
import { runtimeSocketMissing } from "./runtime-socket-missing.ts";
import { sandboxLeftover } from "./sandbox-leftover.ts";
import { sandboxProcessLeftover } from "./sandbox-process-leftover.ts";
import { serialNumberWrong } from "./serial-number-wrong.ts";
import { shimHung } from "./shim-hung.ts";
import { shimWithoutChildren } from "./shim-without-children.ts";
import { shimsTooMany } from "./shims-too-many.ts";
import { startHookFailed } from "./start-hook-failed.ts";
import { startHookSlow } from "./start-hook-slow.ts";

export const workloadChecks = [
  attachImpossible,
  containerCpuNearLimit,
  containerCpuThrottled,
  containerExitedBadly,
  containerFilesNearLimit,
  containerFrozen,
  containerLogLarge,
  containerMemoryNearLimit,
  containerNoLimits,
  containerOomKilled,
  containerPidsLimit,
  containerPrivileged,
  containerRequestsFarOff,
  containerRestarting,
  containerRunsAsRoot,
  containerUnhealthy,
  containersTooMany,
  deadContainersMany,
  diskquotaExceeded,
  diskquotaNotApplied,
  environmentHuge,
  gvisorGoferGone,
  gvisorSandboxGone,
  jvmSeesHostMemory,
  kataAgentSilent,
  lxcLeftovers,
  lxcfsNotSeen,
  nprocSharedByUid,
  opsAgentMissing,
  opsAgentOutdated,
  opsSidecarQos,
  podStuckTerminating,
  runcStuck,
  runtimeClassMissing,
  runtimeCrashLoop,
  runtimeCriOff,
  runtimeNotReady,
  runtimeSocketMissing,
  sandboxLeftover,
  sandboxProcessLeftover,
  serialNumberWrong,
  shimHung,
  shimWithoutChildren,
  shimsTooMany,
  startHookFailed,
  startHookSlow,
] as const satisfies readonly Check[];

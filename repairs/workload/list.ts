// Repairs of containers, sandboxes, shims and the runtime as the kernel sees them. One import, one line.
import type { RepairDefinition } from "../define.ts";
import { endLeftoverSandbox } from "./end-leftover-sandbox.ts";
import { raisePidsLimit } from "./raise-pids-limit.ts";
import { removeDeadSandboxes } from "./remove-dead-sandboxes.ts";
import { restartRuntimeWithoutSocket } from "./restart-runtime-without-socket.ts";
import { restartUnhealthyContainer } from "./restart-unhealthy-container.ts";
import { resumeModule } from "./resume-module.ts";
import { resumeRuntime } from "./resume-runtime.ts";
import { resumeShim } from "./resume-shim.ts";
import { thawContainer } from "./thaw-container.ts";
import { trimContainerLog } from "./trim-container-log.ts";

export const workloadRepairs = [
  resumeShim,
  resumeRuntime,
  resumeModule,
  thawContainer,
  raisePidsLimit,
  removeDeadSandboxes,
  trimContainerLog,
  endLeftoverSandbox,
  restartUnhealthyContainer,
  restartRuntimeWithoutSocket,
] as const satisfies readonly RepairDefinition[];

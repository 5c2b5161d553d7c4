// Whose trouble a check finds: the container's owner's, the node's, or either's. What is not listed here is the node's.
import type { Area, Severity } from "../../checks/define.ts";
import type { CheckId } from "../../checks/index.ts";
import type { VerdictSide } from "./schema.ts";

/** What an application does by its image, limits or configuration. */
const YOURS = [
  "container-pids-limit",
  "container-process-limit",
  "container-restarting",
  "container-oom-killed",
  "container-out-of-memory",
  "container-quota-exceeded",
  "container-cpu-throttled",
  "container-cpu-near-limit",
  "container-memory-near-limit",
  "container-files-near-limit",
  "container-exited-badly",
  "container-unhealthy",
  "container-no-limits",
  "container-privileged",
  "container-requests-far-off",
  "container-runs-as-root",
  "diskquota-exceeded",
  "environment-huge",
  "gpu-error-other",
  "host-port-hides-port",
  "image-registry-not-allowed",
  "image-untagged",
  "jvm-sees-host-memory",
  "nccl-crashes",
  "program-core-dumped",
  "program-crashes",
  "service-exception",
  "start-hook-failed",
  "start-hook-slow",
] as const satisfies readonly CheckId[];

const EITHER = [
  "container-log-large",
  "image-pull-failing",
  "image-pull-slow",
  "listen-overflows",
  "nproc-shared-by-uid",
  "pod-stuck-terminating",
  "syn-flooding",
  "zombie-pileup",
] as const satisfies readonly CheckId[];

/** Of severity "info", and yet something happened; the others of that severity are advice. */
const HAPPENED = [
  "container-exited-badly",
  "container-out-of-memory",
  "container-process-limit",
  "container-quota-exceeded",
  "gpu-error-other",
  "nccl-crashes",
  "program-core-dumped",
  "program-crashes",
  "service-exception",
] as const satisfies readonly CheckId[];
export const isMereAdvice = (checkId: string, severity: Severity): boolean =>
  severity === "info" && !HAPPENED.some((id) => id === checkId);

const sides = new Map<string, VerdictSide>([
  ...YOURS.map((id) => [id, "yours"] as const),
  ...EITHER.map((id) => [id, "either"] as const),
]);

/** Checks that were written here are of unknown side. */
export const sideOfCheck = (checkId: string, isBuiltIn: boolean): VerdictSide =>
  sides.get(checkId) ?? (isBuiltIn ? "ours" : "unsure");

/** Areas whose troubles a running container feels although nothing is wrong with it. */
export const feltWhileRunning: readonly Area[] = [
  "network",
  "dns",
  "storage",
  "time",
  "lxcfs",
  "container",
  "memory",
  "cpu",
  "kernel",
  "hardware",
  "gpu",
];
/** A running container goes on under these, but nobody can start, stop, enter or look into it; those of a shim count for its own containers only. */
export const HANDLING = [
  "runtime-down",
  "runtime-hung",
  "runtime-calls-time-out",
  "runtime-socket-missing",
  "module-files-exhausted",
] as const satisfies readonly CheckId[];
export const hindersHandling = (checkId: string): boolean => HANDLING.some((id) => id === checkId);

/** What can keep a container from starting. */
export const feltAtStart: readonly Area[] = [
  "runtime",
  "shim",
  "sandbox",
  "image",
  "storage",
  "network",
  "kubelet",
  "systemd",
  "cgroup",
  "kernel",
  "memory",
  "process",
  "container",
  "plugin",
];
/** What ends a container, or makes the runtime lose it, from outside. */
export const feltAtEnd: readonly Area[] = [
  "runtime",
  "shim",
  "sandbox",
  "memory",
  "kubelet",
  "systemd",
  "kernel",
  "hardware",
  "storage",
  "cgroup",
  "container",
];
/** What lets an application give up by itself. */
export const feltByApplications: readonly Area[] = ["dns", "network", "storage", "time", "lxcfs", "gpu", "hardware"];

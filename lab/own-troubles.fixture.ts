// Pods whose trouble is their own, brought about for real: what their owner must be told is theirs, and why.
import type { PodSpec } from "./pods.ts";

export type OwnTrouble = { title: string; pod: PodSpec; cause: string };

const pod = (name: string, script: string, rest: Partial<PodSpec> = {}): PodSpec => ({
  name,
  container: "app",
  handler: "runc",
  labels: { app: name },
  script,
  ...rest,
});

export const ownTroubles: readonly OwnTrouble[] = [
  {
    title: "more memory than its limit",
    pod: pod("greedy-report", "exec tail /dev/zero", { memoryBytes: 24 * 1024 * 1024 }),
    cause: "oom-kill",
  },
  {
    // The child is killed, the first process lives: the container seems well.
    title: "a child killed at the limit",
    pod: pod("greedy-child", "tail /dev/zero; while :; do sleep 5; done", { memoryBytes: 24 * 1024 * 1024 }),
    cause: "oom-kill",
  },
  { title: "its program ends with an error", pod: pod("bad-config", "exit 3"), cause: "container-app-exits" },
  { title: "its program is not in the image", pod: pod("no-program", "exec /opt/app/serve"), cause: "exec-not-found" },
];

// Faults of the runtime daemon itself: gone, or there but answering nothing.
import { startContainerd } from "../boot.ts";
import { inNode } from "../exec.ts";
import { paths } from "../node-files.ts";
import type { Fault } from "./fault.ts";

const signalContainerd = (pid: number, signal: string): Promise<string> =>
  inNode(
    pid,
    // the pid file alone proves nothing: the process must be the daemon
    'pid=$(cat "$1"); [ "$(cat /proc/$pid/comm)" = containerd ] || exit 1; kill -"$2" $pid; echo $pid',
    [paths.containerdPid, signal],
  );

export const runtimeDown: Fault = {
  id: "runtime-down",
  title: "Container runtime down",
  does: "SIGKILL to containerd; containers live on under their shims",
  check: "runtime-down",
  repair: "start containerd",
  asked: { pod: "shop-web", side: "ours" },
  async inject({ pid }) {
    return `killed containerd, pid ${(await signalContainerd(pid, "KILL")).trim()} in the node`;
  },
  async heal({ pid }) {
    await startContainerd(pid);
    return "containerd runs and answers";
  },
};

export const runtimeHung: Fault = {
  id: "runtime-hung",
  title: "Container runtime hung",
  does: "SIGSTOP to containerd: its socket accepts, nothing is ever answered",
  check: "runtime-hung",
  repair: "capture its goroutines where it still can give them, kill and start it",
  asked: { pod: "shop-web", side: "ours" },
  async inject({ pid }) {
    return `stopped containerd, pid ${(await signalContainerd(pid, "STOP")).trim()} in the node`;
  },
  async heal({ pid }) {
    await inNode(
      pid,
      'pid=$(cat "$1"); if [ "$(cat /proc/$pid/comm 2>/dev/null)" = containerd ]; then kill -CONT $pid; fi',
      [paths.containerdPid],
    );
    await startContainerd(pid);
    return "containerd goes on and answers";
  },
};

// Fault: the daemon of peer-to-peer image distribution dies. A stand-in answers under its name and port; Dragonfly itself is not needed here.
import { inNode } from "../exec.ts";
import { paths } from "../node-files.ts";
import type { Fault } from "./fault.ts";

export const p2pDown: Fault = {
  id: "p2p-down",
  title: "Peer-to-peer daemon down",
  does: "SIGKILL to dfdaemon (a small stand-in that answers under its name and port): pulls fall back to the registry",
  check: "p2p-daemon-down",
  repair: "start it",
  async inject({ pid }) {
    const script = 'pid=$(cat "$1"); [ "$(cat /proc/$pid/comm)" = dfdaemon ] || exit 1; kill -KILL $pid; echo $pid';
    return `killed dfdaemon, pid ${(await inNode(pid, script, [paths.dfdaemonPid])).trim()} in the node`;
  },
  async heal({ pid }) {
    await inNode(pid, '"$1"', [paths.dfdaemonStart]);
    return "dfdaemon runs";
  },
};

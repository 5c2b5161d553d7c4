// Fault: a container whose first process never reaps collects zombies.
import { inNode } from "../exec.ts";
import { containerPid, restartContainer, runningContainer, standingPods } from "../pods.ts";
import type { Fault, FaultTarget } from "./fault.ts";

const pod = "batch-report";
const wanted = 60;

/** How many zombies are children of the first process of the pod that does not reap, and its pid, in the node. */
async function zombies(target: FaultTarget): Promise<{ parent: number; count: number }> {
  const parent = await target.cri(async (cri) => containerPid(cri, (await runningContainer(cri, pod)).id));
  const count = "cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk -v p=$1 '$1 == \"Z\" && $2 == p' | wc -l";
  return { parent, count: Number(await inNode(target.pid, count, [String(parent)])) };
}

export const zombiePileup: Fault = {
  id: "zombie-pileup",
  title: "Zombies pile up in a container",
  does: `runs ${wanted} short-lived jobs in batch-report whose parents end first: its first process inherits and never reaps them`,
  check: "zombie-pileup",
  repair: "restart that container",
  touches: [pod],
  asked: { pod: "batch-report", side: "either" },
  async inject(target) {
    const before = await zombies(target);
    await target.cri(async (cri) => {
      const { id } = await runningContainer(cri, pod);
      const jobs = Math.max(0, wanted - before.count);
      // each inner shell ends before its child does, so the child is handed to the container's first process
      const script = `i=0; while [ $i -lt ${jobs} ]; do (sh -c 'sleep 0.3' &); i=$((i + 1)); done; sleep 1`;
      await cri("ExecSync", { container_id: id, cmd: ["/bin/sh", "-c", script], timeout: 30 }, 40_000);
    });
    const after = await zombies(target);
    return `${after.count} zombies under pid ${after.parent} of ${pod}`;
  },
  async heal(target) {
    const spec = standingPods.find((p) => p.name === pod);
    if (spec && (await zombies(target)).count > 0)
      await target.cri((cri) => restartContainer(cri, target.node.name, spec));
    return `${(await zombies(target)).count} zombies left`;
  },
};

// Command container.restart: stops one container through its runtime and brings it back; where a kubelet runs, that does the second half.
import type { ContainerFact } from "../../protocol/facts.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { until } from "../host/wait.ts";
import { defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

export const containerRestart = defineCommand({
  type: "container.restart",
  affects: ["containers", "pods", "processes", "cgroups", "runtimes"],
  timeoutMs: 240_000,
  async run({ runtime: id, containerId, graceMs }, ctx) {
    const watched = await answeringRuntime(ctx, id);
    const { runtime } = watched;
    const old = (await ctx.runtimes.inventory(watched, 0)).containers.find((c) => c.id === containerId);
    if (!old) throw new Refusal("target-gone", `container ${containerId.slice(0, 12)} is not known to ${id}`);
    const table = ctx.table.read(0);
    const kubelet = runtime.spec.kind === "cri" && table.all.some((p) => p.name === "kubelet" && table.isLocal(p.pid));
    let newId: string | null = null;
    if (runtime.restartContainer) {
      newId = await runtime.restartContainer(containerId, graceMs);
    } else {
      const revive = kubelet ? null : await runtime.prepareRevival(containerId);
      await runtime.stopContainer(containerId, graceMs);
      try {
        if (revive) newId = await revive();
      } catch (err) {
        throw new Failure("not-started", `it was stopped but did not come back: ${messageOf(err)}`, true);
      }
    }
    const isBack = (c: ContainerFact) =>
      c.state === "running" &&
      (newId ? c.id === newId : c.podUid === old.podUid && c.name === old.name && c.id !== containerId);
    const back = await until(kubelet ? 90_000 : 20_000, 500, async () => {
      const { containers } = await ctx.runtimes.inventory(watched, 0);
      return containers.find(isBack) ?? null;
    });
    if (!back) throw new Failure("not-running", `${old.name} was stopped and is not running again`, true);
    return {
      message: `${old.name} runs again`,
      changed: true,
      output: { containerId: back.id, attempt: back.attempt, pid: back.pid },
    };
  },
});

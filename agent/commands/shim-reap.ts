// Command shim.reap: ends a shim that serves nothing. The proof comes first: its arguments name the id, no runtime knows it, nothing lives below it.
import { isShim, parseShim, shimOwner } from "../collectors/processes.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { argvOf, isLive } from "../host/proc.ts";
import { until } from "../host/wait.ts";
import { defineCommand } from "./define.ts";
import { answeringRuntime, processesOfContainer, provenProcess, provenUnknown, signal } from "./prove.ts";

export const shimReap = defineCommand({
  type: "shim.reap",
  affects: ["processes", "cgroups"],
  timeoutMs: 60_000,
  async run({ process: ref, containerId, namespace, runtime }, ctx) {
    const prove = async () => {
      const stat = provenProcess(ref);
      if (!isShim(stat.name)) throw new Refusal("not-a-shim", `process ${ref.pid} is ${stat.name}`);
      const shim = parseShim(await argvOf(ref.pid));
      if (!shim || shim.containerId !== containerId || shim.namespace !== namespace) {
        throw new Refusal(
          "target-changed",
          `the shim serves ${shim?.containerId ?? "nothing known"} in ${shim?.namespace ?? "no namespace"}`,
        );
      }
      const table = ctx.table.read(0);
      if (!table.isLocal(ref.pid)) throw new Refusal("not-ours", "the shim belongs to another node's namespace");
      const children = (table.children.get(ref.pid) ?? []).filter((c) => c.state !== "Z" && c.state !== "X");
      if (children.length > 0)
        throw new Refusal(
          "not-an-orphan",
          `it has ${children.length} live children: ${children.map((c) => c.pid).join(", ")}`,
        );
      const members = processesOfContainer(containerId).filter((pid) => pid !== ref.pid);
      if (members.length > 0)
        throw new Refusal(
          "not-an-orphan",
          `processes of ${containerId.slice(0, 12)} live: ${members.slice(0, 5).join(", ")}`,
        );
    };
    await prove();
    await answeringRuntime(ctx, runtime);
    await provenUnknown(ctx, containerId, namespace, shimOwner(await argvOf(ref.pid)));
    const gone = (ms: number) => until(ms, 50, () => (isLive(ref) ? null : true));
    signal(ref, "SIGTERM");
    if (await gone(1_500)) return { message: `shim ${ref.pid} ended on SIGTERM`, changed: true };
    // Shims ignore SIGTERM; nothing may have come to life in between.
    await prove();
    signal(ref, "SIGKILL");
    if (!(await gone(10_000))) throw new Failure("still-alive", `shim ${ref.pid} did not end`, true);
    return { message: `shim ${ref.pid} of ${containerId.slice(0, 12)} ended`, changed: true };
  },
});

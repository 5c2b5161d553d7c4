// Command shell.open: a time-boxed shell in chosen namespaces of one process, or on the node. Refused unless the node's own configuration allows shells.
import { existsSync } from "node:fs";
import { Refusal } from "../host/errors.ts";
import { defineCommand } from "./define.ts";
import { processesOfContainer, provenProcess } from "./prove.ts";

export const shellOpen = defineCommand({
  type: "shell.open",
  affects: [],
  timeoutMs: 15_000,
  async run(params, ctx) {
    const { containerId, process: target, namespaces } = params;
    if (!ctx.shells) throw new Refusal("shells-off", "this agent keeps no shells");
    if (target !== null) {
      provenProcess(target);
      if (containerId !== undefined && !processesOfContainer(containerId).includes(target.pid))
        throw new Refusal("target-changed", `process ${target.pid} is not of container ${containerId.slice(0, 12)}`);
      if (namespaces.includes("mnt") && !existsSync(`/proc/${target.pid}/root/bin/sh`))
        throw new Refusal("no-shell", "there is no /bin/sh in it: leave mnt out, and the node's own tools are there");
    }
    await ctx.shells.start(params);
    return {
      message: `a shell is open for ${params.seconds} s`,
      changed: true,
      output: { shellId: params.shellId },
    };
  },
});

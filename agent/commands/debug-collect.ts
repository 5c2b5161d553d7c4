// Command debug.collect: everything about one container, or about the node, read from outside. Reads only; runs while other commands wait for nothing.
import { collectContainer, collectNode } from "../debug/collect.ts";
import { defineCommand } from "./define.ts";

export const debugCollect = defineCommand({
  type: "debug.collect",
  affects: [],
  timeoutMs: 30_000,
  async run({ containerId, runtime }, ctx) {
    const report =
      containerId === undefined ? await collectNode(ctx) : await collectContainer(ctx, containerId, runtime);
    const parts = Object.values(report).filter((value) => typeof value === "object" && value !== null && "ms" in value);
    const read = parts.filter(({ value }) => value !== null).length;
    return {
      message: `${read} of ${parts.length} parts read in ${report.tookMs} ms`,
      changed: false,
      output: { report },
    };
  },
});

// Fact "startup": how long containers took to start, by stage, and whether the runtime's calls are slower or fail more often than before.
import type { FactData } from "../../protocol/facts.ts";
import { defineCollector } from "./define.ts";
import { compareCalls, type Past, startsOf } from "./start-times.ts";

const past = new Map<string, Past>();
/** Stages of starts that were told already: the runtime's figures are those of the start's own window. */
const told = new Map<string, FactData["startup"]["starts"][number]>();
let lastCalls: FactData["runtimeMetrics"] | null = null;
let lastInterfaces: FactData["startup"]["interfaces"] = [];

export const startup = defineCollector({
  kind: "startup",
  everyMs: 30_000,
  timeoutMs: 5_000,
  read: (ctx) => {
    const containers = ctx.latest("containers");
    if (containers === null) throw new Error("the runtimes' containers are not known");
    const calls = ctx.latest("runtimeMetrics") ?? [];
    // The same list is the same window: it counts once.
    if (calls !== lastCalls) lastInterfaces = compareCalls(calls, past);
    lastCalls = calls;
    const starts = startsOf(containers, ctx.latest("pods") ?? [], calls, Date.now()).map((start) => {
      const known = told.get(start.containerId) ?? start;
      told.set(start.containerId, known);
      return known;
    });
    const ids = new Set(starts.map((start) => start.containerId));
    for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
    return { objectiveMs: ctx.config.images.startObjectiveMs ?? null, starts, interfaces: lastInterfaces };
  },
});

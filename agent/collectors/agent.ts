// Fact "agent": the agent about itself: memory, CPU, spool, failing collectors.
import { floorTo } from "../host/round.ts";
import { defineCollector } from "./define.ts";

const startedAt = Date.now();

export const agent = defineCollector({
  kind: "agent",
  everyMs: 60_000,
  timeoutMs: 5_000,
  read: ({ agentVersion, agent: numbers }) => {
    const { spooled, dropped, reconnects, failing, trust } = numbers();
    const { user, system } = process.cpuUsage();
    return {
      version: agentVersion,
      pid: process.pid,
      startedAt,
      rssBytes: floorTo(process.memoryUsage.rss(), 1_048_576),
      cpuMs: floorTo((user + system) / 1_000, 100),
      spooledFrames: spooled,
      droppedFrames: dropped,
      reconnects,
      failing,
      trust,
    };
  },
});

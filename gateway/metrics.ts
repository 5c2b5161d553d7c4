// What the gateway counts besides the triple of every interface.
import { Counter, Gauge, Histogram } from "prom-client";
import { registry } from "../server/core/metrics.ts";

const registers = [registry];

export const sessionsOpen = new Gauge({ name: "nodeops_gateway_sessions", help: "Live agent sessions", registers });
export const inboxBytes = new Gauge({
  name: "nodeops_gateway_inbox_bytes",
  help: "Frames received but not stored yet, bytes",
  registers,
});
export const inboxNodes = new Gauge({
  name: "nodeops_gateway_inbox_nodes",
  help: "Nodes with frames not stored yet",
  registers,
});
export const flushSeconds = new Histogram({
  name: "nodeops_gateway_flush_seconds",
  help: "Duration of storing one flush",
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers,
});
export const flushFailures = new Counter({
  name: "nodeops_gateway_flush_failures_total",
  help: "Flushes that could not be stored and are tried again",
  registers,
});
export const malformedFrames = new Counter({
  name: "nodeops_gateway_malformed_total",
  help: "Frames that no agent of ours sends",
  registers,
});
export const invalidFacts = new Counter({
  name: "nodeops_gateway_invalid_facts_total",
  help: "Facts that did not fit their schema",
  labelNames: ["fact"],
  registers,
});
export const shedFrames = new Counter({
  name: "nodeops_gateway_shed_total",
  help: "Frames left with their agents because of overload",
  labelNames: ["class"],
  registers,
});
export const refusedSessions = new Counter({
  name: "nodeops_gateway_refused_total",
  help: "Sessions refused",
  labelNames: ["code"],
  registers,
});
export const throttledSessions = new Counter({
  name: "nodeops_gateway_throttled_total",
  help: "Times an agent that sent too fast was not read for a while",
  registers,
});
export const commandsSent = new Counter({
  name: "nodeops_gateway_commands_total",
  help: "Signed commands handed to agents",
  registers,
});

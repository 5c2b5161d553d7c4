// The state of a node, case by case.
import { expect, test } from "vitest";
import { deriveState, type NodeEvent, type NodeFlags } from "./state.ts";

const base: NodeFlags = {
  state: "healthy",
  stateReason: "",
  isConnected: true,
  isInspected: true,
  presentCritical: 0,
  presentWarning: 0,
};

const cases: { name: string; flags: Partial<NodeFlags>; event?: NodeEvent; state: string }[] = [
  { name: "nothing found", flags: {}, state: "healthy" },
  { name: "never inspected is not healthy", flags: { isInspected: false }, state: "unknown" },
  { name: "a warning", flags: { presentWarning: 1 }, state: "degraded" },
  { name: "critical wins over warning", flags: { presentWarning: 1, presentCritical: 1 }, state: "unhealthy" },
  { name: "a lost session alone changes nothing", flags: { isConnected: false }, state: "healthy" },
  { name: "overdue", flags: { isConnected: false }, event: { type: "overdue" }, state: "not_reporting" },
  { name: "overdue, but connected again meanwhile", flags: {}, event: { type: "overdue" }, state: "healthy" },
  {
    name: "not reporting stays while it is silent",
    flags: { state: "not_reporting", isConnected: false, presentCritical: 1 },
    state: "not_reporting",
  },
  {
    name: "not reporting ends with a session",
    flags: { state: "not_reporting", presentWarning: 1 },
    state: "degraded",
  },
  {
    name: "maintenance begins",
    flags: {},
    event: { type: "maintenance", on: true, reason: "disk swap" },
    state: "maintenance",
  },
  { name: "maintenance stays", flags: { state: "maintenance", presentCritical: 3 }, state: "maintenance" },
  {
    name: "maintenance hides silence",
    flags: { state: "maintenance", isConnected: false },
    event: { type: "overdue" },
    state: "maintenance",
  },
  {
    name: "maintenance ends",
    flags: { state: "maintenance", presentWarning: 1 },
    event: { type: "maintenance", on: false, reason: "" },
    state: "degraded",
  },
];

test.each(cases)("$name", ({ flags, event, state }) => {
  expect(deriveState({ ...base, ...flags }, event).state).toBe(state);
});

test("the operator's words are kept through maintenance", () => {
  expect(deriveState({ ...base, state: "maintenance", stateReason: "disk swap" }).reason).toBe("disk swap");
});

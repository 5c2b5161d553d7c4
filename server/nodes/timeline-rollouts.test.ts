// What a rollout did with a node, on the node's own time line.
import { expect, test } from "vitest";
import { eventsOf } from "./timeline-rollouts.ts";

const at = (s: number): Date => new Date(s * 1_000);
const rollout = { id: "r", title: "Longer queues", waveCount: 3, requestedByName: "Anna", createdAt: at(1) };
const target = { wave: 1, state: "pending", reason: null, changedAt: at(1), appliedAt: null, rollout };
const lines = (over: Partial<Parameters<typeof eventsOf>[0]>) =>
  eventsOf({ ...target, ...over }).map(({ at: when, severity, title, detail }) => [
    when.getTime() / 1_000,
    severity,
    [title.en, detail.en].filter(Boolean).join(": "),
  ]);

test("planned, changed and taken back are told with their times", () => {
  const planned = [1, "info", "Planned for rollout “Longer queues”: wave 2 of 3, asked for by Anna"];
  expect(lines({})).toEqual([planned]);
  const back = { state: "reverted", appliedAt: at(5), changedAt: at(9) };
  expect(lines(back)).toEqual([
    planned,
    [5, "ok", "Changed by rollout “Longer queues”: wave 2"],
    [9, "warning", "Rollout “Longer queues” was taken back"],
  ]);
});

test("who was left out or skipped reads why", () => {
  const reason = { en: "It was sick before the change.", zh: "变更之前已异常。" };
  expect(lines({ wave: -1, state: "skipped", reason })).toEqual([
    [1, "info", "Left out of rollout “Longer queues”: It was sick before the change."],
  ]);
  expect(lines({ state: "skipped", reason, changedAt: at(4) })[1]).toEqual([
    4,
    "info",
    "Skipped by rollout “Longer queues”: It was sick before the change.",
  ]);
  expect(eventsOf({ ...target, state: "failed", reason }).at(-1)?.detail.zh).toBe("变更之前已异常。");
});

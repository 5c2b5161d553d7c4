// tasks-stuck: two minutes, all tasks in one finding.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { healthyData, NOW, nodeFacts } from "../testing/facts.ts";
import { tasksStuck } from "./tasks-stuck.ts";

const task = (pid: number, agoMs: number, waitChannel: string | null = "rpc_wait") => ({
  process: { pid, startTicks: pid },
  name: "df",
  waitChannel,
  since: NOW - agoMs,
  containerId: null,
});
const facts = (...uninterruptible: ReturnType<typeof task>[]) =>
  nodeFacts({ processes: { ...healthyData().processes, uninterruptible } });

it("rises after two minutes and tells of all tasks at once", () => {
  expect(problemsOf(tasksStuck, facts(task(1, 119_999)))).toEqual([]);
  expect(problemsOf(tasksStuck, facts(task(2, 120_000), task(3, 300_000), task(4, 1_000)))).toMatchObject([
    { subject: "tasks", params: { pids: [2, 3] }, causeKey: "stuck:rpc_wait" },
  ]);
  expect(problemsOf(tasksStuck, facts(task(2, 120_000, null)))[0]?.causeKey).toBeUndefined();
});

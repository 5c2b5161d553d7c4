// nudge-zombie-parent: offered only to parents that may listen.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { healthyData, nodeFacts } from "../testing/facts.ts";
import { nudgeZombieParent } from "./nudge-zombie-parent.ts";

const base = healthyData().processes;
const facts = (name: string, startTicks = 7) =>
  nodeFacts({
    processes: {
      ...base,
      zombieCount: 30,
      zombieParents: [{ process: { pid: 9, startTicks }, name, count: 30, containerId: "c0", sample: [] }],
    },
  });

it("sends one signal to exactly that parent", () => {
  const ctx = contextOf("zombie-pileup", facts("cron"));
  expect(refusals(nudgeZombieParent, ctx)).toEqual([]);
  expect(actionsOf(nudgeZombieParent, ctx)).toEqual([
    { type: "process.nudge", params: { process: { pid: 9, startTicks: 7 } } },
  ]);
});

it("refuses programs that never wait and another process under the pid", () => {
  expect(refusals(nudgeZombieParent, contextOf("zombie-pileup", facts("sleep")))).toEqual(["may-reap"]);
  expect(refusals(nudgeZombieParent, contextOf("zombie-pileup", facts("cron"), facts("cron", 8)))).toEqual([
    "same-process",
  ]);
});

// zombie-pileup: boundary, hysteresis, parents of one container together.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { zombiePileup } from "./zombie-pileup.ts";

const base = healthyData().processes;
const parent = (pid: number, count: number, containerId: string | null = hexId("app")) => ({
  process: { pid, startTicks: pid },
  name: "sleep",
  count,
  containerId,
  sample: ["sh"],
});
const facts = (zombieParents: ReturnType<typeof parent>[], over = {}) =>
  nodeFacts({
    processes: { ...base, zombieCount: zombieParents.reduce((n, p) => n + p.count, 0), zombieParents, ...over },
  });

it("rises at 20, stays until there are fewer than 5", () => {
  const subject = hexId("app");
  expect(problemsOf(zombiePileup, facts([parent(9, 19)]))).toEqual([]);
  expect(problemsOf(zombiePileup, facts([parent(9, 20)]))).toMatchObject([
    { subject, severity: "warning", params: { count: 20, name: "sleep" } },
  ]);
  expect(problemsOf(zombiePileup, facts([parent(9, 5)]), [subject])).toHaveLength(1);
  expect(problemsOf(zombiePileup, facts([parent(9, 4)]), [subject])).toEqual([]);
});

it("counts a container's parents together, others by themselves", () => {
  expect(problemsOf(zombiePileup, facts([parent(9, 12), parent(10, 12)])).map((p) => p.params.count)).toEqual([24]);
  expect(problemsOf(zombiePileup, facts([parent(9, 12, null), parent(10, 12, null)]))).toEqual([]);
});

it("is critical when pids run out", () => {
  expect(problemsOf(zombiePileup, facts([parent(9, 200)], { pidMax: 1_000 }))).toMatchObject([
    { severity: "critical" },
  ]);
  expect(problemsOf(zombiePileup, facts([parent(9, 199)], { pidMax: 1_000 }))).toMatchObject([{ severity: "warning" }]);
});

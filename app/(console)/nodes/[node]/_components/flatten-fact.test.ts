// Facts become lines that can be found.
import { expect, test } from "vitest";
import { flattenFact, matchLines } from "./flatten-fact.ts";

const fact = [
  { name: "containerd", state: "running", process: { pid: 7 }, handlers: ["runc", "crun"], message: null },
  { name: "lxcfs", state: "stopped", process: null, handlers: [], message: "" },
];

test("list elements carry their name, leaves their path", () => {
  expect(flattenFact(fact).map((line) => `${line.path} = ${line.value}`)).toEqual([
    "containerd › name = containerd",
    "containerd › state = running",
    "containerd › process › pid = 7",
    "containerd › handlers = runc, crun",
    "containerd › message = –",
    "lxcfs › name = lxcfs",
    "lxcfs › state = stopped",
    "lxcfs › process = –",
    "lxcfs › handlers = []",
    "lxcfs › message = ",
  ]);
});

test("instants become dates, other large numbers do not", () => {
  const values = flattenFact({ since: 1_795_344_375_638, totalBytes: 1_795_344_375_638 }).map((line) => line.value);
  expect(values).toEqual(["2026-11-22T10:46:15.638Z", "1795344375638"]);
});

test("a bare value is one line", () => expect(flattenFact(3)).toEqual([{ path: "", value: "3" }]));

test("every word must be found, in path or value", () => {
  const lines = flattenFact(fact);
  expect(matchLines(lines, "LXCFS stopped").map((line) => line.path)).toEqual(["lxcfs › state"]);
  expect(matchLines(lines, "  ")).toHaveLength(lines.length);
  expect(matchLines(lines, "nowhere")).toEqual([]);
});

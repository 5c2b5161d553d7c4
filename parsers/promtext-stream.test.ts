import { expect, test } from "vitest";
import { forEachSample } from "./promtext-stream.ts";

const DOCUMENT = `# HELP ops_total Operations.
# TYPE ops_total counter
ops_total{verb="list",code="OK"} 7
  ops_total{verb="stop"} 1 1700000000000
ops_totals 100
ops 3
{"ops_total",verb="quoted"} 2
ops_total broken
latency_count 4 # {trace="x"} 1

latency_count 5`;

function collect(wanted: string[]) {
  const found: string[] = [];
  const counts = forEachSample(DOCUMENT, new Set(wanted), ({ name, labels, value }) => {
    found.push(`${name} ${Object.values(labels).join(",")} ${value}`);
  });
  return { found, counts };
}

test("hands over the wanted samples as written, quoted names and indented lines included", () => {
  expect(collect(["ops_total"])).toEqual({
    found: ["ops_total list,OK 7", "ops_total stop 1", "ops_total quoted 2"],
    counts: { wanted: 3, unreadable: 1 },
  });
});

test("passes over timestamps and exemplars, and reads a last line without line feed", () => {
  expect(collect(["latency_count"]).found).toEqual(["latency_count  4", "latency_count  5"]);
});

test("does not take a longer or shorter name for a wanted one", () => {
  expect(collect(["ops"]).found).toEqual(["ops  3"]);
  expect(collect(["op", "latency"]).found).toEqual([]);
});

test("wants nothing, calls nothing", () => {
  expect(collect([])).toEqual({ found: [], counts: { wanted: 0, unreadable: 0 } });
});

import { expect, it } from "vitest";
import { formatValue, median, type Report, renderReport } from "./report.ts";

it("takes the middle, or the mean of the two in the middle", () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it("formats each unit at its own scale", () => {
  expect(formatValue(999, "ms")).toBe("999 ms");
  expect(formatValue(8_451, "ms")).toBe("8.45 s");
  expect(formatValue(59_655, "ms")).toBe("59.7 s");
  expect(formatValue(512, "bytes")).toBe("512 B");
  expect(formatValue(1_536, "bytes/min")).toBe("1.50 KiB/min");
  expect(formatValue(247_185_408, "bytes")).toBe("236 MiB");
  expect(formatValue(182.4, "cpu-ms/min")).toBe("182 ms/min");
  expect(formatValue(12, "per min")).toBe("12 /min");
  expect(formatValue(median([]), "ms")).toBe("–");
});

it("shows range, note, load, what was skipped and what failed", () => {
  const report: Report = {
    bench: "figures",
    at: "2026-01-01T00:00:00.000Z",
    commit: "abc",
    settings: { minutes: 1 },
    machine: { cores: "2" },
    groups: [
      {
        title: "start",
        figures: [
          { name: "cold", unit: "ms", samples: [9_000, 8_000, 8_500], note: "built" },
          { name: "warm start", unit: "ms", samples: [900] },
        ],
        failures: [],
        load: { loadAverage1: 1.25, busyRatio: 0.5 },
      },
      { title: "lab", figures: [], skipped: "it needs root", failures: ["no node"] },
    ],
  };
  expect(renderReport(report)).toEqual([
    "cores          2",
    "commit         abc",
    "minutes        1",
    "",
    "start   (load 1.3, machine 50 % busy)",
    "  cold        8.50 s  8 s to 9 s, n 3  built",
    "  warm start  900 ms",
    "",
    "lab",
    "  skipped: it needs root",
    "  failed: no node",
  ]);
});

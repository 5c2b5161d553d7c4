import { expect, it } from "vitest";
import { cpuMsOf, memory, memoryOf } from "./processes.ts";

it("adds user, system and reaped children's time, whatever the name holds", () => {
  const stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 800 0 0 12 3 4 1 20 0 11 0 2300 1000 200";
  expect(cpuMsOf(stat)).toBe(200);
});

it("reads resident, proportional and private memory", () => {
  const rollup =
    "5f-7f ---p 0 00:00 0 [rollup]\nRss:  2000 kB\nPss:  1500 kB\nPss_Anon: 1 kB\nPrivate_Clean: 100 kB\nPrivate_Dirty: 400 kB\n";
  expect(memoryOf(rollup)).toEqual({ rssBytes: 2_048_000, pssBytes: 1_536_000, privateBytes: 512_000 });
});

it("of this very process is what the kernel counts", () => {
  const { rssBytes, privateBytes } = memory([process.pid]);
  expect(privateBytes).toBeGreaterThan(1_000_000);
  expect(rssBytes).toBeGreaterThan(privateBytes);
});

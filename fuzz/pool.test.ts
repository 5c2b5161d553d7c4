// Threads: all parts are run, and an input that hangs or takes all memory is found and named, without harm to the others.
import { expect, test } from "vitest";
import { decoders } from "./planted.fixture.ts";
import { partsOf, runParts } from "./pool.ts";
import { inputAt, merge, type Report } from "./run.ts";

const list = new URL("./planted.fixture.ts", import.meta.url).href;

async function run(name: string, inputs: number, hangMs = 60_000): Promise<Report[]> {
  const reports: Report[] = [];
  const chosen = decoders.filter((decoder) => decoder.name === name || decoder.name === "fine");
  const parts = chosen.flatMap((decoder) => partsOf(decoder, 3, inputs));
  await runParts(chosen, parts, { threads: 2, list, hangMs, onReport: (report) => reports.push(report) });
  return reports;
}

test("every input is tried once, however the work is cut", async () => {
  const reports = await run("fine", 250_000);
  expect(reports.length).toBeGreaterThan(1);
  expect(merge(reports)).toMatchObject({ inputs: 250_000, failure: null });
});

test.each([
  { name: "hangs", reason: /hangs/, hangMs: 3_000 },
  { name: "hoards", reason: /memory/, hangMs: 60_000 },
])("an input that $name", { timeout: 90_000 }, async ({ name, reason, hangMs }) => {
  const reports = await run(name, 2_000, hangMs);
  const [decoder] = decoders.filter((one) => one.name === name);
  const failure = reports.find((report) => report.decoder === name)?.failure;
  expect(failure?.reason).toMatch(reason);
  expect(decoder && inputAt(decoder, 3, failure?.index ?? -1)).toBe("42");
  expect(reports.find((report) => report.decoder === "fine")).toMatchObject({ inputs: 2_000, failure: null });
});

test("an interruption ends the run without waiting for its parts", { timeout: 60_000 }, async () => {
  const chosen = decoders.filter(({ name }) => name === "hangs");
  const parts = chosen.flatMap((decoder) => partsOf(decoder, 3, 2_000));
  const reports: Report[] = [];
  await runParts(chosen, parts, {
    threads: 1,
    list,
    hangMs: 600_000,
    signal: AbortSignal.timeout(3_000),
    onReport: (report) => reports.push(report),
  });
  expect(reports).toEqual([]);
});

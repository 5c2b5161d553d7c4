// Exports are complete and harmless.
import { expect, test } from "vitest";
import { readAll, toCsv } from "./export.ts";

test("csv quotes what must be quoted and defuses formulas", () => {
  const csv = toCsv([
    { name: 'a "b", c', at: new Date(0), labels: { zone: "a" }, n: -3, none: null },
    { name: "=1+1", at: new Date(0), labels: {}, n: 0, none: undefined },
  ]);
  expect(csv.split("\r\n")).toEqual([
    "name,at,labels,n,none",
    '"a ""b"", c",1970-01-01T00:00:00.000Z,"{""zone"":""a""}",-3,',
    "'=1+1,1970-01-01T00:00:00.000Z,{},0,",
  ]);
});

test("an export reads every page once", async () => {
  const asked: number[] = [];
  const rows = await readAll(async (page) => {
    asked.push(page);
    return { rows: page < 3 ? [page * 2 - 1, page * 2] : [5], total: 5 };
  });
  expect(rows).toEqual([1, 2, 3, 4, 5]);
  expect(asked).toEqual([1, 2, 3]);
});

test("a list that shrinks meanwhile does not loop", async () => {
  expect(await readAll(async () => ({ rows: [], total: 10 }))).toEqual([]);
});

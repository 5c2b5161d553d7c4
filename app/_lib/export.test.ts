// Exports are complete and harmless.
import fc from "fast-check";
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

test.each([
  ['=HYPERLINK("http://evil")', `"'=HYPERLINK(""http://evil"")"`],
  ["+1", "'+1"],
  ["-2+3", "'-2+3"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", `"'\t=1"`],
  ["\r=1", `"'\r=1"`],
  ["\n=1", `"'\n=1"`],
  ["＝1", "'＝1"],
  ["a;=1", '"a;=1"'],
  ["a=b", "a=b"],
  ["web-1", "web-1"],
])("the cell %j is written as %s", (text, want) => {
  expect(toCsv([{ text }])).toBe(`text\r\n${want}`);
});

/** RFC 4180, written for this test. */
function readCsv(csv: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /"((?:[^"]|"")*)"(,|\r\n|$)|([^",\r\n]*)(,|\r\n|$)/y;
  for (let end = ","; end !== ""; ) {
    const found = cell.exec(csv);
    if (!found) throw new Error(`no CSV at ${cell.lastIndex}`);
    rows.at(-1)?.push(found[1]?.replaceAll('""', '"') ?? found[3] ?? "");
    end = found[2] ?? found[4] ?? "";
    if (end === "\r\n") rows.push([]);
  }
  return rows;
}

test("whatever the texts are, cells stay cells and none is a formula", () => {
  const text = fc.string({ unit: fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", ",", ";", '"', "'", "a", " ") });
  const isFormula = (cell: string): boolean => /^[=+\-@\t\r\n]/.test(cell);
  fc.assert(
    fc.property(fc.array(fc.record({ a: text, b: text }, { noNullPrototype: true }), { minLength: 1 }), (rows) => {
      const want = rows.map(({ a, b }) => [a, b].map((cell) => (isFormula(cell) ? `'${cell}` : cell)));
      expect(readCsv(toCsv(rows))).toEqual([["a", "b"], ...want]);
      expect(want.flat().some(isFormula)).toBe(false);
    }),
  );
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

import { expect, test } from "vitest";
import { checkById } from "../../checks/index.ts";
import { causes } from "../../diagnosis/causes/list.ts";
import { causeOfCheck, type Named } from "./cause-of-check.ts";

const cause = (id: string, own: string[], others: string[] = []): Named => ({ id, own, others });

test.each<[string, Named[], string | null]>([
  ["runtime-down", [cause("a", ["runtime-down"]), cause("b", [], ["runtime-down"])], "a"],
  ["runtime-down", [cause("a", []), cause("b", [], ["runtime-down"])], "b"],
  ["dns-failing", [cause("a", [], ["dns-failing"]), cause("b", [], ["dns-failing"])], null],
  ["clock-off", [cause("a", ["runtime-down"])], null],
])("%s of %j is %s", (checkId, named, expected) => {
  expect(causeOfCheck(checkId, named)).toBe(expected);
});

test("every check that a cause of the product names is in the catalogue", () => {
  const named = causes.flatMap(({ checks = [] }) => checks);
  expect(named.filter((id) => !checkById(id))).toEqual([]);
});

test("no two causes of the product claim the same check", () => {
  const claims = Map.groupBy(
    causes.flatMap(({ id, checks = [] }) => checks.map((check) => ({ check, id }))),
    ({ check }) => check,
  );
  expect([...claims].filter(([, by]) => by.length > 1)).toEqual([]);
});

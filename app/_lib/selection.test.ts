// Choosing rows as everybody knows it: one, a range, a page, all that match.
import { expect, test } from "vitest";
import { noSelection, pageState, type Selection, toggle, togglePage } from "./selection.ts";

const rows = ["a", "b", "c", "d", "e"].map((id) => ({ id, name: `node-${id}` }));
const ids = ({ picked }: Selection): string => [...picked.keys()].sort().join("");

test("shift takes everything from the last click, in both directions, and gives it back the same way", () => {
  const one = toggle(noSelection, rows, "d", false);
  expect(ids(one)).toBe("d");
  const range = toggle(one, rows, "b", true);
  expect(ids(range)).toBe("bcd");
  expect(ids(toggle(range, rows, "c", true))).toBe("d");
  expect(ids(toggle(range, rows, "c", false))).toBe("bd");
  // Without an anchor on this page a shift-click is a click.
  expect(ids(toggle({ ...one, anchor: "elsewhere" }, rows, "a", true))).toBe("ad");
});

test("a page is taken and left as a whole, and other pages stay", () => {
  const other: Selection = { ...noSelection, picked: new Map([["z", "node-z"]]) };
  expect(pageState(other, rows)).toBe("none");
  const page = togglePage(other, rows);
  expect(ids(page)).toBe("abcdez");
  expect(pageState(page, rows)).toBe("all");
  expect(pageState(toggle(page, rows, "c", false), rows)).toBe("some");
  expect(ids(togglePage(page, rows))).toBe("z");
});

test("of all that match one can be taken away: then it is what is seen without it", () => {
  const all: Selection = { ...noSelection, isAll: true };
  expect(pageState(all, rows)).toBe("all");
  const less = toggle(all, rows, "b", false);
  expect(less.isAll).toBe(false);
  expect(ids(less)).toBe("acde");
  expect(ids(togglePage(all, rows))).toBe("");
  expect(togglePage(all, rows).isAll).toBe(false);
});

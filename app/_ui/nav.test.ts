// The list of pages is sound: unique addresses and keys, and a detail page belongs to its list.
import { expect, test } from "vitest";
import { pageOf, pages } from "./nav.ts";

test("addresses and shortcut keys are unique", () => {
  expect(new Set(pages.map((page) => page.href)).size).toBe(pages.length);
  expect(new Set(pages.map((page) => page.key)).size).toBe(pages.length);
});

test.each([
  ["/", "overview"],
  ["/nodes", "nodes"],
  ["/nodes/w1", "nodes"],
  ["/nodesx", undefined],
  ["/sign-in", undefined],
])("%s belongs to %s", (path, id) => expect(pageOf(path)?.id).toBe(id));

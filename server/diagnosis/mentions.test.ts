import { expect, test } from "vitest";
import { mentionsIn } from "./mentions.ts";

test("ids: eight characters and more, the longest first, no dates and sizes", () => {
  const text =
    "container 0123abcd4567 of deadbeef at 20261123 1700000000000 size=104857600 sha256:ffff0000ffff0000 abc123";
  expect(mentionsIn(text).ids).toEqual(["ffff0000ffff0000", "0123abcd4567", "deadbeef"]);
  expect(mentionsIn("id 123456789012").ids).toEqual(["123456789012"]);
});

test("names: what looks like one, in the order in which it was written", () => {
  const { names } = mentionsIn(
    'Warning: pod "shop/web-6d4b75cb6d-x2v9k" on node-7.example failed to start, see db1 and the log',
  );
  expect(names).toContain("web-6d4b75cb6d-x2v9k");
  expect(names).toContain("node-7.example");
  for (const word of ["failed", "start", "the", "log", "db1"]) expect(names).not.toContain(word);
  expect(names.indexOf("web-6d4b75cb6d-x2v9k")).toBeLessThan(names.indexOf("node-7.example"));
});

test("a long text is looked at from both ends, within bounds", () => {
  const { ids, names } = mentionsIn(`${"a1b2c3d4 name-1 ".repeat(30_000)}last-name-9`);
  expect(ids).toEqual(["a1b2c3d4"]);
  expect(names).toContain("last-name-9");
  expect(names.length).toBeLessThan(6);
});

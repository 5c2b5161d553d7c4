// Links into the wizard say what was looked at, in the words of selectors or by name.
import { expect, test } from "vitest";
import { parseSelector } from "../../selectors/parse.ts";
import { KEPT, nodesHref, repairAllHref, repairFill, selectorOf } from "./rollout-links.ts";

const read = (href: string): URLSearchParams => new URL(href, "http://x").searchParams;
const all = { q: "", state: [], pool: [], zone: [] };
const nobody = (): void => {
  throw new Error("nothing is to be kept");
};

test("filters by pool and zone become a selector that parses, whatever the names are", () => {
  const where = selectorOf({ ...all, pool: ["web", "row 4"], zone: ["a"] }) ?? "";
  expect(where).toBe('pool=web|"row 4" zone=a');
  expect(parseSelector(where).ok).toBe(true);
  expect(selectorOf(all)).toBe("*");
});

test("a search and a state are nothing that a selector says: they change under one's hands", () => {
  expect(selectorOf({ ...all, state: ["unhealthy"], pool: ["web"] })).toBeNull();
  expect(selectorOf({ ...all, q: "lab" })).toBeNull();
});

test("chosen nodes stand in the link by name; a list that is too long for one is kept", () => {
  expect(read(nodesHref(["a", "b"], {}, nobody)).get("nodes")).toBe("a,b");
  const many = Array.from({ length: 400 }, (_, i) => `node-${i}`);
  const kept: string[] = [];
  const link = read(nodesHref(many, repairFill("runtime-down", "start-runtime"), (names) => kept.push(...names)));
  expect(link.get("nodes")).toBe(KEPT);
  expect(kept).toEqual(many);
  expect(link.get("check")).toBe("runtime-down");
});

test("a repair for all names repair and check", () => {
  const link = read(repairAllHref("runtime-down", "start-runtime"));
  expect(JSON.parse(link.get("p") ?? "")).toEqual({ repairId: "start-runtime", checkId: "runtime-down" });
  expect(link.get("check")).toBe("runtime-down");
});

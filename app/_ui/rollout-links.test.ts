// Links into the wizard say what was looked at, in the words of selectors.
import { expect, test } from "vitest";
import { parseSelector } from "../../selectors/parse.ts";
import { changeHref, repairAllHref } from "./rollout-links.ts";

const read = (href: string): URLSearchParams => new URL(href, "http://x").searchParams;
const all = { q: "", state: [], pool: [], zone: [] };

test("filters by pool and zone become a selector that parses, whatever the names are", () => {
  const where = read(changeHref({ ...all, pool: ["web", "row 4"], zone: ["a"] }, [])).get("where") ?? "";
  expect(where).toBe('pool=web|"row 4" zone=a');
  expect(parseSelector(where).ok).toBe(true);
});

test("what a selector cannot say is a list of names", () => {
  expect(
    read(changeHref({ ...all, state: ["unhealthy"], pool: ["web"] }, [{ name: "a" }, { name: "b" }])).get("nodes"),
  ).toBe("a,b");
  expect(changeHref(all, [{ name: "a" }])).toBe("/rollouts/new");
});

test("a repair for all names repair and check", () => {
  const link = read(repairAllHref("runtime-down", "start-runtime"));
  expect(JSON.parse(link.get("p") ?? "")).toEqual({ repairId: "start-runtime", checkId: "runtime-down" });
  expect(link.get("check")).toBe("runtime-down");
});

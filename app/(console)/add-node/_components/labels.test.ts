// Typed labels are read, or the wrong part is named; typed networks are taken apart.
import { expect, test } from "vitest";
import { parseCidrs, parseLabels } from "./labels.ts";

test.each([
  ["", { labels: {} }],
  [" zone = a , rack=r1,", { labels: { zone: "a", rack: "r1" } }],
  ["zone=a\nexample.com/team=web=1", { labels: { zone: "a", "example.com/team": "web=1" } }],
  ["zone", { fault: "zone" }],
  ["=a", { fault: "=a" }],
  ["zone=a, -x=1", { fault: "-x=1" }],
])("%j", (text, expected) => expect(parseLabels(text)).toEqual(expected));

test("networks may be separated by commas, spaces or lines", () => {
  expect(parseCidrs(" 10.0.0.0/8, 192.0.2.1\n2001:db8::/32 ,")).toEqual(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);
  expect(parseCidrs("  ")).toEqual([]);
});

// Typed labels are read, or the wrong part is named.
import { expect, test } from "vitest";
import { parseLabels } from "./labels.ts";

test.each([
  ["", { labels: {} }],
  [" zone = a , rack=r1,", { labels: { zone: "a", rack: "r1" } }],
  ["zone=a\nexample.com/team=web=1", { labels: { zone: "a", "example.com/team": "web=1" } }],
  ["zone", { fault: "zone" }],
  ["=a", { fault: "=a" }],
  ["zone=a, -x=1", { fault: "-x=1" }],
])("%j", (text, expected) => expect(parseLabels(text)).toEqual(expected));

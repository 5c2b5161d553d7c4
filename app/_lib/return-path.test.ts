// Signing in never leads to another host.
import { expect, test } from "vitest";
import { returnPath } from "./return-path.ts";

test.each([
  ["/nodes?q=a&state=unhealthy", "/nodes?q=a&state=unhealthy"],
  [null, "/"],
  ["", "/"],
  ["https://elsewhere.example", "/"],
  ["//elsewhere.example", "/"],
  ["/\\elsewhere.example", "/"],
  ["/\t/elsewhere.example", "/"],
  ["/sign-in?next=/sign-in", "/"],
])("%j leads to %s", (wanted, expected) => expect(returnPath(wanted)).toBe(expected));

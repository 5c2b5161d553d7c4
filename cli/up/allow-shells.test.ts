// What `up --allow-shells` does to the dispatcher's policy: one word more, nothing less.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadPolicy } from "../../server/dispatch/policy.ts";
import { allowShells } from "./allow-shells.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-policy-"));
  path = join(folder, "policy.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = () => JSON.parse(readFileSync(path, "utf8"));

test("a new file says that and no more, and the dispatcher reads it", () => {
  allowShells({ dispatcher: folder });
  expect(written()).toEqual({ shells: { allow: true } });
  expect(loadPolicy(join(folder, "..", "nowhere")).shells.allow).toBe(false);
});

test("what somebody wrote there stays", () => {
  writeFileSync(path, JSON.stringify({ spread: { min: 3 }, shells: { allow: false, maxMinutes: 10 } }));
  allowShells({ dispatcher: folder });
  allowShells({ dispatcher: folder });
  expect(written()).toEqual({ spread: { min: 3 }, shells: { allow: true, maxMinutes: 10 } });
});

test.each(["{", "[]", "7"])("a file that is no policy is not touched: %s", (text) => {
  writeFileSync(path, text);
  expect(() => allowShells({ dispatcher: folder })).toThrow("policy.json");
  expect(readFileSync(path, "utf8")).toBe(text);
});

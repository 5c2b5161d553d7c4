// The freeze that goes past the console, secrets read in folders of others, and how people compare a key.

import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSecret } from "../server/core/secrets.ts";
import { dropFreeze } from "./freeze-now.ts";
import { fingerprint } from "./words.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "freeze-now-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

test("it lies in the dispatcher's folder, for its eyes only, in place of whatever lay there", () => {
  expect(dropFreeze({ data }, "why", new Date(0))).toBe(false); // no dispatcher here
  mkdirSync(join(data, "dispatcher"));
  writeFileSync(join(data, "elsewhere"), "as it was");
  symlinkSync(join(data, "elsewhere"), join(data, "dispatcher/freeze-now.json"));
  expect(dropFreeze({ data }, "why", new Date(0))).toBe(true);
  const path = join(data, "dispatcher/freeze-now.json");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ v: 1, reason: "why", at: "1970-01-01T00:00:00.000Z" });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(data, "elsewhere"), "utf8")).toBe("as it was");
  expect(readdirSync(join(data, "dispatcher"))).toEqual(["freeze-now.json"]);
});

test("a secret that is a link or a pipe is refused at once", () => {
  mkdirSync(join(data, "secrets/web"), { recursive: true });
  writeFileSync(join(data, "shadow"), "root's");
  symlinkSync(join(data, "shadow"), join(data, "secrets/web/auth-secret"));
  spawnSync("mkfifo", [join(data, "secrets/web/pipe")]);
  expect(() => readSecret(data, "web", "auth-secret")).toThrow("ELOOP");
  expect(() => readSecret(data, "web", "pipe")).toThrow("is no plain file");
  expect(() => readSecret(data, "web", "none")).toThrow("./nodeops up makes it");
});

test("a fingerprint is 32 digits in groups of four", () => {
  expect(fingerprint("")).toBe("e3b0 c442 98fc 1c14 9afb f4c8 996f b924");
});

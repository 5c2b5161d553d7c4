// The lock is held by exactly one live process, and never by a dead one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tryLock, unlock } from "./lock.ts";
import { identify } from "./proc.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodeops-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("the second taker learns who holds it; after unlock it is free", () => {
  const path = join(dir, "lock");
  expect(tryLock(path)).toBeUndefined();
  expect(tryLock(path)?.pid).toBe(process.pid);
  unlock(path);
  expect(tryLock(path)).toBeUndefined();
});

test.each([
  { name: "a process that is gone", owner: { pid: 2 ** 22 + 1, startedTicks: 1, bootId: "" } },
  { name: "another process under the same pid", owner: { ...identify(process.pid), startedTicks: 1 } },
  { name: "an earlier boot", owner: { ...identify(process.pid), bootId: "earlier" } },
])("a lock of $name is taken over", ({ owner }) => {
  const path = join(dir, "lock");
  writeFileSync(path, JSON.stringify(owner));
  expect(tryLock(path)).toBeUndefined();
});

test("a half-written lock is taken over", () => {
  const path = join(dir, "lock");
  writeFileSync(path, '{"pid":');
  expect(tryLock(path)).toBeUndefined();
});

test("nobody frees another's lock", () => {
  const path = join(dir, "lock");
  writeFileSync(path, JSON.stringify(identify(process.ppid)));
  unlock(path);
  expect(tryLock(path)?.pid).toBe(process.ppid);
});

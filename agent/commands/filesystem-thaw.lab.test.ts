// On a real ext4 on a loop device: a fresh freeze is refused, one that is as old as the node's owner says is thawed. Needs root.
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { probeWrite } from "../host/write-probe.ts";
import { Bench } from "./bench.fixture.ts";
import { filesystemThaw } from "./filesystem-thaw.ts";

const folder = mkdtempSync(join(tmpdir(), "thaw-"));
const image = join(folder, "image");
const mountPoint = join(folder, "mnt");
const call = (...argv: [string, ...string[]]) => execFileSync(argv[0], argv.slice(1), { stdio: "pipe" });
const bench = new Bench();

beforeAll(() => {
  mkdirSync(mountPoint);
  closeSync(openSync(image, "w"));
  truncateSync(image, 64 * 1024 ** 2);
  call("mkfs.ext4", "-q", image);
  call("mount", "-o", "loop", image, mountPoint);
});
afterEach(() => {
  vi.useRealTimers();
  bench.end();
});
afterAll(() => {
  call("umount", mountPoint);
  rmSync(folder, { recursive: true });
});

it("leaves a freeze its time", async () => {
  const ctx = await bench.context();
  await expect(filesystemThaw.run({ mountPoint }, ctx)).rejects.toMatchObject({ code: "not-frozen" });
  call("fsfreeze", "-f", mountPoint);
  let isFrozen = true;
  try {
    await expect(filesystemThaw.run({ mountPoint }, ctx)).rejects.toMatchObject({ code: "is-new" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 890_000 });
    await expect(filesystemThaw.run({ mountPoint }, ctx)).rejects.toMatchObject({ code: "is-new" });
    vi.setSystemTime(Date.now() + 20_000);
    expect(await filesystemThaw.run({ mountPoint }, ctx)).toMatchObject({ changed: true });
    isFrozen = false;
  } finally {
    if (isFrozen) call("fsfreeze", "-u", mountPoint);
  }
  expect((await probeWrite(mountPoint, 10_000)).state).toBe("ok");
});

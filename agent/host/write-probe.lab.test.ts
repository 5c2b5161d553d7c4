// On a real ext4 on a loop device: frozen by fsfreeze it says so and goes on saying so; a disk that is merely written to does not. Needs root.
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { probeWrite } from "./write-probe.ts";

const folder = mkdtempSync(join(tmpdir(), "freeze-"));
const image = join(folder, "image");
const mountPoint = join(folder, "mnt");
const call = (...argv: [string, ...string[]]) => execFileSync(argv[0], argv.slice(1), { stdio: "pipe" });

beforeAll(() => {
  mkdirSync(mountPoint);
  closeSync(openSync(image, "w"));
  truncateSync(image, 64 * 1024 ** 2);
  call("mkfs.ext4", "-q", image);
  call("mount", "-o", "loop", image, mountPoint);
});
afterAll(() => {
  call("umount", mountPoint);
  rmSync(folder, { recursive: true });
});

it("tells frozen from busy", async () => {
  const file = openSync(join(mountPoint, "busy"), "w");
  for (let i = 0; i < 200; i += 1) writeSync(file, Buffer.alloc(65_536, i));
  expect((await probeWrite(mountPoint, 10_000)).state).toBe("ok");
  closeSync(file);
  call("fsfreeze", "-f", mountPoint);
  try {
    const first = await probeWrite(mountPoint);
    expect(first).toMatchObject({ state: "frozen", error: null });
    // The same question still waits: no second child is left behind.
    expect(await probeWrite(mountPoint)).toEqual(first);
  } finally {
    call("fsfreeze", "-u", mountPoint);
  }
  expect((await probeWrite(mountPoint, 10_000)).state).toBe("ok");
});

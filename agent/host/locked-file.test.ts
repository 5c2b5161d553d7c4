// Reads that hang: each costs one thread at most, once, and everything else goes on. A fifo without a writer hangs like a locked process.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { argvOf } from "./proc.ts";

it("locked processes do not take the threads of everything else", { timeout: 15_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), "locked-"));
  const pids = [11, 12, 13, 14, 15, 16];
  for (const pid of [...pids, 17]) execFileSync("mkdir", [join(root, String(pid))]);
  for (const pid of pids) execFileSync("mkfifo", [join(root, String(pid), "cmdline")]);
  writeFileSync(join(root, "17", "cmdline"), "sleep\0ten\0");
  const file = (pid: number) => join(root, String(pid), "cmdline");
  try {
    expect(await argvOf(17, root)).toEqual(["sleep", "ten"]);
    for (let look = 0; look < 2; look++)
      expect(await Promise.all(pids.map((pid) => argvOf(pid, root)))).toEqual(pids.map(() => []));
    // Two hang for good now; a process that is not locked is still read, and the thread pool serves others.
    expect(await argvOf(17, root)).toEqual(["sleep", "ten"]);
    expect(await readFile(file(17), "utf8")).toBe("sleep\0ten\0");
    // Once they let go, they are read again.
    const writers = await Promise.all(pids.slice(0, 2).map((pid) => open(file(pid), "w")));
    for (const writer of writers) await writer.close();
    await expect.poll(() => argvOf(17, root)).toEqual(["sleep", "ten"]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

// What a question that is still under way says: the freeze lock, or something else.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeWait, probeWrite, waitChannelOf } from "./write-probe.ts";

describe("a question that waits", () => {
  it.each([
    ["percpu_rwsem_wait", null, "frozen"],
    ["__percpu_down_read", null, "frozen"],
    ["__sb_start_write", null, "frozen"],
    ["io_schedule", null, "stuck"],
    ["rwsem_down_write_slowpath", "[<0>] rwsem_down_write_slowpath+0x1\n[<0>] do_rmdir+0x1\n", "stuck"],
    ["do_wait", "[<0>] do_wait+0x1\n[<0>] mnt_want_write+0x2e/0x60\n", "frozen"],
    [null, null, "stuck"],
  ] as const)("in %s (%s) is %s", (wchan, stack, state) => expect(judgeWait(wchan, stack)).toBe(state));

  it("names its place by wchan, else by the top of its stack", () => {
    expect(waitChannelOf("io_schedule", null)).toBe("io_schedule");
    expect(waitChannelOf("0", "[<0>] percpu_rwsem_wait+0x120/0x140\n[<0>] b+0x1\n")).toBe("percpu_rwsem_wait");
    expect(waitChannelOf("0", null)).toBeNull();
  });
});

it("a file system that takes changes answers, and nothing is changed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "write-"));
  expect(await probeWrite(folder, 10_000)).toEqual({ state: "ok", waitChannel: null, since: null, error: null });
  rmSync(folder, { recursive: true });
});

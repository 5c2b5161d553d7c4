// Reading /proc: odd names, gone processes, nested nodes; the mount table's escapes.
import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { isUnder, mountOf, parseMountinfo } from "./mountinfo.ts";
import { containerIdIn, isLive, type ProcessStat, parseStat, statOf } from "./proc.ts";
import { AGENT_COMM, withoutNested } from "./process-table.ts";
import { run } from "./run.ts";

const id = "ab".repeat(32);

describe("processes", () => {
  it.each([
    ["plain", "42 (containerd) S 1 42 42 0 -1 4194560 1 2 3 4 10 5 0 0 20 0 9 0 178816 1 10311 1", "containerd"],
    [
      "brackets and spaces in the name",
      "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 10 5 0 0 20 0 9 0 178816 1 10311 1",
      "a) b (c)",
    ],
  ])("parses stat: %s", (_, text, name) => {
    expect(parseStat(text)).toEqual({
      pid: 42,
      name,
      state: "S",
      ppid: 1,
      threads: 9,
      startTicks: 178_816,
      rssPages: 10_311,
      cpuTicks: 15,
    });
  });

  it.each(["", "42", "42 (x", "42 (x) S"])("takes garbage for nothing: %j", (text) =>
    expect(parseStat(text)).toBeNull(),
  );

  it("tells a process from a later one with its pid, and a live one from a dead one", async () => {
    const child = spawn("sleep", ["60"]);
    const stat = statOf(child.pid ?? 0);
    expect(isLive(stat ?? { pid: 0, startTicks: 0 })).toBe(true);
    expect(isLive({ pid: child.pid ?? 0, startTicks: (stat?.startTicks ?? 0) + 1 })).toBe(false);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("exit", resolve));
    expect(isLive(stat ?? { pid: 0, startTicks: 0 })).toBe(false);
  });

  it.each([
    ["cgroup v1", `4:memory:/kubepods/pod1/${id}\n3:cpu:/`, id],
    ["systemd scope", `0::/system.slice/docker-${id}.scope`, id],
    ["none", "0::/user.slice/session-1.scope", null],
  ])("finds the container id: %s", (_, text, expected) => expect(containerIdIn(text)).toBe(expected));

  it("leaves out everything below a nested node that has an agent of its own", () => {
    const p = (pid: number, ppid: number, name: string): ProcessStat => ({
      pid,
      ppid,
      name,
      state: "S",
      threads: 1,
      startTicks: pid,
      rssPages: 1,
      cpuTicks: 0,
    });
    const all = [
      p(1, 0, "init"),
      p(10, 1, AGENT_COMM),
      p(20, 1, "bash"),
      p(21, 20, "containerd"),
      p(22, 20, AGENT_COMM),
      p(23, 21, "sh"),
      p(30, 1, "pause"),
    ];
    const namespaces: Record<number, string> = { 20: "n", 21: "n", 22: "n", 23: "c", 30: "d" };
    const kept = withoutNested(all, "own", (pid) => namespaces[pid] ?? "own");
    expect(kept.map((k) => k.pid)).toEqual([1, 10, 30]);
  });
});

describe("mount table", () => {
  const table = parseMountinfo(
    [
      "22 27 0:21 / /proc rw,relatime - proc proc rw",
      "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
      "30 27 7:1 /sub /var/lib/with\\040space rw,ro shared:2 master:3 - ext4 /dev/loop1 ro,errors=remount-ro",
      "not a mount",
    ].join("\n"),
  );

  it("reads optional fields, escapes and both kinds of options", () => {
    expect(table).toHaveLength(3);
    expect(table[2]).toEqual({
      id: 30,
      parent: 27,
      device: "7:1",
      root: "/sub",
      mountPoint: "/var/lib/with space",
      options: ["rw", "ro"],
      type: "ext4",
      source: "/dev/loop1",
      superOptions: ["ro", "errors=remount-ro"],
    });
  });

  it("finds the mount that a path lies on", () => {
    expect(mountOf("/var/lib/with space/x", table)?.device).toBe("7:1");
    expect(mountOf("/var/lib/with spaces", table)?.device).toBe("254:0");
    expect([isUnder("/a/b", "/a"), isUnder("/ab", "/a"), isUnder("/x", "/")]).toEqual([true, false, true]);
  });
});

describe("running programs", () => {
  it("gives output and code, and never a shell", async () => {
    expect(await run(["echo", "$HOME; id"])).toMatchObject({ code: 0, stdout: "$HOME; id\n", timedOut: false });
    expect(await run(["false"])).toMatchObject({ code: 1 });
    expect(await run(["/no/such/program"])).toMatchObject({ code: null, stderr: expect.stringContaining("ENOENT") });
  });

  it("ends what takes too long and cuts what says too much", async () => {
    expect(await run(["sleep", "60"], { timeoutMs: 100 })).toMatchObject({ timedOut: true });
    const noisy = await run(["head", "-c", "100000", "/dev/zero"], { maxBytes: 1_000 });
    expect([noisy.stdout.length, noisy.truncated]).toEqual([1_000, true]);
  });
});

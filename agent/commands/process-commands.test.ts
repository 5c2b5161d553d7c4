// Commands that act on processes, against real ones: what is proven goes on, gets its limit or ends; everything else stays as it was.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statOf } from "../host/proc.ts";
import { Bench } from "./bench.fixture.ts";
import { hasModule } from "./kernel-load-module.ts";
import { moduleLimits, openFilesLimit } from "./module-limits.ts";
import { processResume } from "./process-resume.ts";
import { partsOf, sandboxEnd } from "./sandbox-end.ts";

const id = "ab".repeat(32);
let bench: Bench;
/** comm of this test's daemon: one of a test before may still be ending. */
let comm = "";
let count = 0;
beforeEach(() => {
  bench = new Bench();
  comm = `dm${count++}-${process.pid}`;
});
afterEach(() => bench.end());

const stateOf = (pid: number): string | undefined => statOf(pid)?.state;
const module = () => ({ name: "daemon", process: comm });

/** A daemon under the module's name. */
function daemon(): { pid: number; startTicks: number } {
  const file = join(bench.folder, comm);
  writeFileSync(file, "#!/bin/bash\nwhile :; do sleep 0.1; done\n", { mode: 0o755 });
  return bench.start([file]);
}
const named = (pid: number) => expect.poll(() => statOf(pid)?.name).toBe(comm);

describe("process.resume", () => {
  it("lets a module's stopped process go on, and only that", async () => {
    const ref = daemon();
    await named(ref.pid);
    const ctx = await bench.context({ modules: [module()] });
    await expect(processResume.run({ process: ref }, ctx)).rejects.toMatchObject({ code: "not-stopped" });
    process.kill(ref.pid, "SIGSTOP");
    await expect.poll(() => stateOf(ref.pid)).toBe("T");
    await expect(processResume.run({ process: { ...ref, startTicks: 1 } }, ctx)).rejects.toMatchObject({
      code: "target-changed",
    });
    expect(stateOf(ref.pid)).toBe("T");
    expect(await processResume.run({ process: ref }, ctx)).toMatchObject({ changed: true, output: { before: "T" } });
    expect(stateOf(ref.pid)).toMatch(/[SRD]/);
  });

  it("leaves a shim whose runtime the node's owner keeps as it is, or that is nobody's who may be changed", async () => {
    const file = join(bench.folder, "containerd-shim");
    writeFileSync(file, "#!/bin/bash\nwhile :; do sleep 0.1; done\n", { mode: 0o755 });
    const shim = (address: string) => bench.start([file, "-namespace", "k8s.io", "-id", id, "-address", address]);
    const [ours, theirs] = [shim("/none"), shim("/run/other.sock")];
    for (const { pid } of [ours, theirs]) {
      await expect.poll(() => statOf(pid)?.name).toBe("containerd-shim");
      process.kill(pid, "SIGSTOP");
      await expect.poll(() => stateOf(pid)).toBe("T");
    }
    const strict = await bench.context({ policy: { runtimes: ["docker"] } });
    for (const ref of [ours, theirs])
      await expect(processResume.run({ process: ref }, strict)).rejects.toMatchObject({ code: "policy" });
    const allowed = await bench.context({ policy: { runtimes: ["fake"] } });
    await expect(processResume.run({ process: theirs }, allowed)).rejects.toMatchObject({ code: "policy" });
    expect([stateOf(ours.pid), stateOf(theirs.pid)]).toEqual(["T", "T"]);
    expect(await processResume.run({ process: ours }, allowed)).toMatchObject({ changed: true });
    expect(await processResume.run({ process: theirs }, await bench.context())).toMatchObject({ changed: true });
  });

  it("leaves what somebody else stopped", async () => {
    const ref = bench.start(["sleep", "60"]);
    process.kill(ref.pid, "SIGSTOP");
    await expect.poll(() => stateOf(ref.pid)).toBe("T");
    await expect(processResume.run({ process: ref }, await bench.context())).rejects.toMatchObject({
      code: "not-a-module",
    });
    expect(stateOf(ref.pid)).toBe("T");
  });
});

describe("module.limits", () => {
  const limit = (pid: number) => openFilesLimit(readFileSync(`/proc/${pid}/limits`, "utf8"))?.soft;

  it("raises the soft limit, never lowers it, and refuses another process", async () => {
    const ref = daemon();
    await named(ref.pid);
    const before = limit(ref.pid) ?? 0;
    const ctx = await bench.context({ modules: [module()] });
    const params = { module: "daemon", process: ref, openFiles: 1_024 };
    expect(await moduleLimits.run(params, ctx)).toMatchObject({ changed: false });
    expect(limit(ref.pid)).toBe(before);
    const lowered = bench.start(["prlimit", "--nofile=512:4096", "sleep", "60"]);
    await expect.poll(() => limit(lowered.pid)).toBe(512);
    await expect(moduleLimits.run({ ...params, process: lowered }, ctx)).rejects.toMatchObject({
      code: "target-changed",
    });
    expect(limit(lowered.pid)).toBe(512);
    await expect(moduleLimits.run({ ...params, module: "other" }, ctx)).rejects.toMatchObject({
      code: "no-such-module",
    });
  });

  it("sets what the plan says and keeps the higher hard limit", async () => {
    const ref = daemon();
    await named(ref.pid);
    bench.start(["prlimit", "--pid", String(ref.pid), "--nofile=300:4096"]);
    await expect.poll(() => limit(ref.pid)).toBe(300);
    const ctx = await bench.context({ modules: [module()] });
    expect(await moduleLimits.run({ module: "daemon", process: ref, openFiles: 2_048 }, ctx)).toMatchObject({
      changed: true,
      output: { before: { soft: 300, hard: 4_096 }, after: { soft: 2_048, hard: 4_096 } },
    });
  });
});

describe("sandbox.end", () => {
  /** A process that looks like gVisor's kernel of that id. */
  const sandbox = (of: string) =>
    bench.start(["bash", "-c", "while :; do sleep 0.1; done", "boot", of], "runsc-sandbox");
  const params = { kind: "gvisor" as const, containerId: id, graceMs: 200 };

  it("ends exactly the processes that are proven to be its parts", async () => {
    const ref = sandbox(id);
    const other = sandbox("cd".repeat(32));
    await expect.poll(() => stateOf(ref.pid)).toMatch(/[SR]/);
    const ctx = await bench.context();
    await expect(sandboxEnd.run({ ...params, processes: [ref, other] }, ctx)).rejects.toMatchObject({
      code: "not-its-process",
    });
    expect(stateOf(ref.pid)).toMatch(/[SR]/);
    expect(await sandboxEnd.run({ ...params, processes: [ref] }, ctx)).toMatchObject({
      changed: true,
      output: { ended: [ref.pid] },
    });
    expect(stateOf(ref.pid) ?? "Z").toBe("Z");
    expect(stateOf(other.pid)).toMatch(/[SR]/);
    await expect(sandboxEnd.run({ ...params, processes: [ref] }, ctx)).rejects.toMatchObject({ code: "target-gone" });
  });

  it("refuses one that a runtime lists, and a name that people gave", async () => {
    const ref = sandbox(id);
    const listed = await bench.context({}, { tasks: async () => new Set([id]) });
    await expect(sandboxEnd.run({ ...params, processes: [ref] }, listed)).rejects.toMatchObject({
      code: "still-known",
    });
    const mine = sandbox("build-box");
    await expect(
      sandboxEnd.run({ ...params, kind: "lxc", containerId: "build-box", processes: [mine] }, await bench.context()),
    ).rejects.toMatchObject({ code: "not-ours" });
    expect([stateOf(ref.pid), stateOf(mine.pid)].every((s) => /[SR]/.test(s ?? ""))).toBe(true);
  });

  it("refuses when nobody can say", async () => {
    const ref = sandbox(id);
    const silent = async () => {
      throw new Error("no answer");
    };
    const ctx = await bench.context({}, { version: silent });
    await expect(sandboxEnd.run({ ...params, processes: [ref] }, ctx)).rejects.toMatchObject({
      code: "runtime-silent",
    });
    expect(stateOf(ref.pid)).toMatch(/[SR]/);
  });

  it.each([
    ["a virtual machine", "kata", [["/usr/bin/qemu-system-x86_64", "-name", `sandbox-${id},debug-threads=on`]], 1],
    ["its file server", "kata", [["virtiofsd", `--socket-path=/run/vc/vm/${id}/vhost.sock`]], 1],
    ["its shim", "kata", [["/usr/bin/containerd-shim-kata-v2", "-namespace", "k8s.io", "-id", id]], 1],
    ["a shell that names it", "kata", [["bash", "-c", `ls /run/vc/vm/${id}`]], 0],
    ["another machine", "kata", [["qemu-kvm", "-name", `sandbox-${"cd".repeat(32)}`]], 0],
    ["an LXC monitor", "lxc", [[`[lxc monitor] /var/lib/lxc ${id}`]], 1],
    ["a longer id", "gvisor", [["runsc-sandbox", "boot", `${id}0`]], 0],
    [
      "a gofer of the sandbox's bundle",
      "gvisor",
      [
        ["runsc-sandbox", "boot", "--bundle=/b/one", id],
        ["runsc-gofer", "gofer", "--bundle", "/b/one"],
        ["runsc-gofer", "gofer", "--bundle", "/b/two"],
      ],
      2,
    ],
  ] as const)("knows %s", (_, kind, all, expected) =>
    expect(
      partsOf(
        kind,
        id,
        all.map((argv, pid) => ({ pid, argv })),
      ).size,
    ).toBe(expected),
  );
});

describe("kernel.load-module", () => {
  it("knows modules that are there", () => {
    expect([hasModule("kernel_module_that_nobody_wrote"), hasModule("overlay")]).toEqual([false, true]);
  });
});

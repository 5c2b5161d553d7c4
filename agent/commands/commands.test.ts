// Commands against real processes and files of the test: they act when the target is proven, and touch nothing when it is not.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandTypes } from "../../protocol/commands.ts";
import { sha256 } from "../collectors/cni.ts";
import { AgentConfig } from "../config.ts";
import { parseMountinfo } from "../host/mountinfo.ts";
import { statOf } from "../host/proc.ts";
import { ProcessTableReader } from "../host/process-table.ts";
import { ModuleWatch } from "../modules/watch.ts";
import { Bench } from "./bench.fixture.ts";
import { cniRestore } from "./cni-restore.ts";
import { cut, evidenceCapture } from "./evidence-capture.ts";
import { cniTexts, handlesUsr1 } from "./evidence-sections.ts";
import { commands } from "./index.ts";
import { rebinds } from "./lxcfs-reattach.ts";
import { moduleRestart } from "./module-restart.ts";
import { withoutLines } from "./nic-rename.ts";
import { forbids } from "./policy.ts";
import { processNudge } from "./process-nudge.ts";
import { processesOfPod } from "./prove.ts";
import { shimReap } from "./shim-reap.ts";
import { sysctlSet } from "./sysctl-set.ts";

let bench: Bench;
let folder: string;
let children: number[];
beforeEach(() => {
  bench = new Bench();
  ({ folder, children } = bench);
});
afterEach(() => bench.end());

const context = (config: object = {}, binDirs: string[] = []) => bench.context(config, {}, binDirs);
const start = (argv: string[]) => bench.start(argv);

describe("every command", () => {
  it("is implemented under its own type", () => {
    expect(Object.entries(commands).map(([type, command]) => [type, command.type])).toEqual(
      commandTypes.map((type) => [type, type]),
    );
  });
});

describe("process.nudge", () => {
  it("refuses another process under the pid, and a parent without zombies", async () => {
    const ctx = await context();
    const ref = start(["sleep", "60"]);
    await expect(processNudge.run({ process: { ...ref, startTicks: 1 } }, ctx)).rejects.toMatchObject({
      code: "target-changed",
    });
    await expect(processNudge.run({ process: ref }, ctx)).rejects.toMatchObject({ code: "nothing-to-do" });
    await expect(
      processNudge.run({ process: { pid: 1, startTicks: statOf(1)?.startTicks ?? 0 } }, ctx),
    ).rejects.toMatchObject({ code: "protected" });
  });

  it("counts what a stubborn parent leaves", async () => {
    // the shell becomes sleep, which never waits for the child it inherited
    const ref = start(["bash", "-c", "sleep 0.05 & exec sleep 60"]);
    const ctx = await context();
    await expect
      .poll(
        () =>
          ctx.table
            .read(0)
            .children.get(ref.pid)
            ?.some((c) => c.state === "Z"),
        { timeout: 5_000 },
      )
      .toBe(true);
    expect(await processNudge.run({ process: ref }, ctx)).toMatchObject({
      changed: false,
      output: { before: 1, after: 1 },
    });
  });
});

describe("shim.reap", () => {
  it("refuses what is not a shim and leaves it alive", async () => {
    const ref = start(["sleep", "60"]);
    const params = { process: ref, containerId: "ab".repeat(32), namespace: "k8s.io", runtime: "fake" };
    await expect(shimReap.run(params, await context())).rejects.toMatchObject({ code: "not-a-shim" });
    expect(statOf(ref.pid)?.state).toMatch(/[SR]/);
  });
});

describe("module.restart", () => {
  // comm of the main process is the script's name
  const comm = `mod-${process.pid}`;
  const script = () => join(folder, comm);
  const config = () => ({
    modules: [
      {
        name: "mod",
        kind: "other",
        process: comm,
        manager: { type: "exec", start: [script()], pidFile: join(folder, "mod.pid") },
      },
    ],
  });
  const params = { module: "mod", process: null, readyTimeoutMs: 5_000 };
  /** What a failed expectation would leave running. */
  afterEach(() => {
    for (const p of new ProcessTableReader().read().all) if (p.name === comm) process.kill(p.pid, "SIGKILL");
  });
  beforeEach(() => writeFileSync(script(), "#!/bin/bash\nwhile :; do sleep 0.2; done\n", { mode: 0o755 }));

  it("starts, refuses to start twice, kills exactly the named process and starts again", {
    timeout: 30_000,
  }, async () => {
    const ctx = await context(config());
    const started = await moduleRestart.run({ ...params, mode: "start" }, ctx);
    const first = started.output?.process as { pid: number; startTicks: number };
    children.push(first.pid);
    await expect(moduleRestart.run({ ...params, mode: "start" }, ctx)).rejects.toMatchObject({
      code: "already-running",
    });
    await expect(
      moduleRestart.run({ ...params, mode: "kill-restart", process: { ...first, startTicks: 1 } }, ctx),
    ).rejects.toMatchObject({ code: "target-changed" });
    const stranger = start(["sleep", "60"]);
    await expect(moduleRestart.run({ ...params, mode: "kill-restart", process: stranger }, ctx)).rejects.toMatchObject({
      code: "target-changed",
    });
    expect(statOf(stranger.pid)?.state).toMatch(/[SR]/);
    const again = await moduleRestart.run({ ...params, mode: "kill-restart", process: first }, ctx);
    const second = again.output?.process as { pid: number };
    children.push(second.pid);
    expect(second.pid).not.toBe(first.pid);
  });

  it("refuses what the node does not know or does not allow", async () => {
    await expect(moduleRestart.run({ ...params, mode: "start" }, await context())).rejects.toMatchObject({
      code: "no-such-module",
    });
    const denied = await context({ ...config(), policy: { denyCommands: ["module.restart"] } });
    await expect(moduleRestart.run({ ...params, mode: "start" }, denied)).rejects.toMatchObject({
      code: "not-restartable",
    });
  });

  it("starts nothing that is neither meant to run nor was seen running", async () => {
    class Unwanted extends ModuleWatch {
      override specs(table: ReturnType<ProcessTableReader["read"]>) {
        return super.specs(table).map((spec) => ({ ...spec, wanted: false }));
      }
    }
    const [module] = config().modules;
    const ctx = await context({ modules: [{ ...module, process: "never-ran" }] });
    ctx.modules = new Unwanted(ctx.config, ctx.runtimes, ctx.memory.data);
    for (const mode of ["start", "restart"] as const)
      await expect(moduleRestart.run({ ...params, mode }, ctx)).rejects.toMatchObject({ code: "not-wanted" });
  });

  it("fails when the start command fails", async () => {
    writeFileSync(script(), "#!/bin/bash\necho no space >&2\nexit 3\n", { mode: 0o755 });
    await expect(moduleRestart.run({ ...params, mode: "start" }, await context(config()))).rejects.toMatchObject({
      code: "not-started",
      message: expect.stringContaining("3"),
    });
    rmSync("/var/log/mod.start.log", { force: true });
  });
});

describe("cni.restore", () => {
  const good = '{"name":"n","plugins":[{"type":"bridge"}]}';
  const broken = '{"name":';
  const file = "10-net.conflist";
  const params = { file, currentSha256: sha256(broken), goodSha256: sha256(good) };
  beforeEach(() => {
    mkdirSync(join(folder, "cni"));
    mkdirSync(join(folder, "good-cni"));
    writeFileSync(join(folder, "cni", file), broken, { mode: 0o644 });
    writeFileSync(join(folder, "good-cni", sha256(good)), good);
  });
  const now = () => readFileSync(join(folder, "cni", file), "utf8");
  const kept = (index: object) => writeFileSync(join(folder, "good-cni", "index.json"), JSON.stringify(index));
  beforeEach(() => kept({ [file]: { sha256: sha256(good), at: 1 } }));

  it("refuses the good copy of another file", async () => {
    kept({ "20-other.conflist": { sha256: sha256(good), at: 1 } });
    await expect(cniRestore.run(params, await context())).rejects.toMatchObject({ code: "no-good-copy" });
    expect(now()).toBe(broken);
  });

  it("refuses a file that is not broken, and puts it back when a plugin of it is missing", async () => {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "ptp"), "");
    const sound = '{"name":"other","type":"ptp"}';
    writeFileSync(join(folder, "cni", file), sound);
    const ctx = await context({}, [join(folder, "bin")]);
    const planned = { ...params, currentSha256: sha256(sound) };
    await expect(cniRestore.run(planned, ctx)).rejects.toMatchObject({ code: "not-broken" });
    expect(now()).toBe(sound);
    rmSync(join(folder, "bin", "ptp"));
    expect(await cniRestore.run(planned, ctx)).toMatchObject({ changed: true });
  });

  it("puts the good copy back and keeps the broken one", async () => {
    expect(await cniRestore.run(params, await context())).toMatchObject({
      changed: true,
      output: { networkReady: true },
    });
    expect([now(), readFileSync(join(folder, "cni", `${file}.broken`), "utf8")]).toEqual([good, broken]);
  });

  it("refuses a file that changed since the plan", async () => {
    writeFileSync(join(folder, "cni", file), "{}");
    await expect(cniRestore.run(params, await context())).rejects.toMatchObject({ code: "target-changed" });
    expect(now()).toBe("{}");
  });

  it("refuses a kept copy that is not what it says", async () => {
    writeFileSync(join(folder, "good-cni", sha256(good)), "tampered");
    await expect(cniRestore.run(params, await context())).rejects.toMatchObject({ code: "no-good-copy" });
    expect(now()).toBe(broken);
  });

  it.each(["../etc/passwd.conf", ".hidden.conf", "script.sh"])("refuses the name %s", async (name) => {
    await expect(cniRestore.run({ ...params, file: name }, await context())).rejects.toMatchObject({
      code: "not-a-cni-file",
    });
  });
});

describe("mount.detach", () => {
  const uid = "0191d3a0-0000-7000-8000-000000000001";
  it.each([
    ["cgroupfs", `0::/kubepods/burstable/pod${uid}/x`, [7]],
    ["systemd", `0::/kubepods.slice/kubepods-pod${uid.replaceAll("-", "_")}.slice/x`, [7]],
    ["another pod", "0::/kubepods/pod0191d3a0-0000-7000-8000-000000000002", []],
  ])("finds who lives in a pod's cgroup: %s", (_, cgroup, pids) => {
    mkdirSync(join(folder, "7"));
    writeFileSync(join(folder, "7", "stat"), readFileSync("/proc/self/stat", "utf8").replace(/^\d+/, "7"));
    writeFileSync(join(folder, "7", "cgroup"), `${cgroup}\n`);
    expect(processesOfPod(uid, folder)).toEqual(pids);
  });
});

describe("sysctl.set", () => {
  it.each([
    ["kernel.core_pattern", "|/bin/sh"],
    ["kernel.modprobe", "1"],
    ["net.ipv4.conf.all.forwarding", "1"],
    ["vm.swappiness", "1; reboot"],
  ])("refuses %s = %s", async (key, value) => {
    await expect(sysctlSet.run({ key, expected: "0", value }, await context())).rejects.toMatchObject({
      code: "not-settable",
    });
  });

  it("refuses when the value is another than the plan saw", async () => {
    const before = readFileSync("/proc/sys/vm/swappiness", "utf8");
    await expect(
      sysctlSet.run({ key: "vm.swappiness", expected: "12345", value: "3" }, await context()),
    ).rejects.toMatchObject({ code: "target-changed" });
    expect(readFileSync("/proc/sys/vm/swappiness", "utf8")).toBe(before);
  });
});

describe("evidence.capture", () => {
  it("gives every section a place, with its text or with why not", async () => {
    const ref = start(["sleep", "60"]);
    const done = await evidenceCapture.run(
      { sections: ["process-stack", "open-files", "mounts", "module-log", "goroutines"], process: ref },
      await context(),
    );
    const sections = done.output?.sections as { section: string; text: string; error: string | null }[];
    expect(sections.map((s) => [s.section, s.error === null])).toEqual([
      ["process-stack", true],
      ["open-files", true],
      ["mounts", true],
      ["module-log", false],
      ["goroutines", true],
    ]);
    expect(sections[0]?.text).toContain("State:");
    expect(statOf(ref.pid)?.state).toMatch(/[SR]/); // looking at it has not ended it
  });

  it("signals nobody who only calls itself like a module, and says so", async () => {
    writeFileSync(join(folder, "containerd"), "#!/bin/bash\ntrap 'exit 9' USR1\nwhile :; do sleep 0.1; done\n", {
      mode: 0o755,
    });
    const ref = start([join(folder, "containerd")]);
    await expect.poll(() => handlesUsr1(readFileSync(`/proc/${ref.pid}/status`, "utf8"))).toBe(true);
    const ctx = await context();
    ctx.modules = new (class extends ModuleWatch {
      override specs = () => [];
    })(ctx.config, ctx.runtimes, ctx.memory.data);
    const done = await evidenceCapture.run({ sections: ["goroutines"], process: ref }, ctx);
    expect(JSON.stringify(done.output)).toContain("is not the process of a module");
    expect(statOf(ref.pid)?.state).toMatch(/[SR]/);
  });

  it("sends network files without their secrets, and nothing else of their folder", () => {
    mkdirSync(join(folder, "sub.conf"));
    writeFileSync(join(folder, "calico-kubeconfig"), "token: hunter2");
    writeFileSync(join(folder, "10.conflist"), '{"name":"n","token":"hunter2"}');
    execFileSync("mkfifo", [join(folder, "20.conf")]);
    const text = cniTexts(folder).join("");
    expect(text).toContain('"name": "n"');
    expect(text.match(/not a plain file/g)).toHaveLength(2);
    expect(text).not.toMatch(/hunter2|kubeconfig/);
  });

  it("cuts in the middle and says so", () => {
    expect(cut("short", 10)).toEqual({ text: "short", truncated: false });
    const { text, truncated } = cut("a".repeat(50) + "b".repeat(50), 20);
    expect([truncated, text.startsWith("aaaa"), text.endsWith("bbbb"), text.includes("80 characters")]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it("knows who would die of SIGUSR1", () => {
    expect([
      handlesUsr1("SigCgt:\tfffffffe7fc1feff\n"),
      handlesUsr1("SigCgt:\t0000000000000000\n"),
      handlesUsr1(""),
    ]).toEqual([true, false, false]);
  });
});

describe("small parts", () => {
  it("takes exactly the named lines out of a rule file", () => expect(withoutLines("a\nb\nc\n", [2])).toBe("a\nc\n"));

  it("attaches the same files of the live lxcfs", () => {
    const dead = parseMountinfo(
      "9 1 0:70 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n8 1 0:70 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw",
    );
    expect(rebinds(dead, "/var/lib/lxcfs")).toEqual([
      ["/var/lib/lxcfs/proc/meminfo", "/proc/meminfo"],
      ["/var/lib/lxcfs", "/var/lib/lxcfs"],
    ]);
  });

  it("lets the node's file decide", () => {
    const detach = {
      type: "mount.detach" as const,
      params: { mountPoint: "/run/a/b", type: "tmpfs", source: "x", containerId: "c1" },
    };
    const prune = { type: "runtime.prune" as const, params: { runtime: "docker", containers: [], images: [] } };
    const policy = (text: object) => AgentConfig.parse({ policy: text });
    const places = {
      cniFolder: "/etc/cni/net.d",
      runtimesOf: (name: string) => (name === "dockerd" ? ["docker"] : []),
    };
    expect(forbids(policy({}), detach, places)).toBeNull();
    expect(forbids(policy({ denyCommands: ["mount.detach"] }), detach, places)).toContain("denied");
    expect(forbids(policy({ commands: ["evidence.capture"] }), detach, places)).toContain("not among");
    expect(forbids(policy({ paths: ["/run/other"] }), detach, places)).toContain("outside");
    expect(forbids(policy({ paths: ["/run/a"] }), detach, places)).toBeNull();
    expect(forbids(policy({ runtimes: ["containerd"] }), prune, places)).toContain("docker");
    const restart = (module: string) => ({
      type: "module.restart" as const,
      params: { module, mode: "restart" as const, process: null },
    });
    expect(forbids(policy({ runtimes: ["containerd"] }), restart("dockerd"), places)).toContain("docker");
    expect(forbids(policy({ runtimes: ["containerd"] }), restart("lxcfs"), places)).toBeNull();
    const cni = {
      type: "cni.restore" as const,
      params: { file: "10.conf", currentSha256: null, goodSha256: "a".repeat(64) },
    };
    expect(forbids(policy({ paths: ["/run"] }), cni, places)).toContain("/etc/cni/net.d/10.conf is outside");
    expect(forbids(policy({ paths: ["/etc/cni"] }), cni, places)).toBeNull();
  });

  it("refuses a configuration that is not understood", () => {
    expect(() => AgentConfig.parse({ policy: { denyComands: [] } })).toThrow();
    expect(() => AgentConfig.parse({ modules: [{ name: "../x" }] })).toThrow();
  });
});

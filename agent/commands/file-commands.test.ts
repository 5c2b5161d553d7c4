// Commands on logs, volumes, file systems and control groups, against real ones: what is proven changes, everything else stays to the byte.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContainerFact } from "../../protocol/facts.ts";
import { scanProcesses } from "../host/proc.ts";
import { Bench } from "./bench.fixture.ts";
import { containerPidsMax, containerThaw } from "./container-cgroup.ts";
import { evidenceCapture } from "./evidence-capture.ts";
import { filesystemThaw, reasonToWait } from "./filesystem-thaw.ts";
import { logTrim, trim } from "./log-trim.ts";
import { inUse, podRemove } from "./pod-remove.ts";
import { emptyFolders, volumeClear } from "./volume-clear.ts";

const id = "ab".repeat(32);
const uid = "0191d3a0-0000-7000-8000-000000000001";
let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  vi.useRealTimers();
  bench.end();
});

const container = (over: Partial<ContainerFact> = {}): ContainerFact => ({
  id,
  runtime: "fake",
  name: "web",
  podId: null,
  podName: null,
  podNamespace: null,
  podUid: null,
  image: "",
  imageId: null,
  handler: null,
  state: "running",
  exitCode: null,
  reason: null,
  createdAt: 0,
  startedAt: 0,
  finishedAt: null,
  attempt: 0,
  pid: null,
  cpuLimitMillis: null,
  memoryLimitBytes: null,
  labels: {},
  ...over,
});

describe("log.trim", () => {
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `line ${String(from + i).padStart(6, "0")} of the log\n`).join("");

  it("keeps the last whole lines, in the same file, and what is written at its end meanwhile", async () => {
    const path = join(bench.folder, "0.log");
    writeFileSync(path, lines(0, 50_000));
    const { ino } = statSync(path);
    const writer = openSync(path, "a");
    const file = await open(path, "r+");
    const { before, after } = await trim(file, 10_000);
    await file.close();
    expect(before).toBe(50_000 * 23);
    expect(after).toBeLessThanOrEqual(10_000);
    writeSync(writer, "one more\n");
    const text = readFileSync(path, "utf8");
    expect(text).toBe(`${lines(50_000 - after / 23, 50_000)}one more\n`);
    expect(statSync(path).ino).toBe(ino);
  });

  it("leaves a log that is short, and a line that has no end", async () => {
    const path = join(bench.folder, "0.log");
    for (const [text, keep, expected] of [
      ["short\n", 100, "short\n"],
      ["x".repeat(5_000), 100, ""],
      ["a\nb\n", 2, ""],
      ["aaaa\nb\n", 3, "b\n"],
    ] as const) {
      writeFileSync(path, text);
      const file = await open(path, "r+");
      await trim(file, keep);
      await file.close();
      expect(readFileSync(path, "utf8")).toBe(expected);
    }
  });

  it("touches only the file that the runtime writes, where runtimes keep logs", async () => {
    const mine = join(bench.folder, "0.log");
    writeFileSync(mine, lines(0, 100));
    const before = readFileSync(mine, "utf8");
    const run = async (path: string, told: string | null, containers = [container()]) =>
      logTrim.run(
        { path, containerId: id, keepBytes: 10 },
        await bench.context({}, { containers: async () => containers, logPath: async () => told }),
      );
    await expect(run(mine, mine)).rejects.toMatchObject({ code: "not-a-log" });
    await expect(run(mine, "/etc/hostname")).rejects.toMatchObject({ code: "not-its-log" });
    await expect(run(mine, null)).rejects.toMatchObject({ code: "no-log" });
    await expect(run(mine, mine, [])).rejects.toMatchObject({ code: "target-gone" });
    await expect(run(join(bench.folder, "none"), mine)).rejects.toMatchObject({ code: "target-gone" });
    expect(readFileSync(mine, "utf8")).toBe(before);
  });

  const docker = async (root: string) => {
    const spec = { details: async () => ({ handlers: [], rootDir: root, conditions: [], cni: null }) };
    const path = join(root, "containers", id, `${id}-json.log`);
    const ctx = await bench.context({}, { ...spec, containers: async () => [container()], logPath: async () => path });
    const [watched] = ctx.runtimes.all();
    if (watched) watched.runtime.spec.kind = "docker";
    return { ctx, path };
  };

  it("cuts an engine's log; not through a link to elsewhere, nor one with another name", async () => {
    const { ctx, path } = await docker(bench.folder);
    mkdirSync(join(bench.folder, "containers", id), { recursive: true });
    const foreign = join(bench.folder, "foreign");
    writeFileSync(foreign, lines(0, 100));
    symlinkSync(foreign, path);
    const params = { path, containerId: id, keepBytes: 100 };
    await expect(logTrim.run(params, ctx)).rejects.toMatchObject({ code: "not-a-log" });
    execFileSync("rm", [path]);
    execFileSync("ln", [foreign, path]);
    await expect(logTrim.run(params, ctx)).rejects.toMatchObject({ code: "not-plain" });
    expect(statSync(foreign).size).toBe(2_300);
    execFileSync("rm", [path]);
    appendFileSync(path, lines(0, 100));
    expect(await logTrim.run(params, ctx)).toMatchObject({ changed: true, output: { before: 2_300, after: 92 } });
    expect(await logTrim.run(params, ctx)).toMatchObject({ changed: false });
  });
});

describe("volume.clear", () => {
  const old = new Date(Date.now() - 3_600_000);
  const root = () => join(bench.folder, "kubelet-root");
  const pod = () => join(root(), "pods", uid);
  const age = (...folders: string[]) => {
    for (const folder of folders) utimesSync(folder, old, old);
  };
  /** A kubelet that only says where its folder is. */
  beforeEach(async () => {
    // That of the test before may still be ending.
    const others = () =>
      scanProcesses().filter((p) => p.name === "kubelet" && p.ppid === process.pid && p.rssPages > 0);
    await expect.poll(() => others().length).toBe(0);
    mkdirSync(join(pod(), "volumes", "empty-dir"), { recursive: true });
    const file = join(bench.folder, "kubelet");
    writeFileSync(file, "#!/bin/bash\nwhile :; do sleep 0.1; done\n", { mode: 0o755 });
    const { pid } = bench.start([file, `--root-dir=${root()}`]);
    await expect.poll(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim()).toBe("kubelet");
  });

  /** With a runtime that has listed the pod before. */
  const seen = async () => {
    const ctx = await bench.context();
    ctx.memory.data.podsSeen = [uid];
    return ctx;
  };

  it("clears the folder of a pod that was listed before", async () => {
    age(join(pod(), "volumes", "empty-dir"), join(pod(), "volumes"), pod());
    expect(await volumeClear.run({ podUid: uid }, await seen())).toMatchObject({ changed: true });
  });

  it("removes empty folders of a pod that is gone, and nothing beside them", async () => {
    const ctx = await bench.context();
    await expect(volumeClear.run({ podUid: uid }, await seen())).rejects.toMatchObject({ code: "is-new" });
    age(join(pod(), "volumes", "empty-dir"), join(pod(), "volumes"), pod());
    const listed = await bench.context({}, { containers: async () => [container({ podUid: uid })] });
    await expect(volumeClear.run({ podUid: uid }, listed)).rejects.toMatchObject({ code: "listed" });
    // Old, empty and unknown: so is the folder of a pod that waits for its volumes.
    await expect(volumeClear.run({ podUid: uid }, ctx)).rejects.toMatchObject({ code: "not-proven" });
    const said = { rule: "pod-volumes-orphaned", lines: [`Orphaned pod "${uid}" found, but volume paths are still`] };
    const latest = (() => ({ matches: [said] })) as unknown as typeof ctx.latest; // no other part of the fact is read
    const other = { ...said, lines: [said.lines[0]?.replace(uid, "0191d3a0-0000-7000-8000-00000000000f") ?? ""] };
    const elsewhere = (() => ({ matches: [other] })) as unknown as typeof ctx.latest;
    await expect(volumeClear.run({ podUid: uid }, { ...ctx, latest: elsewhere })).rejects.toMatchObject({
      code: "not-proven",
    });
    expect(existsSync(pod())).toBe(true);
    expect(await volumeClear.run({ podUid: uid }, { ...ctx, latest })).toMatchObject({ output: { removed: 3 } });
    expect([existsSync(pod()), existsSync(join(root(), "pods"))]).toEqual([false, true]);
    await expect(volumeClear.run({ podUid: uid }, ctx)).rejects.toMatchObject({ code: "target-gone" });
  });

  it("refuses at the first file, before anything is removed", async () => {
    writeFileSync(join(pod(), "volumes", "data"), "somebody's");
    age(join(pod(), "volumes", "empty-dir"), join(pod(), "volumes"), pod());
    await expect(volumeClear.run({ podUid: uid }, await seen())).rejects.toMatchObject({ code: "not-empty" });
    expect(existsSync(join(pod(), "volumes", "empty-dir"))).toBe(true);
  });

  it("follows no link, neither as the folder nor below it", async () => {
    rmdirSync(join(pod(), "volumes", "empty-dir"));
    symlinkSync("/tmp", join(pod(), "volumes", "empty-dir"));
    age(join(pod(), "volumes"), pod());
    expect(() => emptyFolders(pod(), Date.now())).toThrow("is not a folder");
    const other = "0191d3a0-0000-7000-8000-000000000002";
    symlinkSync(pod(), join(root(), "pods", other));
    await expect(volumeClear.run({ podUid: other }, await bench.context())).rejects.toMatchObject({
      code: "not-plain",
    });
  });
});

describe("filesystem.thaw", () => {
  it("refuses what is not mounted, not of that kind, or not allowed", async () => {
    const ctx = await bench.context();
    await expect(filesystemThaw.run({ mountPoint: bench.folder }, ctx)).rejects.toMatchObject({ code: "target-gone" });
    await expect(filesystemThaw.run({ mountPoint: "/proc" }, ctx)).rejects.toMatchObject({ code: "not-freezable" });
  });

  const frozen = { state: "frozen" as const, since: 1_000_000 };
  it.each([
    ["takes changes", { state: "ok" as const, since: null }, null, 2_000_000, "not-frozen"],
    ["frozen for less than a backup takes", frozen, null, 1_899_999, "is-new"],
    ["nobody knows since when", { ...frozen, since: null }, null, 9_000_000, "is-new"],
    ["frozen for a quarter of an hour", frozen, null, 1_900_000, null],
    ["and a backup runs", frozen, "restic", 1_900_000, "at-work"],
  ])("%s", (_, answer, holder, now, expected) =>
    expect(reasonToWait(answer, holder, now, 900_000)?.[0] ?? null).toBe(expected),
  );

  it("waits a quarter of an hour for a file system and ten minutes for a container unless the node's owner says otherwise", async () => {
    expect((await bench.context()).config.thaw).toEqual({ fileSystemAfterMs: 900_000, containerAfterMs: 600_000 });
    const own = await bench.context({ thaw: { fileSystemAfterMs: 5_000 } });
    expect(own.config.thaw).toEqual({ fileSystemAfterMs: 5_000, containerAfterMs: 600_000 });
  });
});

describe("pod.remove", () => {
  const pod = {
    id,
    runtime: "fake",
    name: "p",
    namespace: "n",
    uid,
    ready: false,
    handler: null,
    ip: null,
    createdAt: 0,
    labels: {},
    isKubelets: false,
  };
  const kubelets = { ...pod, isKubelets: true };
  // The kubelet that a test before has started may still be ending.
  beforeEach(() => expect.poll(() => scanProcesses().some((p) => p.name === "kubelet" && p.rssPages > 0)).toBe(false));
  it.each([
    ["a dead one that people made goes", [pod], [container({ podId: id, state: "exited" })], null],
    [
      "a kubelet's job that is done stays with its log",
      [kubelets],
      [container({ podId: id, state: "exited" })],
      "is a kubelet's, with the log of web",
    ],
    ["a kubelet's only sandbox stays", [kubelets], [], "is the last sandbox of a kubelet's pod"],
    ["a kubelet's with a younger one goes", [kubelets, { ...kubelets, id: "cd".repeat(32), createdAt: 9 }], [], null],
    [
      "nor does an older one replace it",
      [
        { ...kubelets, createdAt: 9 },
        { ...kubelets, id: "cd".repeat(32) },
      ],
      [],
      "is the last sandbox of a kubelet's pod",
    ],
    ["a ready one stays", [{ ...pod, ready: true }], [], "is ready"],
    ["one with a running container stays", [pod], [container({ podId: id })], "has web running"],
    ["one that is made just now stays", [{ ...pod, createdAt: 995_000 }], [], "is being made"],
    ["one that is gone", [], [], "gone already"],
  ])("%s", (_, pods, containers, expected) => expect(inUse({ pods, containers }, id, 1_000_000, false)).toBe(expected));

  it("takes every pod for a kubelet's where one belongs to the node", () =>
    expect(inUse({ pods: [pod], containers: [] }, id, 1_000_000, true)).toBe("is the last sandbox of a kubelet's pod"));

  it("removes through the runtime, each looked at anew", async () => {
    const there = new Set([id]);
    const ctx = await bench.context(
      {},
      {
        pods: async () => [...there].map((podId) => ({ ...pod, id: podId })),
        removePod: async (podId) => void there.delete(podId),
      },
    );
    expect(await podRemove.run({ runtime: "fake", pods: [id, id] }, ctx)).toMatchObject({ output: { removed: [id] } });
    await expect(podRemove.run({ runtime: "fake", pods: [id] }, ctx)).rejects.toMatchObject({
      code: "nothing-to-remove",
    });
    await expect(podRemove.run({ runtime: "other", pods: [id] }, ctx)).rejects.toMatchObject({
      code: "no-such-runtime",
    });
  });
});

/** A writable cgroup folder of a controller, v1 or v2; null where there is none. */
function cgroupFolder(controller: string): string | null {
  const v1 = `/sys/fs/cgroup/${controller}`;
  const top = existsSync(`${v1}/cgroup.procs`)
    ? v1
    : existsSync("/sys/fs/cgroup/cgroup.controllers")
      ? "/sys/fs/cgroup"
      : null;
  if (top === null) return null;
  const folder = `${top}/nodeops-test-${process.pid}`;
  try {
    mkdirSync(`${folder}/${id}`, { recursive: true });
    if (controller === "pids" && !existsSync(`${folder}/${id}/pids.max`)) return null;
    return `${folder}/${id}`;
  } catch {
    return null;
  }
}

describe("cgroups of running containers (need root)", () => {
  const folders = { freezer: cgroupFolder("freezer"), pids: cgroupFolder("pids") };
  const drop = (folder: string | null) => {
    if (folder === null) return;
    try {
      rmdirSync(folder);
      rmdirSync(join(folder, ".."));
    } catch {
      // the kernel frees it when its last process is reaped
    }
  };
  afterEach(() => new Promise((resolve) => setTimeout(resolve, 100)));
  /** A program that waits under that name. */
  const fakeProgram = (name: string): string => {
    const file = join(bench.folder, name);
    writeFileSync(file, "#!/bin/bash\nwhile :; do sleep 0.1; done\n", { mode: 0o755 });
    return file;
  };
  const listed = (state: ContainerFact["state"] = "running") =>
    bench.context({}, { containers: async () => [container({ state })] });
  /** With what the agent's own last look said of the container. */
  const seenAs = async (over: object, runtime: object = {}) => {
    const ctx = await bench.context({}, { containers: async () => [container()], ...runtime });
    // no other part of the fact is read
    return { ...ctx, latest: (() => ({ containers: [{ id, ...over }] })) as unknown as typeof ctx.latest };
  };
  const frozenFor = (ms: number, runtime: object = {}) => seenAs({ frozenSince: Date.now() - ms }, runtime);

  it.skipIf(folders.freezer === null)("thaws a frozen one, once, and only a running container", async () => {
    const folder = folders.freezer ?? "";
    const { pid } = bench.start(["sleep", "60"]);
    writeFileSync(`${folder}/cgroup.procs`, String(pid));
    const v2 = existsSync(`${folder}/cgroup.freeze`);
    const freeze = () => writeFileSync(v2 ? `${folder}/cgroup.freeze` : `${folder}/freezer.state`, v2 ? "1" : "FROZEN");
    const state = () => readFileSync(v2 ? `${folder}/cgroup.events` : `${folder}/freezer.state`, "utf8");
    try {
      await expect(containerThaw.run({ containerId: id }, await listed())).rejects.toMatchObject({
        code: "not-frozen",
      });
      freeze();
      await expect.poll(state).toMatch(v2 ? /frozen 1/ : /FROZEN/);
      await expect(containerThaw.run({ containerId: id }, await listed("paused"))).rejects.toMatchObject({
        code: "not-running",
      });
      await expect(
        containerThaw.run({ containerId: id }, await bench.context({}, { containers: async () => [] })),
      ).rejects.toMatchObject({ code: "target-gone" });
      for (const [ctx, code] of [
        [await listed(), "is-new"],
        [await frozenFor(599_000), "is-new"],
        [await frozenFor(601_000, { isPaused: async () => true }), "paused"],
        [await frozenFor(601_000, { isPaused: async () => Promise.reject(new Error("no answer")) }), "runtime-silent"],
      ] as const)
        await expect(containerThaw.run({ containerId: id }, ctx)).rejects.toMatchObject({ code });
      const criu = bench.start([fakeProgram("criu")]);
      await expect.poll(() => readFileSync(`/proc/${criu.pid}/comm`, "utf8").trim()).toBe("criu");
      await expect(containerThaw.run({ containerId: id }, await frozenFor(601_000))).rejects.toMatchObject({
        code: "at-work",
      });
      process.kill(criu.pid, "SIGKILL");
      await expect.poll(() => scanProcesses().some((p) => p.name === "criu" && p.rssPages > 0)).toBe(false);
      expect(state()).toMatch(v2 ? /frozen 1/ : /FROZEN/);
      const forgotten = await frozenFor(601_000, { isPaused: async () => false });
      expect(await containerThaw.run({ containerId: id }, forgotten)).toMatchObject({ changed: true });
      expect(state()).toMatch(v2 ? /frozen 0/ : /THAWED/);
    } finally {
      writeFileSync(v2 ? `${folder}/cgroup.freeze` : `${folder}/freezer.state`, v2 ? "0" : "THAWED");
      bench.end();
      await expect.poll(() => readFileSync(`${folder}/cgroup.procs`, "utf8")).toBe("");
      drop(folder);
    }
  });

  it.skipIf(folders.pids === null)(
    "gives no more to what forks without end, was raised enough, or needs less",
    async () => {
      const folder = folders.pids ?? "";
      mkdirSync(folder, { recursive: true });
      const now = () => readFileSync(`${folder}/pids.max`, "utf8").trim();
      const { pid } = bench.start(["sleep", "60"]);
      writeFileSync(`${folder}/cgroup.procs`, String(pid));
      try {
        writeFileSync(`${folder}/pids.max`, "20");
        const set = async (value: number, over: object = {}, first?: number) => {
          const ctx = await seenAs(over);
          if (first !== undefined) ctx.memory.data.pidsFirst[id] = first;
          return containerPidsMax.run({ containerId: id, expected: "20", value }, ctx);
        };
        await expect(set(1)).rejects.toMatchObject({ code: "below-use" });
        await expect(set(81)).rejects.toMatchObject({ code: "beyond-first" });
        await expect(set(40, {}, 9)).rejects.toMatchObject({ code: "beyond-first" });
        await expect(set(40, { pidsFastAt: Date.now() - 599_000 })).rejects.toMatchObject({ code: "grows-fast" });
        expect(now()).toBe("20");
        expect(await set(40, { pidsFastAt: Date.now() - 601_000 }, 10)).toMatchObject({ changed: true });
        expect(now()).toBe("40");
      } finally {
        bench.end();
        await expect.poll(() => readFileSync(`${folder}/cgroup.procs`, "utf8")).toBe("");
        drop(folder);
      }
    },
  );

  it.skipIf(folders.pids === null)("sets pids.max when it is as the plan saw it", async () => {
    const folder = folders.pids ?? "";
    const now = () => readFileSync(`${folder}/pids.max`, "utf8").trim();
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}/pids.max`, "25");
      const ctx = await listed();
      await expect(containerPidsMax.run({ containerId: id, expected: "30", value: 100 }, ctx)).rejects.toMatchObject({
        code: "target-changed",
      });
      expect(now()).toBe("25");
      expect(await containerPidsMax.run({ containerId: id, expected: "25", value: 100 }, ctx)).toMatchObject({
        output: { before: "25", after: "100" },
      });
      expect(await containerPidsMax.run({ containerId: id, expected: "25", value: 100 }, ctx)).toMatchObject({
        changed: false,
      });
      const strict = await bench.context(
        { policy: { runtimes: ["docker"] } },
        { containers: async () => [container()] },
      );
      await expect(containerPidsMax.run({ containerId: id, expected: "100", value: 50 }, strict)).rejects.toMatchObject(
        { code: "policy" },
      );
      expect(now()).toBe("100");
      const shown = await evidenceCapture.run({ sections: ["cgroup"], containerId: id }, ctx);
      expect(JSON.stringify(shown.output)).toContain("pids.max: 100");
    } finally {
      drop(folder);
    }
  });
});

describe("evidence of the moment", () => {
  it("shows sockets, the packet filter and who is busy, secrets left out", async () => {
    bench.start(["bash", "-c", "while :; do :; done", "worker", "--password", "hunter2"]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { output } = await evidenceCapture.run({ sections: ["firewall", "sockets", "top"] }, await bench.context());
    const sections = output?.sections as { section: string; text: string; error: string | null }[];
    expect(sections.map((s) => [s.section, s.error])).toEqual([
      ["firewall", null],
      ["sockets", null],
      ["top", null],
    ]);
    const top = sections[2]?.text ?? "";
    expect(top).toContain("worker");
    expect(top).not.toContain("hunter2");
  });
});

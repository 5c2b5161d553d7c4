// The Docker side of the agent on a real dockerd: a node of its own, where nothing else runs containers. What the agent says, and what it can do.
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNode, inside } from "../../lab/boot.ts";
import { inNode, tryInNode, until } from "../../lab/exec.ts";
import { labDown } from "../../lab/lab.ts";
import { labDir, planNode } from "../../lab/layout.ts";
import { claimIdentity, makeBridge } from "../../lab/machine.ts";
import { missingTools } from "../../lab/requirements.ts";
import { type LabNode, makeDataFolder, saveState } from "../../lab/state.ts";
import { type LogRuleId, logRuleById } from "../../log-rules/list.ts";
import type { Facts } from "../../protocol/facts.ts";
import { hostOptions } from "../../scripts/build.ts";
import { DockerRuntime } from "./docker.ts";

const isThere = (program: string): boolean => {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false; // not installed
  }
};
const missing = [
  ...(await missingTools()),
  ...(isThere("/usr/sbin/dockerd") && isThere("/usr/bin/docker") ? [] : ["docker.io"]),
];
const skipped = missing.length > 0 ? ` (skipped: it needs ${missing.join(", ")})` : "";

const daemonConfig = JSON.stringify({
  ...{ bridge: "none", iptables: false, ip6tables: false, "ip-forward": false, "userland-proxy": false },
  ...{ "live-restore": true, "oom-score-adjust": 0, "exec-opts": ["native.cgroupdriver=cgroupfs"] },
  runtimes: { crun: { path: "/usr/bin/crun" } },
});
const policy = JSON.stringify({
  modules: [
    {
      name: "dockerd",
      kind: "runtime",
      manager: { type: "exec", start: ["/etc/nodeops/modules/dockerd"], pidFile: "/run/docker.pid" },
    },
  ],
});
// A killed dockerd takes its containerd along; the zombie's pid file would keep the next one from starting its own.
const startScript = `#!/bin/bash
f=/run/docker/containerd/containerd.pid
! grep -q '^State:.Z' /proc/$(cat $f 2>/dev/null)/status 2>/dev/null || rm -f $f
cd /; setsid dockerd >> /var/log/dockerd.log 2>&1 < /dev/null &
`;
const image = `mkdir -p /tmp/r/bin; cp /bin/busybox /tmp/r/bin/; for a in sh sleep; do ln -sf busybox /tmp/r/bin/$a; done
tar -C /tmp/r -c . | docker import - shop/base:1; tar -C /tmp/r -c . | docker import -c 'ENV A=1' - shop/unused:1
docker tag shop/unused:1 shop/unused:2
docker run -d --name web --net none --memory 64m --cpus 0.5 --label app=web shop/base:1 sleep 100000
docker run --name dead --net none shop/base:1 sh -c 'exit 3' || true
docker create --name fresh --net none shop/base:1 sh`;

/** The agent's bundle in the node. */
const AGENT = "/var/lib/nodeops-agent-under-test.mjs";

type Doctor = {
  outcomes: { id: string; outcome: { status: string; problems?: { reason: string }[] } }[];
  facts: Facts;
};

describe.skipIf(missing.length > 0)(`a node with Docker alone${skipped}`, () => {
  let dataDir: string;
  let node: LabNode;

  /** The agent's own look at the node, from inside it. */
  const doctor = async (): Promise<Doctor> => {
    const { stdout, stderr } = await tryInNode(node.pid, `/run/nodeops-lab/bin/node ${AGENT} doctor --json`, [], {
      timeoutMs: 60_000,
    });
    if (stdout === "") throw new Error(`the agent said nothing: ${stderr}`);
    return JSON.parse(stdout) as Doctor;
  };
  // The kernel's log is the whole machine's: what other tests had killed for its memory stands there too.
  const isMachines = (id: string) => logRuleById.get(id as LogRuleId)?.sources.includes("kernel") === true;
  const wrong = ({ outcomes }: Doctor) =>
    outcomes
      .filter(({ id, outcome }) => outcome.status === "problems" && !isMachines(id))
      .map((o) => [o.id, o.outcome.problems?.map((p) => p.reason)]);
  const data = <T>(fact: { data: T | null } | undefined): T => fact?.data ?? expect.fail("no such fact");
  const start = async (): Promise<void> => {
    await inNode(node.pid, "/etc/nodeops/modules/dockerd");
    await until("dockerd answers", 30_000, async () => (await tryInNode(node.pid, "docker version")).code === 0, 200);
  };

  beforeAll(async () => {
    dataDir = await makeDataFolder(await mkdtemp(join(tmpdir(), "nodeops-docker-")));
    const lab = await claimIdentity(dataDir);
    await saveState(dataDir, { version: 1, lab, nodes: [] });
    await makeBridge(lab, dataDir);
    const context = {
      dataDir,
      lab,
      nodeBin: process.execPath,
      imageArchive: join(labDir(dataDir), "none"),
      step: () => undefined,
    };
    node = await createNode(context, planNode(lab, 1));
    await saveState(dataDir, { version: 1, lab, nodes: [node] });
    await inNode(node.pid, "mkdir -p /etc/docker /var/lib/docker; mount --bind /var/lib/containerd /var/lib/docker");
    await writeFile(inside(node.pid, "/etc/docker/daemon.json"), daemonConfig);
    await writeFile(inside(node.pid, "/etc/nodeops/agent.json"), policy);
    await writeFile(inside(node.pid, "/etc/nodeops/modules/dockerd"), startScript, { mode: 0o755 });
    // As it ships, in one file: the checkout may lie where the node has something of its own (/tmp).
    await build({
      ...hostOptions("agent"),
      outdir: undefined,
      entryPoints: [join(import.meta.dirname, "../main.ts")],
      outfile: inside(node.pid, AGENT),
    });
    await start();
    await inNode(node.pid, image, [], { timeoutMs: 60_000 });
  }, 120_000);
  afterAll(async () => {
    if (!dataDir) return;
    await labDown({ dataDir });
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);

  it("is seen as it is, and nothing is called wrong but the container that ended with an error", async () => {
    const seen = await doctor();
    expect(wrong(seen)).toEqual([["container-exited-badly", ["ExitedWithError"]]]);
    const { facts } = seen;
    expect(data(facts.runtimes)).toMatchObject([
      {
        id: "docker",
        name: "docker",
        kind: "docker",
        module: "dockerd",
        rootDir: "/var/lib/docker",
        runningCount: 1,
        exitedCount: 1,
      },
    ]);
    expect(data(facts.runtimes)[0]?.handlers).toEqual(["crun", "runc"]);
    const runtimeModules = data(facts.modules).filter((m) => m.kind === "runtime");
    expect(runtimeModules.map((m) => [m.name, m.state, m.restartable])).toEqual([["dockerd", "running", true]]);
    const byName = new Map(data(facts.containers).map((c) => [c.name, c]));
    expect(byName.get("web")).toMatchObject({
      state: "running",
      cpuLimitMillis: 500,
      memoryLimitBytes: 64 * 1024 * 1024,
      labels: { app: "web" },
      handler: "runc",
    });
    expect(byName.get("dead")).toMatchObject({ state: "exited", exitCode: 3, pid: null });
    expect(byName.get("fresh")).toMatchObject({ state: "created", exitCode: null, startedAt: null });
    expect(
      data(facts.images)
        .map((i) => [i.tags, i.usedBy, i.pinned])
        .sort(),
    ).toEqual([
      [["shop/base:1"], 3, false],
      [["shop/unused:1", "shop/unused:2"], 0, false],
    ]);
    expect(data(facts.containerUsage).map((u) => u.id)).toEqual([byName.get("web")?.id]);
    expect(data(facts.processes).shims).toMatchObject([
      { namespace: "moby", containerId: byName.get("web")?.id, known: true, liveChildren: 1 },
    ]);
    expect(data(facts.filesystems).find((f) => f.holds.includes("docker"))?.type).toBe(node.storage);
  });

  it("restarts a container, removes what is not used and nothing else", async () => {
    const endpoint = `unix://${inside(node.pid, "/run/docker.sock")}`;
    const runtime = new DockerRuntime({
      id: "docker",
      kind: "docker",
      endpoint,
      module: "dockerd",
      metricsUrl: null,
      debugSocket: null,
    });
    const named = async (name: string) => (await runtime.containers()).find((c) => c.name === name);
    const before = (await named("web")) ?? expect.fail("no web");
    expect(await runtime.restartContainer(before.id, 1_000)).toBe(before.id);
    const after = await named("web");
    expect(after?.state).toBe("running");
    expect(after?.pid).not.toBe(before.pid);

    const images = await runtime.images();
    const idOf = (tag: string) => images.find((i) => i.tags.includes(tag))?.id ?? expect.fail(`no ${tag}`);
    await runtime.removeImage(idOf("shop/unused:1"));
    await expect(runtime.removeImage(idOf("shop/base:1"))).rejects.toMatchObject({ code: "HTTP_409" });
    expect((await runtime.images()).map((i) => i.tags)).toEqual([["shop/base:1"]]);
    await expect(runtime.removeContainer(before.id)).rejects.toMatchObject({ code: "HTTP_409" });
    await runtime.removeContainer((await named("dead"))?.id ?? "");
    expect(await named("dead")).toBeUndefined();
    runtime.close();
  });

  it("a stopped dockerd is hung, a killed one is down, and its containers outlive both", async () => {
    const pidOf = async () => (await inNode(node.pid, "docker inspect -f '{{.State.Pid}}' web")).trim();
    const web = await pidOf();
    await inNode(node.pid, "kill -STOP $(cat /run/docker.pid)");
    expect(wrong(await doctor())).toEqual([["runtime-hung", ["ProcessStopped"]]]);
    await inNode(node.pid, "kill -KILL $(cat /run/docker.pid)");
    expect(wrong(await doctor())).toEqual([["runtime-down", ["ProcessGone"]]]);
    await start();
    expect(wrong(await doctor())).toEqual([]);
    expect(await pidOf()).toBe(web);
  });
});

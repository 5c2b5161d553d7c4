// The lab on real containerd: nodes come up with pods, every fault is really there and really undone, nothing is left behind.
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cri, nodeSocket, withCri } from "./cri.ts";
import { inNode, run, tryInNode, until } from "./exec.ts";
import { findFault } from "./faults/catalogue.ts";
import { faults, labDown, labFault, labHeal, labList, labUp } from "./lab.ts";
import { type LabIdentity, labDir } from "./layout.ts";
import { kill } from "./machine.ts";
import { containerPid, listPods, runningContainer, standingPods } from "./pods.ts";
import { missingTools } from "./requirements.ts";
import { type LabNode, loadState } from "./state.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";

/** Asks whether a fault can be seen in the node right now. */
type Probe = (node: LabNode, cri: <T>(use: (cri: Cri) => Promise<T>) => Promise<T>) => Promise<boolean>;

const says =
  (script: string): Probe =>
  async (node) =>
    (await tryInNode(node.pid, script)).code === 0;

/** Ids the script prints that neither a pod nor a container of the runtime has. */
const unknownToRuntime =
  (script: string): Probe =>
  async (node, cri) => {
    const ids = (await inNode(node.pid, script)).split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id));
    const { sandboxes, containers } = await cri(listPods);
    return ids.some((id) => ![...sandboxes, ...containers].some((c) => c.id === id));
  };

const taskDir = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
const probes: Record<string, Probe> = {
  "runtime-down": says("! pgrep -x containerd"),
  "runtime-hung": says("grep -q '^State:.T' /proc/$(cat /run/containerd/containerd.pid)/status"),
  "orphan-shim": unknownToRuntime(
    "pgrep -af ^/usr/bin/containerd-shim-runc-v2 | sed -n 's/.* -id \\([0-9a-f]*\\) .*/\\1/p'",
  ),
  "container-lost": unknownToRuntime(
    'for f in /sys/fs/cgroup/{memory,.}/kubepods/*/*/cgroup.procs; do [ -z "$(cat $f 2>/dev/null)" ] || basename $(dirname $f); done',
  ),
  "disk-full": says("[ $(df --output=pcent /var/lib/containerd | tail -n 1 | tr -d ' %') -gt 90 ]"),
  "inodes-low": says("[ $(df --output=ipcent /var/lib/containerd | tail -n 1 | tr -d ' %') -gt 92 ]"),
  "lxcfs-dead": async (node, cri) => {
    const host = await tryInNode(node.pid, "head -n 1 /var/lib/lxcfs/proc/meminfo");
    const inContainer = await cri(async (call) => {
      const { id } = await runningContainer(call, "shop-web");
      return call("ExecSync", { container_id: id, cmd: ["grep", "MemTotal", "/proc/meminfo"], timeout: 5 });
    });
    const dead = host.stderr.includes("Transport endpoint is not connected");
    // the container's own limit, 64 MiB, shows that the file really is lxcfs's again
    if (!dead) expect(inContainer.stdout.toString()).toMatch(/ 65536 kB/);
    else expect(inContainer.stderr.toString()).toContain("not connected");
    return dead;
  },
  "nic-collision": says(
    "[ -e /sys/class/net/rename5 ] && [ $(grep -c 'NAME=\"eth1\"' /etc/udev/rules.d/70-persistent-net.rules) = 2 ]",
  ),
  "mount-leak": unknownToRuntime(`sed -n 's|.* ${taskDir}/\\([0-9a-f]*\\)/rootfs .*|\\1|p' /proc/mounts`),
  "cni-broken": async (_node, cri) => {
    const { status } = await cri((call) => call("Status"));
    return !status.conditions.find((c) => c.type === "NetworkReady")?.status;
  },
  "conntrack-full": says(
    "cd /proc/sys/net/netfilter; [ $(($(cat nf_conntrack_count) * 100 / $(cat nf_conntrack_max))) -ge 90 ]",
  ),
  "zombie-pileup": says("[ $(cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ') -gt 50 ]"),
  "shim-hung": says("grep -q '^State:.T' $(pgrep -f ^/usr/bin/containerd-shim-runc-v2 | sed 's|.*|/proc/&/status|')"),
  "lxcfs-hung": says("grep -q '^State:.T' /proc/$(cat /run/lxcfs.pid)/status"),
  "container-frozen": says(
    "grep -qs FROZEN /sys/fs/cgroup/freezer/kubepods/*/*/freezer.state || grep -qs 'frozen 1' /sys/fs/cgroup/kubepods/*/*/cgroup.events",
  ),
  "pids-limit": says(
    'for d in /sys/fs/cgroup/{pids,.}/kubepods/*/*/; do if [ "$(cat $d/pids.max 2>/dev/null)" = "$(cat $d/pids.current 2>/dev/null || echo none)" ]; then exit 0; fi; done; exit 1',
  ),
  "sandbox-leftover": async (_node, cri) =>
    (await cri(listPods)).sandboxes.some((sandbox) => sandbox.state === "SANDBOX_NOTREADY"),
  "sandbox-process": says("pgrep -f '^runsc-sandbox .*nodeops-lab/gvisor'"),
  "dead-containers": async (_node, cri) =>
    (await cri(listPods)).containers.filter((c) => c.state === "CONTAINER_EXITED").length > 50,
  "log-large": says("find /var/log/pods -name '*.log' -size +600M | grep -q ."),
  "files-exhausted": says(
    "[ $(awk '/^Max open files/ { print $4 }' /proc/$(cat /run/containerd/containerd.pid)/limits) -lt 200 ]",
  ),
  // whoever changes something there waits, and no signal ends the wait
  "disk-frozen": says(
    "setsid rmdir /var/lib/containerd/.none > /dev/null 2>&1 < /dev/null & p=$!; sleep 0.5; grep -q ') D ' /proc/$p/stat",
  ),
  "orphan-volumes": says("ls -d /var/lib/kubelet/pods/*/volumes"),
  "bridge-down": says("! ip -o link show cni0 | grep -q '[<,]UP[,>]'"),
  "pod-link-cut": says("ip -o link show type veth | grep '^[0-9]*: veth' | grep -vq 'master cni0'"),
  "neighbour-wrong": says("ip neigh show dev cni0 | grep -q '02:00:5e:00:53:01 PERMANENT'"),
  "ip-forward-off": says("[ $(cat /proc/sys/net/ipv4/ip_forward) = 0 ]"),
  "rp-filter-strict": says("[ $(cat /proc/sys/net/ipv4/conf/eth1/rp_filter) = 1 ]"),
  "reject-rule": says("iptables -S FORWARD | grep -q REJECT"),
  "leases-leaked": unknownToRuntime(
    "cd /var/lib/cni/networks/nodeops; for f in 10.*; do head -n 1 $f | tr -d '\\r'; done",
  ),
  "netns-leaked": says(
    'for n in /run/netns/*; do if [ -z "$(ip netns pids $(basename $n))" ]; then exit 0; fi; done; exit 1',
  ),
  "p2p-down": says("! pgrep -x dfdaemon"),
};

describe.skipIf(missing.length > 0)(`lab${skipped}`, () => {
  let dataDir = "";
  let lab: LabIdentity;
  let nodes: LabNode[] = [];
  const first = (): LabNode => {
    const [node] = nodes;
    if (!node) throw new Error("the lab has no node");
    return node;
  };
  const criOf =
    (node: LabNode) =>
    <T>(use: (cri: Cri) => Promise<T>): Promise<T> =>
      withCri(nodeSocket(node.pid), use);
  const pidsOf = (node: LabNode, but?: string): Promise<Record<string, number>> =>
    criOf(node)(async (cri) => {
      const pids: Record<string, number> = {};
      for (const pod of standingPods.filter((p) => p.name !== but))
        pids[pod.name] = await containerPid(cri, (await runningContainer(cri, pod.name)).id);
      return pids;
    });

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "nodeops-lab-test-"));
    nodes = await labUp({ dataDir, nodes: 2, join: null });
    lab = (await loadState(dataDir))?.lab ?? expect.fail("no state was written");
  });
  afterAll(async () => {
    await labDown({ dataDir });
    await rm(dataDir, { recursive: true, force: true });
  });

  it("runs pods on all three handlers of every node, in different zones and pools", async () => {
    for (const node of nodes) {
      const { sandboxes, containers } = await criOf(node)(listPods);
      expect(new Set(sandboxes.map((s) => s.runtime_handler))).toEqual(new Set(["runc", "crun", "runsc"]));
      expect(containers.map((c) => c.state)).toEqual(standingPods.map(() => "CONTAINER_RUNNING"));
    }
    expect(nodes.map((n) => [n.name, n.zone, n.pool])).toEqual([
      ["lab-1", "zone-a", "web"],
      ["lab-2", "zone-b", "batch"],
    ]);
  });

  it("looks like a host from inside", async () => {
    const { pid, ip } = first();
    expect(await inNode(pid, "hostname; cat /etc/hostname; ps -o comm= -p 1")).toBe("lab-1\nlab-1\nbash\n");
    expect(await inNode(pid, "ip -4 -o address show eth0")).toContain(ip);
    expect(
      await inNode(pid, 'ping -c 1 -W 2 "$1" >/dev/null 2>&1 || busybox ping -c 1 -W 2 "$1"; echo reached', [
        `${lab.subnet}.1`,
      ]),
    ).toContain("reached");
    const metrics = await inNode(
      pid,
      "busybox wget -q -O - http://127.0.0.1:1338/v1/metrics | grep -c grpc_server_handled_total",
    );
    expect(Number(metrics)).toBeGreaterThan(10);
    // the machine's own sysctls are out of reach
    expect((await tryInNode(pid, "echo 60 > /proc/sys/vm/swappiness")).code).not.toBe(0);
  });

  it("keeps what runs and adds what is missing", async () => {
    const before = await pidsOf(first());
    const grown = await labUp({ dataDir, nodes: 3, join: null });
    expect(grown.map((n) => n.name)).toEqual(["lab-1", "lab-2", "lab-3"]);
    expect(grown[0]?.pid).toBe(first().pid);
    expect(await pidsOf(first())).toEqual(before);
  });

  it("has a probe here for every fault of the catalogue", () => {
    expect(Object.keys(probes).sort()).toEqual(faults.map((f) => f.id).sort());
    expect(faults.length).toBeGreaterThanOrEqual(25);
  });

  it.each(Object.keys(probes))(
    "%s is really there, then really gone, and disturbs no other container",
    async (fault) => {
      const node = first();
      const probe = (): Promise<boolean> => (probes[fault] as Probe)(node, criOf(node));
      const [touched] = findFault(fault).touches ?? [];
      const before = await pidsOf(node, touched);
      expect(await probe()).toBe(false);
      await labFault({ dataDir, node: node.name, fault });
      await until(`${fault} shows`, 10_000, probe, 200);
      await labHeal({ dataDir, node: node.name, fault });
      await until(`${fault} is gone`, 10_000, async () => !(await probe()), 200);
      expect(await pidsOf(node, touched)).toEqual(before);
    },
  );

  it("refuses unknown faults and nodes in words", async () => {
    await expect(labFault({ dataDir, node: "lab-1", fault: "fire" })).rejects.toThrow(
      /no fault fire; there are: runtime-down/,
    );
    await expect(labFault({ dataDir, node: "lab-9", fault: "runtime-down" })).rejects.toThrow(/no lab node lab-9/);
  });

  it("enrols an agent once, keeps it running, and gives it an address that reaches the machine", async () => {
    const agent = join(dataDir, "agent.mjs");
    await writeFile(
      agent,
      `import fs from "node:fs"; const dir = "/var/lib/nodeops-agent";
       fs.appendFileSync(dir + "/calls", process.argv.slice(2).join(" ") + "\\n");
       if (process.argv[2] === "run") { fs.writeFileSync("/run/agent.pid", String(process.pid)); setInterval(() => {}, 1e6); }`,
    );
    const asked: string[] = [];
    const up = () =>
      labUp({
        dataDir,
        nodes: 1,
        agentBundle: agent,
        join: async (name, as) => {
          asked.push(`${name} ${as.pool} ${as.labels.zone}`);
          return { gatewayUrl: "https://127.0.0.1:8443", token: "nodeops1.abc" };
        },
      });
    await up();
    await up();
    expect(asked).toEqual(["lab-1 web zone-a"]);
    const { pid } = first();
    const running = (): Promise<string> => inNode(pid, "cat /run/agent.pid");
    const one = await until("agent runs", 10_000, () => running().catch(() => undefined));
    expect(await inNode(pid, "head -n 1 /var/lib/nodeops-agent/calls")).toBe(
      `join --gateway https://${lab.subnet}.1:8443 --token nodeops1.abc --name lab-1\n`,
    );
    await inNode(pid, "kill -KILL $(cat /run/agent.pid)");
    await until("agent runs again", 20_000, async () => (await running()) !== one, 200);
  });

  it("brings a dead node back as the same node", async () => {
    const [, , third] = await labList({ dataDir });
    if (!third) throw new Error("lab-3 is not listed");
    const machineId = await inNode(third.pid, "cat /etc/machine-id");
    kill(third.pid);
    await until("lab-3 is seen dead", 10_000, async () => (await labList({ dataDir }))[2]?.alive === false);
    const again = (await labUp({ dataDir, nodes: 3, join: null }))[2];
    if (!again) throw new Error("lab-3 did not come back");
    expect(again.pid).not.toBe(third.pid);
    expect(await inNode(again.pid, "cat /etc/machine-id")).toBe(machineId);
    expect(Object.keys(await pidsOf(again))).toHaveLength(standingPods.length);
  });

  it("lives beside a second lab, and cleans up even when its memory was lost", async () => {
    const other = await mkdtemp(join(tmpdir(), "nodeops-lab-other-"));
    try {
      await labUp({ dataDir: other, nodes: 1, join: null });
      const second = (await loadState(other))?.lab ?? expect.fail("no state was written");
      expect(second.subnet).not.toBe(lab.subnet);
      await rm(join(labDir(other), "state.json"));
      await labDown({ dataDir: other });
      expect(await left(second)).toEqual([]);
      expect((await labList({ dataDir })).map((n) => n.alive)).toEqual([true, true, true]);
    } finally {
      await labDown({ dataDir: other });
      await rm(other, { recursive: true, force: true });
    }
  });

  it("leaves nothing behind", async () => {
    expect(await left(lab)).not.toEqual([]);
    await labDown({ dataDir });
    expect(await left(lab)).toEqual([]);
    expect(await readdir(labDir(dataDir))).toEqual([]);
    expect(await run("losetup", ["-a"])).not.toContain(dataDir);
    expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(dataDir);
    expect(await labList({ dataDir })).toEqual([]);
  });

  /** What is still on the machine of a lab: NICs, cgroups, processes in them. */
  async function left(of: LabIdentity): Promise<string[]> {
    const nics = (await readdir("/sys/class/net")).filter((n) => n === of.bridge || n.startsWith(`nl${of.id}`));
    const roots = (await readdir("/sys/fs/cgroup")).map((root) => join("/sys/fs/cgroup", root, of.cgroup));
    const processes = [];
    for (const pid of (await readdir("/proc")).filter((p) => /^\d+$/.test(p))) {
      const cgroups = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
      if (cgroups.includes(of.cgroup)) processes.push(pid);
    }
    return [...nics, ...roots.filter((root) => existsSync(root)), ...processes];
  }
});

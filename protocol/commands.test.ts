// The catalogue takes what it names and nothing else: every text has a shape and an end, every object is closed, and what was authorised is to the byte
// what is signed and carried out.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { CommandAction, type CommandType, commandTypes, EvidenceSection } from "./commands.ts";

const process = { pid: 4, startTicks: 5 };
const containerId = "a".repeat(64);
const sha = "b".repeat(64);
const mac = "52:54:00:00:00:01";
const filter = {
  family: "ipv4",
  backend: "nft",
  table: "filter",
  chain: "FORWARD",
  rule: ["-s", "10.0.0.0/8", "-m", "comment", "--comment", "by hand", "-j", "DROP"],
};

/** One right action of each kind, every parameter given. */
const right: Record<CommandType, Record<string, unknown>> = {
  "evidence.capture": { sections: ["kmsg"], module: "containerd", process, containerId, path: "/var/lib" },
  "debug.collect": { containerId, runtime: "containerd" },
  "shell.open": {
    shellId: "0199d5a6-0000-7000-8000-000000000001",
    containerId,
    process,
    namespaces: ["mnt", "pid"],
    seconds: 600,
    maxBytes: 1_048_576,
  },
  "module.restart": { module: "containerd", mode: "kill-restart", process, readyTimeoutMs: 20_000 },
  "shim.reap": { process, containerId, namespace: "k8s.io", runtime: "containerd" },
  "container.end-lost": { containerId, cgroupPath: "/kubepods/pod:x", processes: [process], graceMs: 5_000 },
  "container.restart": { runtime: "docker", containerId, graceMs: 0 },
  "runtime.prune": {
    runtime: "containerd",
    containers: [containerId],
    images: ["sha256:1", "registry:5000/a/b@sha256:2"],
  },
  "lxcfs.reattach": { mountPoint: "/var/lib/lxcfs", module: "lxcfs", containers: [containerId] },
  "nic.rename": {
    index: 2,
    mac,
    from: "dev7",
    to: "eth0",
    claim: { file: "/etc/udev/rules.d/70-persistent-net.rules", mac, name: "eth0" },
  },
  "mount.detach": { mountPoint: "/run/x y", type: "fuse.lxcfs", source: "overlay", containerId },
  "cni.restore": { file: "10-net.conflist", currentSha256: null, goodSha256: sha },
  "sysctl.set": { key: "net.ipv4.ip_local_port_range", expected: "32768\t60999", value: "1024 65000" },
  "conntrack.flush": { which: ["unreplied"] },
  "process.nudge": { process },
  "process.resume": { process },
  "sandbox.end": { kind: "gvisor", containerId, processes: [process], graceMs: 1_000 },
  "pod.remove": { runtime: "containerd", pods: [containerId] },
  "cni.release": { network: "pods", leases: [{ address: "10.88.0.7", containerId }] },
  "netns.remove": { names: ["cni-0191d3a0-0000-7000-8000-000000000001"] },
  "link.set": { index: 7, name: "veth12ab", master: "cni0" },
  "neighbour.drop": { device: "eth0", address: "fe80::1" },
  "firewall.drop-rule": { ...filter },
  "firewall.add-rule": { ...filter, position: 3 },
  "log.trim": { path: "/var/log/pods/a_b_c/d/0.log", containerId, keepBytes: 1_048_576 },
  "filesystem.thaw": { mountPoint: "/var/lib/containerd" },
  "container.thaw": { containerId },
  "container.pids-max": { containerId, expected: "max", value: 4_096 },
  "module.limits": { module: "containerd", process, openFiles: 65_536 },
  "kernel.load-module": { name: "br_netfilter" },
  "volume.clear": { podUid: "0191d3a0-0000-7000-8000-000000000001" },
  "file.put": { path: "/etc/docker/daemon.json", content: '{"live-restore":true}', sha256: sha, mode: "644" },
  "file.restore": { path: "/etc/containerd/certs.d/docker.io/hosts.toml", putSha256: sha },
  "sysctl.put": { key: "vm.max_map_count", value: "262144" },
  "sysctl.restore": { key: "net.ipv4.tcp_mem", putValue: "1 2 3" },
  "package.install": { name: "lxcfs", version: "5.0.3-1" },
  "package.restore": { name: "containerd.io", putVersion: "1:1.6.22~ds1-1+b2" },
  "image.pull": { runtime: "containerd", image: "docker.io/library/busybox:1.36", timeoutMs: 60_000 },
};
const parse = (type: CommandType, over: Record<string, unknown> = {}) =>
  CommandAction.safeParse({ type, params: { ...right[type], ...over } }).success;

describe("every action", () => {
  for (const type of commandTypes) {
    it(`${type}: takes a right one, and no parameter more`, () => {
      expect(parse(type)).toBe(true);
      expect(parse(type, { shell: "id" })).toBe(false);
      expect(CommandAction.safeParse({ type, params: right[type], more: 1 }).success).toBe(false);
    });

    it(`${type}: takes no text, list or number without end`, () => {
      for (const [name, value] of Object.entries(right[type])) {
        const huge =
          typeof value === "string" ? "a".repeat(5_000) : typeof value === "number" ? 1e15 : Array(5_001).fill(value);
        expect([name, parse(type, { [name]: Array.isArray(value) ? Array(5_001).fill(value[0]) : huge })]).toEqual([
          name,
          false,
        ]);
      }
    });
  }
});

const bad: [CommandType, string, unknown[]][] = [
  [
    "mount.detach",
    "mountPoint",
    ["", "x", "/a/../b", "/a/./b", "/a//b", "/a/", "//", "/a\0b", "/a\nb", "/..", "/a\u2028b", "../a"],
  ],
  ["module.restart", "module", ["", "-rf", "a b", "a;b", "a/b", "$(id)", "cоntainerd", "a\n", "../x"]],
  [
    "module.restart",
    "process",
    [{ pid: 0, startTicks: 1 }, { pid: 1.5, startTicks: 1 }, { pid: 4 }, { ...process, more: 1 }],
  ],
  ["container.restart", "runtime", ["", "--help", "a b", "a\0"]],
  ["container.restart", "containerId", ["-x", "a/b", "x", "..", "a b"]],
  ["runtime.prune", "images", [["-f"], ["a b"], [""], ["a;b"], ["ａ"]]],
  ["shim.reap", "namespace", ["", "-n", "a/b"]],
  ["nic.rename", "from", ["", "-x", "a b", "a/b", "sixteen-letters-"]],
  ["nic.rename", "mac", ["", "52:54:00:00:00", "52-54-00-00-00-01", "52:54:00:00:00:0g"]],
  [
    "nic.rename",
    "claim",
    [
      "/etc/passwd",
      "/etc/udev/rules.d/../../shadow.rules",
      "/etc/udev/rules.d/sub/x.rules",
      "/usr/lib/udev/rules.d/x.rules",
      "/etc/udev/rules.d/.rules",
      "/etc/udev/rules.d/x.conf",
      "/etc/systemd/network/x.link\n",
    ].map((file) => ({ file, mac, name: "eth0" })),
  ],
  ["cni.restore", "file", ["", ".conf", "../x.conf", "a/b.conf", "x.sh", "x.conf\n", "x.conf.sh"]],
  ["cni.restore", "goodSha256", ["", "b".repeat(63), "B".repeat(64), "../../x"]],
  [
    "sysctl.set",
    "key",
    [
      "kernel.core_pattern",
      "kernel.modprobe",
      "KERNEL.PID_MAX",
      "kernel.pid_max\n",
      "kernel/pid_max",
      "net.ipv4.conf.all.forwarding",
      "",
    ],
  ],
  ["sysctl.set", "value", ["", "-1", "|/bin/sh", "1;2", "1\n2", "１", "1e3", "1 2 3 4 5"]],
  ["conntrack.flush", "which", [[], ["all"], ["closed", "closed", "closed"]]],
  ["sandbox.end", "kind", ["", "docker", "qemu", "Kata"]],
  ["sandbox.end", "processes", [[], [{ pid: 0, startTicks: 1 }], [{ ...process, name: "x" }]]],
  ["pod.remove", "pods", [[], ["-a"], ["a/b"], [""]]],
  ["cni.release", "network", ["", "..", "a/b", ".hidden", "a b"]],
  [
    "cni.release",
    "leases",
    [
      [],
      [{ address: "../../etc/passwd", containerId }],
      [{ address: "lock", containerId }],
      [{ address: "10.0.0.256", containerId }],
      [{ address: "10.0.0.1" }],
    ],
  ],
  ["netns.remove", "names", [[], ["vpn"], ["../x"], ["cni-1"], ["cni-0191D3A0-0000-7000-8000-000000000001"]]],
  ["link.set", "name", ["", "-x", "a b", "a/b", "sixteen-letters-"]],
  ["link.set", "master", ["", "-x", "nomaster x"]],
  ["neighbour.drop", "address", ["", "dev", "10.0.0.1/24", "all"]],
  ["firewall.drop-rule", "rule", [[], [""], ["a\nb"], Array(65).fill("-x")]],
  ["firewall.drop-rule", "chain", ["", "-A", "a b", "x".repeat(30)]],
  ["firewall.drop-rule", "table", ["security", "FILTER", ""]],
  ["firewall.add-rule", "position", [0, -1, 1.5]],
  ["log.trim", "path", ["", "a.log", "/var/log/../shadow", "/var/log/pods/"]],
  ["log.trim", "keepBytes", [-1, 1.5, 2_000_000_000]],
  ["container.pids-max", "expected", ["", "-1", "MAX", "1e3"]],
  ["container.pids-max", "value", [0, 15, 5_000_000]],
  ["module.limits", "openFiles", [0, 1_023, 2_000_000]],
  ["kernel.load-module", "name", ["", "br-netfilter", "dm_mod", "overlay nf"]],
  [
    "file.put",
    "path",
    [
      "",
      "/etc/passwd",
      "/etc/cron.d/x.conf",
      "/etc/cni/net.d/../../passwd",
      "/etc/cni/net.d/10.conflist.sh",
      "/etc/cni/net.d/.hidden.conf",
      "/etc/sysctl.d/a/b.conf",
      "/etc/containerd/certs.d/../hosts.toml",
      "/etc/containerd/certs.d//hosts.toml",
      "/etc/docker/daemon.json\n",
      "etc/docker/daemon.json",
      "/etc/nodeops/managed/x.sh",
    ],
  ],
  ["file.put", "content", ["", " ", "[]", "{", '{"a":1}\0', "null", "\ud800"]],
  ["file.put", "mode", ["", "777", "4755", "0644", "666"]],
  ["file.restore", "path", ["/etc/shadow", "/etc/containerd/config.toml/"]],
  ["sysctl.put", "key", ["kernel.core_pattern", "kernel.modprobe", "vm.max_map_count\n", ""]],
  ["sysctl.put", "value", ["", "-1", "1;2", "|x"]],
  ["sysctl.restore", "putValue", ["", "1\n2"]],
  [
    "package.install",
    "name",
    ["", "-y", "a b", "lxcfs=1", "lxcfs-", "lxcfs+", "linux-image-amd64", "libc6", "openssh-server", "*"],
  ],
  ["package.install", "version", ["", "-1", "1.0-", "1 0", "1*", "1\n"]],
  ["package.restore", "putVersion", ["", "1.0+", "a/b"]],
  ["image.pull", "image", ["", "-x", "a b", "$(id)", "a\n"]],
  ["volume.clear", "podUid", ["", "..", "a", "0191d3a0-0000-7000-8000-00000000000"]],
  ["evidence.capture", "sections", [[], ["shell"], Array(EvidenceSection.options.length + 1).fill("kmsg")]],
];

describe("a parameter of another shape is refused", () => {
  for (const [type, name, values] of bad) {
    it.each(values.map((value) => [JSON.stringify(value)?.slice(0, 60), value]))(`${type} ${name}: %s`, (_, value) => {
      expect(parse(type, { [name]: value })).toBe(false);
    });
  }
});

describe("what is authorised is what is carried out", () => {
  const actions = commandTypes.map((type) => ({ type, params: right[type] }));

  it("reading twice changes nothing: the parsed action is its own canonical form", () => {
    for (const action of actions) {
      const once = CommandAction.parse(action);
      expect(canonicalJson(CommandAction.parse(JSON.parse(canonicalJson(once))))).toBe(canonicalJson(once));
    }
  });

  it("a key in another case or with look-alike letters is refused; of a key given twice the last counts, for judge and agent alike", () => {
    const lookAlikes: Record<string, string> = { a: "а", e: "е", o: "о", p: "р", c: "с", i: "і" };
    fc.assert(
      fc.property(
        fc.constantFrom(...actions),
        fc.nat(),
        fc.constantFrom("twice", "case", "letter"),
        (action, at, how) => {
          const text = JSON.stringify(action);
          const keys = [...text.matchAll(/"([a-zA-Z0-9]+)":/g)];
          const key = keys[at % keys.length];
          if (!key?.[1]) return;
          const [whole, name] = key;
          const place = key.index;
          const changed =
            how === "twice"
              ? `${text.slice(0, place)}${whole}null,${text.slice(place)}`
              : how === "case"
                ? `${text.slice(0, place)}"${name.toUpperCase()}":${text.slice(place + whole.length)}`
                : `${text.slice(0, place)}"${[...name].map((c) => lookAlikes[c] ?? c).join("")}":${text.slice(place + whole.length)}`;
          const parsed = CommandAction.safeParse(JSON.parse(changed));
          if (how === "twice") expect(canonicalJson(parsed.data)).toBe(canonicalJson(CommandAction.parse(action)));
          else expect([changed, parsed.success]).toEqual([changed, changed === text]);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

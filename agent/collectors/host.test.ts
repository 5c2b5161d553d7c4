// What collectors make of the host's own files: network, conntrack, CNI, kernel log, clock, pressure, metrics.
import { describe, expect, it } from "vitest";
import { parseCni } from "./cni.ts";
import { groupOf, parseStat } from "./conntrack.ts";
import { parseOsRelease, virtualizationOf } from "./identity.ts";
import { parseKmsg } from "./kernel-log.ts";
import {
  cniDevices,
  ifupdownDevices,
  parseIpJson,
  parseLinkFile,
  parseRoutes,
  parseRoutes6,
  parseUdevRules,
} from "./network.ts";
import { parsePressure } from "./pressure.ts";
import { parseCpu, parseLoad, parseMeminfo } from "./resources.ts";
import { parseScrape, quantile, reduceScrapes } from "./runtime-metrics.ts";
import { parseFileNr, sysctlPath } from "./settings.ts";
import { parseChrony } from "./time-sync.ts";

describe("network", () => {
  it("reads ip's JSON", () => {
    const link = {
      ifindex: 3,
      ifname: "rename5",
      flags: ["BROADCAST"],
      link_type: "ether",
      address: "9e:c6:40:d1:61:e9",
      linkinfo: { info_kind: "veth" },
      addr_info: [{ local: "10.0.0.2", prefixlen: 24 }],
      altnames: ["enp3"],
      stats64: { rx: { errors: 12_345, dropped: 1 }, tx: {} },
    };
    expect(parseIpJson(JSON.stringify([link, {}]))).toEqual([
      {
        name: "rename5",
        index: 3,
        mac: "9e:c6:40:d1:61:e9",
        kind: "veth",
        up: false,
        carrier: null,
        master: null,
        addresses: ["10.0.0.2/24"],
        altNames: ["enp3"],
        rxErrors: 12_000,
        txErrors: 0,
        rxDropped: 1,
        txDropped: 0,
      },
    ]);
  });

  it("reads names claimed by udev rules, comments left out", () => {
    const text = `# ATTR{address}=="00:00:00:00:00:01", NAME="eth9"
SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="9E:c6:40:d1:61:e9", NAME="eth1"
SUBSYSTEM=="net", NAME="%k"
`;
    expect(parseUdevRules("f", text)).toEqual([{ file: "f", line: 2, mac: "9e:c6:40:d1:61:e9", name: "eth1" }]);
  });

  it("reads .link files", () => {
    const text = "[Match]\nMACAddress=9e:c6:40:d1:61:e9\n[Link]\nName=lan0\n";
    expect(parseLinkFile("f", text)).toEqual([{ file: "f", line: 4, mac: "9e:c6:40:d1:61:e9", name: "lan0" }]);
    expect(parseLinkFile("f", "[Link]\nName=lan0\n")).toEqual([]);
  });

  it("reads default routes", () => {
    const v4 =
      "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\neth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
    expect(parseRoutes(v4)).toEqual([{ via: "192.0.2.1", device: "eth0", family: "inet" }]);
    const v6 = `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n${"0".repeat(32)} 00 ${"0".repeat(32)} 00 ${"0".repeat(32)} ffffffff 00000001 00000000 00200200       lo`;
    expect(parseRoutes6(v6)).toEqual([
      { via: "fd00:0000:0000:0000:0000:0000:0000:0001", device: "eth0", family: "inet6" },
    ]);
  });

  it("knows which devices configuration needs", () => {
    expect(
      cniDevices(
        '{"plugins":[{"type":"macvlan","master":"eth1"},{"type":"host-device","device":"eth2"},{"type":"bridge"}]}',
      ),
    ).toEqual(["eth1", "eth2"]);
    expect(cniDevices("{")).toEqual([]);
    expect(ifupdownDevices("auto lo eth0\n# auto eth9\nauto eth0:1\n")).toEqual(["lo", "eth0"]);
  });
});

describe("conntrack", () => {
  it.each([
    ["ipv4 2 udp 17 29 src=1 dst=2 [UNREPLIED] src=2 dst=1 use=1", "udp unreplied"],
    ["ipv4 2 tcp 6 431999 ESTABLISHED src=1 dst=2 [ASSURED] use=1", "tcp established"],
    ["ipv4 2 tcp 6 10 SYN_SENT src=1 dst=2 [UNREPLIED] src=2", "tcp syn_sent unreplied"],
    ["", null],
  ])("groups %s", (line, group) => expect(groupOf(line)).toBe(group));

  it("sums the drops of all CPUs", () => {
    const text =
      "entries searched insert_failed drop early_drop\n00000001 00000000 00000002 0000000a 00000001\n00000001 00000000 00000001 00000001 00000000\n";
    expect(parseStat(text)).toEqual({ drops: 12, insertFailed: 3 });
  });
});

describe("CNI files", () => {
  it.each([
    [
      "a list",
      '{"name":"n","plugins":[{"type":"bridge","ipam":{"type":"host-local"}},{"type":"tuning"}]}',
      { error: null, network: "n", plugins: ["bridge", "tuning", "host-local"] },
    ],
    ["one plugin", '{"name":"n","type":"ptp"}', { error: null, network: "n", plugins: ["ptp"] }],
    ["cut in the middle", '{"name":"n","plug', { error: "not JSON", network: null, plugins: [] }],
    ["no name", '{"plugins":[{"type":"bridge"}]}', { error: "has no network name", network: null, plugins: [] }],
    ["no plugins", '{"name":"n","plugins":[]}', { error: "has no plugins", network: "n", plugins: [] }],
    [
      "a plugin without type",
      '{"name":"n","plugins":[{}]}',
      { error: "a plugin has no type", network: "n", plugins: [] },
    ],
    ["an array", "[]", { error: "not a JSON object", network: null, plugins: [] }],
  ])("judges %s", (_, text, expected) => expect(parseCni(text)).toEqual(expected));
});

describe("kernel log", () => {
  it("reads a record with its properties", () => {
    expect(parseKmsg("4,1234,5000000,-;EXT4-fs error\\x0a (device loop1)\n SUBSYSTEM=block\n", 1_000)).toEqual({
      seq: 1_234,
      at: 6_000,
      level: 4,
      facility: 0,
      message: "EXT4-fs error\n (device loop1)",
    });
    expect(parseKmsg("30,5,1000,-;systemd[1]: x", 0)).toMatchObject({ level: 6, facility: 3 });
  });
  it.each(["", "no semicolon", "a,b,c;x"])("leaves out %j", (record) => expect(parseKmsg(record, 0)).toBeNull());
});

describe("small files", () => {
  it("os-release", () => {
    expect(parseOsRelease('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\n')).toEqual({
      id: "debian",
      name: "Debian GNU/Linux 12",
      version: "12",
    });
  });
  it.each([
    ["QEMU", "Standard PC", "", "qemu"],
    ["Alibaba Cloud", "ECS", "", "kvm"],
    [null, null, "flags\t: fpu hypervisor lm", "vm"],
    ["Dell Inc.", "R740", "flags\t: fpu lm", null],
  ])("virtualization of %s %s", (vendor, product, cpuinfo, expected) =>
    expect(virtualizationOf(vendor, product, cpuinfo)).toBe(expected),
  );
  it("pressure", () => {
    const text = "some avg10=1.26 avg60=22.40 avg300=0.00 total=1\nfull avg10=0.10 avg60=0.00 avg300=0.00 total=1\n";
    expect(parsePressure(text)).toEqual({
      some: { avg10: 1.5, avg60: 22, avg300: 0 },
      full: { avg10: 0, avg60: 0, avg300: 0 },
    });
    expect(parsePressure("")).toBeNull();
  });
  it("cpu, memory, load, files", () => {
    expect(parseCpu("cpu  10 0 10 70 10 0 0 0 0 0\ncpu0 1 1 1 1\n")).toEqual({ total: 100, busy: 20 });
    expect(parseMeminfo("MemTotal: 100 kB\nMemAvailable: 40 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")).toEqual({
      total: 102_400,
      available: 40_960,
      swapTotal: 0,
      swapFree: 0,
    });
    expect(parseLoad("0.10 0.20 0.30 1/100 5")).toEqual([0.1, 0.2, 0.3]);
    expect(parseFileNr("1024\t24\t9000\n")).toEqual({ open: 1_000, max: 9_000 });
    expect(sysctlPath("net.ipv4.ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
  });
  it("chrony", () => {
    expect(parseChrony("A,1.2.3.4,2,1700000000.0,0.012345,0,0,0,0,0,0,0,0,Normal")).toEqual({
      synchronized: true,
      offsetMs: 10,
    });
    expect(parseChrony("506 Cannot talk to daemon")).toBeNull();
  });
});

describe("runtime metrics", () => {
  const labels = 'grpc_method="RunPodSandbox",grpc_service="runtime.v1.RuntimeService",grpc_type="unary"';
  const page = (ok: number, bad: number, started: number, fast: number, slow: number) => `# HELP x y
grpc_server_started_total{${labels}} ${started}
grpc_server_handled_total{grpc_code="OK",${labels}} ${ok}
grpc_server_handled_total{grpc_code="DeadlineExceeded",${labels}} ${bad}
grpc_server_handling_seconds_bucket{${labels},le="0.1"} ${fast}
grpc_server_handling_seconds_bucket{${labels},le="1"} ${fast + slow}
grpc_server_handling_seconds_bucket{${labels},le="+Inf"} ${fast + slow}
go_goroutines 10
`;

  it("are what happened between two looks", () => {
    const before = parseScrape(page(100, 0, 100, 100, 0), 1_000);
    const after = parseScrape(page(108, 2, 111, 105, 5), 31_000);
    expect(reduceScrapes("containerd", before, after)).toEqual([
      {
        runtime: "containerd",
        interface: "RuntimeService/RunPodSandbox",
        windowMs: 30_000,
        total: 10,
        success: 8,
        successRatio: 0.8,
        latencyMsP50: 100,
        latencyMsP99: 982,
        inFlight: 1,
      },
    ]);
  });

  it("start over after the runtime was restarted", () => {
    const [row] = reduceScrapes(
      "containerd",
      parseScrape(page(100, 0, 100, 100, 0), 0),
      parseScrape(page(3, 0, 3, 3, 0), 30_000),
    );
    expect(row).toMatchObject({ total: 3, success: 3 });
  });

  it("leave out interfaces that nobody called", () => {
    const quiet = parseScrape(page(5, 0, 5, 5, 0), 0);
    expect(reduceScrapes("containerd", quiet, { ...quiet, at: 30_000 })).toEqual([]);
  });

  it("say nothing finer than the last bound", () => {
    expect(
      quantile(
        0.99,
        new Map([
          [1, 0],
          [Number.POSITIVE_INFINITY, 5],
        ]),
      ),
    ).toBe(1_000);
    expect(quantile(0.5, new Map())).toBeNull();
  });
});

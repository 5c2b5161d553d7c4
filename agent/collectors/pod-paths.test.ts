// Routes, neighbours, bonds and virtual services as the tools and the kernel print them.
import { describe, expect, it } from "vitest";
import { hostLocalRanges, leaseFacts, parseCniRecord, parseLease, rangeSize } from "./pod-leases.ts";
import {
  gatewayKeys,
  parseBond,
  parseForwarding,
  parseIpRoutes,
  parseNeighbours,
  parseVirtualServices,
  routeDevice,
  tunnelEnds,
} from "./pod-paths.ts";

const ROUTES = JSON.stringify([
  { dst: "default", gateway: "10.0.0.1", dev: "eth0", protocol: "dhcp", metric: 100, flags: [] },
  { dst: "10.42.0.0/24", dev: "cni0", protocol: "kernel", scope: "link", prefsrc: "10.42.0.1", flags: [] },
  { dst: "10.42.3.0/24", gateway: "10.42.3.0", dev: "flannel.1", flags: ["onlink"] },
  { dst: "10.42.4.0/24", gateway: "10.42.4.0", dev: "flannel.1", flags: ["onlink"] },
  { dst: "10.42.0.9", dev: "cali9", scope: "link", flags: [] },
  { type: "blackhole", dst: "10.42.7.0/26", flags: [] },
  { dst: "10.42.8.0/24", dev: "cni1", flags: ["linkdown"] },
  { dst: "10.42.8.0/23", via: { family: "inet6", host: "fe80::1" }, dev: "eth0", flags: [] },
]);

describe("routes", () => {
  const routes = parseIpRoutes(ROUTES);
  it.each([
    ["10.42.0.7", "cni0"],
    ["10.42.0.9", "cali9"],
    ["10.42.3.5", "flannel.1"],
    ["10.42.8.5", "eth0"],
    ["192.0.2.1", "eth0"],
    ["fd00::1", null],
  ])("%s goes to %s", (address, device) => expect(routeDevice(address, routes)).toBe(device));

  it("has no way without routes", () => expect(routeDevice("10.0.0.1", parseIpRoutes(""))).toBeNull());
  it("understands no other output", () => expect(parseIpRoutes("default via 10.0.0.1")).toEqual([]));
});

describe("gateways", () => {
  const way = (device: string, gateway: string, metric: number) => ({
    dst: "default",
    gateway,
    dev: device,
    metric,
    flags: [],
  });
  it("are those that the traffic takes, each on its own device", () => {
    const routes = parseIpRoutes(
      JSON.stringify([way("eth0", "10.0.0.1", 100), way("wwan0", "10.0.0.1", 700), way("eth1", "10.9.0.1", 200)]),
    );
    const all = [
      { via: "10.0.0.1", device: "wwan0", family: "inet" as const },
      { via: "fe80::1", device: "eth0", family: "inet6" as const },
    ];
    expect([...gatewayKeys(routes, all)]).toEqual(["eth0 10.0.0.1", "eth0 fe80::1"]);
    expect([...gatewayKeys(parseIpRoutes("[]"), [])]).toEqual([]);
    const both = [way("eth0", "10.0.0.1", 0), way("eth1", "10.9.0.1", 0)];
    expect(gatewayKeys(parseIpRoutes(JSON.stringify(both)), []).size).toBe(2);
  });
});

describe("tunnels", () => {
  it("says what is missing for each next hop", () => {
    const neighbours = parseNeighbours(
      '[{"dst":"10.42.3.0","dev":"flannel.1","lladdr":"AA:00:00:00:00:03","state":["PERMANENT"]},{"dst":"10.42.4.0","dev":"flannel.1","state":["FAILED"]}]',
    );
    const forwarding = parseForwarding(
      '[{"mac":"aa:00:00:00:00:03","ifname":"flannel.1","dst":"10.0.0.3","flags":["self"],"state":"permanent"},{"mac":"33:33:00:00:00:01","ifname":"eth0"}]',
    );
    expect(tunnelEnds(new Set(["flannel.1"]), parseIpRoutes(ROUTES), neighbours, forwarding)).toEqual([
      { device: "flannel.1", nextHop: "10.42.3.0", hasNeighbour: true, hasForwarding: true },
      { device: "flannel.1", nextHop: "10.42.4.0", hasNeighbour: false, hasForwarding: false },
    ]);
  });
});

describe("bonds and virtual services", () => {
  it("reads /proc/net/bonding", () => {
    const text = `Ethernet Channel Bonding Driver: v3.7.1

Bonding Mode: fault-tolerance (active-backup)
Currently Active Slave: eth0
MII Status: up

Slave Interface: eth0
MII Status: up
Speed: 10000 Mbps

Slave Interface: eth1
MII Status: down
Speed: Unknown
`;
    expect(parseBond("bond0", text)).toEqual({
      name: "bond0",
      mode: "fault-tolerance (active-backup)",
      active: "eth0",
      slaves: [
        { name: "eth0", up: true },
        { name: "eth1", up: false },
      ],
    });
  });

  it("reads /proc/net/ip_vs, servers without weight left out", () => {
    const text = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A600001:01BB rr
  -> 0A000005:1920      Masq    1      3          0
  -> 0A000006:1920      Masq    0      0          0
UDP  0A60000A:0035 rr
`;
    expect(parseVirtualServices(text)).toEqual([
      { service: "tcp 10.96.0.1:443", backends: 1 },
      { service: "udp 10.96.0.10:53", backends: 0 },
    ]);
  });
});

describe("addresses of host-local", () => {
  it.each([
    ["10.88.0.7", `${"a".repeat(64)}\r\neth0`, true],
    ["10.88.0.7", `${"a".repeat(64)}`, true],
    ["fd00_88__7", `${"a".repeat(64)}\neth0`, true],
    ["lock", "", false],
    ["10.88.0.7", "", false],
    ["10.88.0.7", "../../etc\n", false],
  ])("%s with %j", (name, text, isLease) => expect(parseLease("lab", name, text, 0) !== null).toBe(isLease));

  it.each([
    [{ subnet: "10.244.1.0/24" }, 253],
    [{ subnet: "10.244.1.0/24", rangeStart: "10.244.1.10", rangeEnd: "10.244.1.19" }, 10],
    [{ subnet: "fd00::/64" }, 0],
    [{ subnet: "nonsense" }, 0],
    [{}, 0],
  ])("%j gives out %i", (range, size) => expect(rangeSize(range)).toBe(size));

  it("finds ranges in a list and in a single plugin", () => {
    const list = JSON.stringify({
      name: "a",
      plugins: [
        {
          type: "bridge",
          ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "10.2.0.0/24" }]] },
        },
      ],
    });
    expect(hostLocalRanges(list)).toEqual({
      network: "a",
      total: 506,
      subnets: ["10.1.0.0/24", "10.2.0.0/24"],
      dataDir: null,
    });
    expect(
      hostLocalRanges('{"name":"b","type":"bridge","ipam":{"type":"host-local","subnet":"10.3.0.0/30"}}')?.total,
    ).toBe(1);
    expect(hostLocalRanges('{"name":"c","type":"calico","ipam":{"type":"calico-ipam"}}')).toBeNull();
    expect(hostLocalRanges("{")).toBeNull();
  });

  it("reads what libcni noted", () => {
    const text = JSON.stringify({
      kind: "cniCacheV1",
      containerId: "abc",
      networkName: "lab",
      result: {
        interfaces: [{ name: "cni0" }, { name: "veth1" }, { name: "eth0", sandbox: "/var/run/netns/cni-1" }],
        ips: [{ address: "10.88.0.2/16" }],
      },
    });
    expect(parseCniRecord(text)).toEqual({
      containerId: "abc",
      network: "lab",
      netns: "/var/run/netns/cni-1",
      hostDevice: "veth1",
      address: "10.88.0.2",
    });
    expect(parseCniRecord('{"cniVersion":"0.4.0"}')).toBeNull();
    expect(parseCniRecord("null")).toBeNull();
  });

  const lease = (containerId: string, at: number) => ({
    network: "lab",
    address: `10.0.0.${containerId.length}`,
    containerId,
    at,
  });
  it("counts those that nobody lists, and says which are older than a minute", () => {
    const facts = leaseFacts(
      [lease("aa", 0), lease("bbb", 59_000), lease("cccc", 0), lease("ddddd", 0)],
      new Map([["lab", 10]]),
      new Set(["aa"]),
      ({ containerId }) => containerId === "ddddd",
      60_000,
    );
    expect(facts.ranges).toEqual([{ network: "lab", total: 10, used: 4, unlisted: 2 }]);
    expect(facts.unlisted.map((l) => [l.containerId, l.isSettled])).toEqual([
      ["bbb", false],
      ["cccc", true],
    ]);
  });

  it("accuses nobody while a runtime cannot be asked", () => {
    expect(leaseFacts([lease("aa", 0)], new Map(), null, () => false, 60_000)).toMatchObject({
      unlistedKnown: false,
      unlisted: [],
    });
  });
});

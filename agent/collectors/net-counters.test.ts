// Counters of the network stack as kernels and drivers print them, and the rates between two readings.
import { describe, expect, it } from "vitest";
import {
  parseAllowances,
  parseArpEntries,
  parseNetDev,
  parsePairs,
  parseQueues,
  parseSockstat,
  parseSoftnet,
  perMinute,
  stackRates,
} from "./net-counters.ts";

const NETSTAT = `TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPAbortOnMemory
TcpExt: 0 120 130 1
IpExt: InNoRoutes InTruncatedPkts
IpExt: 5 0
`;
const SNMP = `Tcp: RtoAlgorithm OutSegs RetransSegs EstabResets OutRsts
Tcp: 1 50000 2500 7 9
Udp: InDatagrams RcvbufErrors SndbufErrors
Udp: 900 33 0
`;

describe("counters", () => {
  it("reads pairs of name and value lines, negative values too", () => {
    const values = parsePairs(`${NETSTAT}${SNMP}Tcp: a\nTcp: -1\n`);
    expect(values.get("TcpExt:ListenOverflows")).toBe(120);
    expect(values.get("IpExt:InNoRoutes")).toBe(5);
    expect(values.get("Udp:RcvbufErrors")).toBe(33);
    expect(values.get("Tcp:a")).toBe(-1);
  });

  it.each(["", "TcpExt: A B\nTcpExt: 1\n", "junk\n\n", "A: x\nB: 1\n"])("takes nothing from %j", (text) => {
    expect(parsePairs(text).size).toBe(0);
  });

  it("reads sockstat", () => {
    const values = parseSockstat("sockets: used 290\nTCP: inuse 9 orphan 3 tw 1 alloc 20 mem 44\nUDP: inuse 2 mem 1\n");
    expect([values.get("TCP:orphan"), values.get("TCP:mem"), values.get("UDP:mem")]).toEqual([3, 44, 1]);
  });

  it("sums softnet_stat over CPUs", () => {
    const sums = parseSoftnet("0000000a 00000002 00000001 0\n0000000b 00000000 0000000f 0\n");
    expect([...sums]).toEqual([
      ["packets", 21],
      ["dropped", 2],
      ["squeezed", 16],
    ]);
  });

  it("reads /proc/net/dev, both ways together", () => {
    const values = parseNetDev(
      "Inter-|   Receive\n face |bytes    packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed\n  eth0: 100 10 1 2 0 0 0 0 200 20 3 4 0 0 0 0\n",
    );
    expect([values.get("eth0.packets"), values.get("eth0.errors"), values.get("eth0.drops")]).toEqual([30, 4, 6]);
  });

  it("reads a cloud's limits out of ethtool -S", () => {
    const text =
      "NIC statistics:\n     tx_timeout: 0\n     bw_in_allowance_exceeded: 12\n     linklocal_allowance_exceeded: 3\n     queue_0_rx_cnt: 8\n";
    expect([...parseAllowances(text)]).toEqual([
      ["bw_in_allowance_exceeded", 12],
      ["linklocal_allowance_exceeded", 3],
    ]);
  });

  it("reads the size of the neighbour table, null without one", () => {
    expect(parseArpEntries("entries  allocs destroys\n000003e8  00000001 00000000\n000003e8  0 0\n")).toBe(1_000);
    expect(parseArpEntries("")).toBeNull();
  });

  it("finds listening sockets with a queue", () => {
    const text =
      "  sl  local_address rem_address   st tx_queue rx_queue\n   0: 00000000:1F90 00000000:0000 0A 00000000:00000081 00:00000000 0 0 0 1\n   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 2\n   2: 0100007F:1F90 0100007F:0001 01 00000000:00000009 00:0 0 0 0 3\n";
    expect(parseQueues(text)).toEqual([{ port: 8_080, waiting: 129 }]);
  });
});

describe("rates", () => {
  const before = new Map([["x", 100]]);
  it.each([
    { name: "a minute", to: 160, windowMs: 60_000, rate: 60 },
    { name: "two minutes", to: 160, windowMs: 120_000, rate: 30 },
    { name: "a short look is not blown up", to: 102, windowMs: 2_000, rate: 2 },
    { name: "a counter that went back", to: 5, windowMs: 60_000, rate: 0 },
    { name: "two digits", to: 1_334, windowMs: 60_000, rate: 1_200 },
  ])("$name", ({ to, windowMs, rate }) => expect(perMinute(before, new Map([["x", to]]), "x", windowMs)).toBe(rate));

  it("is 0 for a counter that was not there", () =>
    expect(perMinute(new Map(), new Map([["x", 9]]), "x", 60_000)).toBe(0));

  it("gives the share sent again only where enough was sent", () => {
    const from = parsePairs(SNMP);
    const to = (out: number, again: number) =>
      new Map([...from, ["Tcp:OutSegs", 50_000 + out], ["Tcp:RetransSegs", 2_500 + again]]);
    expect(stackRates(from, to(10_000, 500), 60_000).retransmitRatio).toBe(0.05);
    expect(stackRates(from, to(900, 400), 60_000).retransmitRatio).toBeNull();
  });
});

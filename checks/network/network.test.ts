// Network checks at their edges: where a number raises and clears, what is unknown, what a second opinion in the facts changes.
import { describe, expect, it } from "vitest";
import type { FactData } from "../../protocol/facts.ts";
import { nth, problemsOf, unknownOf } from "../../testing/catalogue.ts";
import { hexId, NOW, nodeFacts } from "../../testing/facts.ts";
import { calm, healthyNetwork } from "../../testing/facts-network.ts";
import { networkFaults } from "../../testing/faults-network.ts";
import { cniAddressesExhausted } from "./cni-addresses-exhausted.ts";
import { cniLeasesLeaked } from "./cni-leases-leaked.ts";
import { isLeaked } from "./leaked-spaces.ts";
import { listenOverflows } from "./listen-overflows.ts";
import { neighbourTableFull } from "./neighbour-table-full.ts";
import { neighbourFault } from "./neighbour-wrong.ts";
import { netnsLeaked } from "./netns-leaked.ts";
import { packetDrops } from "./packet-drops.ts";
import { linkFault, overlaps, span } from "./pod-paths.ts";
import { podRouteWrong } from "./pod-route-wrong.ts";
import { hitsPods } from "./reject-rules.ts";
import { retransmitsMany } from "./retransmits-many.ts";
import { tcpMemoryPressure } from "./tcp-memory-pressure.ts";
import { unexpectedRejectRule } from "./unexpected-reject-rule.ts";

type PodNetwork = FactData["podNetwork"];
const base: Pick<FactData, "netstack" | "podNetwork" | "firewall"> = healthyNetwork();
const pods = (over: Partial<PodNetwork>) => nodeFacts({ podNetwork: { ...base.podNetwork, ...over } });
const stack = (over: Partial<FactData["netstack"]>) => nodeFacts({ netstack: { ...base.netstack, ...over } });

describe("numbers with hysteresis", () => {
  const drops = (dropRatio: number) =>
    stack({ interfaces: [{ name: "eth0", packets: 50_000, errors: 0, drops: 1, errorRatio: 0, dropRatio }] });
  const table = (count: number) => stack({ neighbours: { count, max: 1_000 } });
  const overflows = (listenOverflows: number) => stack({ host: { ...calm, listenOverflows } });
  const memory = (pages: number) => stack({ tcpMemory: { pages, pressurePages: 1_000, maxPages: 1_500 } });
  const again = (retransmitRatio: number) => stack({ host: { ...calm, retransmitRatio } });
  const range = (used: number) => pods({ ranges: [{ network: "lab", total: 100, used, unlisted: 0 }] });
  it.each([
    {
      name: "packet drops",
      check: packetDrops,
      subject: "eth0",
      facts: drops,
      raise: 0.02,
      below: 0.019,
      clear: 0.009,
    },
    {
      name: "neighbours",
      check: neighbourTableFull,
      subject: "neighbours",
      facts: table,
      raise: 900,
      below: 899,
      clear: 799,
    },
    { name: "accept queues", check: listenOverflows, subject: "node", facts: overflows, raise: 5, below: 4, clear: 0 },
    {
      name: "TCP memory",
      check: tcpMemoryPressure,
      subject: "tcp",
      facts: memory,
      raise: 1_000,
      below: 999,
      clear: 899,
    },
    {
      name: "retransmissions",
      check: retransmitsMany,
      subject: "node",
      facts: again,
      raise: 0.05,
      below: 0.049,
      clear: 0.019,
    },
    { name: "addresses", check: cniAddressesExhausted, subject: "lab", facts: range, raise: 90, below: 89, clear: 79 },
  ])("$name", ({ check, subject, facts, raise, below, clear }) => {
    expect(problemsOf(check, facts(raise)).length).toBe(1);
    expect(problemsOf(check, facts(below))).toEqual([]);
    expect(problemsOf(check, facts(below), [subject]).length, "stays open in between").toBe(1);
    expect(problemsOf(check, facts(clear), [subject])).toEqual([]);
  });

  it("is critical only near the end", () => {
    expect(problemsOf(tcpMemoryPressure, memory(1_425))[0]?.severity).toBe("critical");
    expect(problemsOf(tcpMemoryPressure, memory(1_424))[0]?.severity).toBe("warning");
  });
});

describe("leaked addresses", () => {
  const held = (count: number, isSettled = true): PodNetwork["unlisted"] =>
    Array.from({ length: count }, (_, i) => ({
      network: "lab",
      address: `10.88.0.${i + 9}`,
      containerId: hexId(`x${i}`),
      isSettled,
    }));
  const facts = (count: number, total: number, over: Partial<PodNetwork> = {}) =>
    pods({ ranges: [{ network: "lab", total, used: count + 1, unlisted: count }], unlisted: held(count), ...over });
  it.each([
    [2, 253, 0],
    [3, 253, 1],
    [1, 5, 1],
    [1, 6, 0],
    [2, 0, 0],
  ])("%i of %i raise %i", (count, total, problems) =>
    expect(problemsOf(cniLeasesLeaked, facts(count, total)).length).toBe(problems),
  );
  it("stays open until the last one is back", () => {
    expect(problemsOf(cniLeasesLeaked, facts(1, 253), ["lab"]).length).toBe(1);
    expect(problemsOf(cniLeasesLeaked, facts(0, 253), ["lab"])).toEqual([]);
  });
  it("cannot say while a runtime is silent", () =>
    expect(unknownOf(cniLeasesLeaked, facts(9, 253, { unlistedKnown: false }))).toContain("runtime"));
  it("counts none that are young", () =>
    expect(problemsOf(cniLeasesLeaked, facts(9, 253, { unlisted: held(9, false) }))).toEqual([]));
});

describe("leaked namespaces", () => {
  const space: PodNetwork["namespaces"][number] = {
    name: "cni-0a90c275-fa6a-844a-a713-ebec32829093",
    folder: "/run/netns",
    processes: 0,
    owner: null,
    isListed: false,
    createdAt: NOW - 600_000,
    isSettled: true,
    devices: [],
  };
  it.each([
    ["nobody's", {}, true],
    ["lived in", { processes: 1 }, false],
    ["listed", { isListed: true }, false],
    ["nobody could be asked", { isListed: null }, false],
    ["young", { isSettled: false }, false],
    ["Docker's folder", { folder: "/run/docker/netns" }, false],
    ["a person's name", { name: "blue" }, false],
    ["CRI-O's name", { name: "0a90c275-fa6a-844a-a713-ebec32829093" }, true],
  ])("%s: %o", (_name, over, leaked) => expect(isLeaked({ ...space, ...over })).toBe(leaked));

  it("cannot say while a runtime is silent", () =>
    expect(unknownOf(netnsLeaked, pods({ namespaces: [{ ...space, isListed: null }] }))).toContain("runtime"));

  it("takes a veth for a card when the node's record knows its MAC", () => {
    const mac = "52:54:00:00:00:02"; // claimed in the healthy node's udev rules
    const withVeth = (address: string) =>
      pods({ namespaces: [{ ...space, devices: [{ name: "eth1", kind: "veth", mac: address, up: true }] }] });
    expect(problemsOf(netnsLeaked, withVeth(mac)).map((p) => p.reason)).toEqual(["NamespaceHoldsCard"]);
    expect(problemsOf(netnsLeaked, withVeth("0a:58:00:00:00:01"))).toEqual([]);
  });
});

describe("links and routes of pods", () => {
  const [link] = base.podNetwork.links;
  const [bridge] = base.podNetwork.bridges;
  const neighbourPod = {
    ...base.podNetwork.links[0],
    podId: hexId("other"),
    device: "veth2",
  } as PodNetwork["links"][number];
  it.each([
    [{}, null],
    [{ up: false }, "HostEndDown"],
    [{ master: null }, "NotInBridge"],
    [{ device: null }, "HostEndMissing"],
    [{ master: null, address: "192.0.2.9" }, null],
    [{ device: null, address: "192.0.2.9" }, null],
    [{ master: "br-other" }, null],
    [{ master: null, device: "cali0123" }, null],
    [{ master: null, routeDevice: "eth0" }, null],
    [{ device: null, routeDevice: null }, null],
  ])("%o is %s", (over, fault) => {
    if (!link || !bridge) throw new Error("the healthy node has a pod");
    expect(linkFault({ ...link, ...over }, { bridges: [bridge], links: [link, neighbourPod] })).toBe(fault);
  });

  it("blames no route while the bridge is down", () => {
    const down = base.podNetwork.bridges.map((b) => ({ ...b, up: false }));
    const away = base.podNetwork.links.map((l) => ({ ...l, routeDevice: "eth0" }));
    expect(problemsOf(podRouteWrong, pods({ bridges: down, links: away }))).toEqual([]);
    expect(problemsOf(podRouteWrong, pods({ links: away })).length).toBe(1);
  });

  it.each([
    ["10.0.0.0/24", "10.0.0.255", true],
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["0.0.0.0/0", "10.0.0.1", true],
    ["fd00::/8", "fd00::1", false],
    ["nonsense", "10.0.0.1", false],
  ])("%s and %s: %s", (a, b, expected) => expect(overlaps(a, b)).toBe(expected));
  it("knows the ends of a range", () => expect(span("10.0.0.130/25")).toEqual([0x0a000080, 0x0a0000ff]));
});

describe("neighbours", () => {
  const entry = {
    address: "10.88.0.2",
    device: "cni0",
    of: "pod" as const,
    state: "PERMANENT",
    mac: "aa:aa:aa:aa:aa:aa",
    realMac: "bb:bb:bb:bb:bb:bb",
  };
  it.each([
    [{}, "WrongMac"],
    [{ mac: "BB:BB:BB:BB:BB:BB" }, null],
    [{ state: "REACHABLE" }, null],
    [{ state: "FAILED", mac: null }, null],
    [{ state: "FAILED" }, "WrongMac"],
    [{ realMac: null }, null],
    [{ of: "gateway" as const, state: "FAILED", mac: null, realMac: null, address: "10.0.0.1" }, "GatewayUnresolved"],
    [{ of: "gateway" as const, state: "FAILED", mac: null, realMac: null, address: "fe80::1" }, null],
    [{ of: "gateway" as const, realMac: null }, null],
    [{ of: "gateway" as const, realMac: null, mac: "00:00:00:00:00:00" }, "WrongMac"],
    [{ of: "tunnel" as const }, null],
  ])("%o is %s", (over, fault) => expect(neighbourFault({ ...entry, ...over })).toBe(fault));
});

describe("unexpected-reject-rule", () => {
  it.each([
    [["inet firewalld"], "inet firewalld may refuse"],
    [null, "does not say which chains"],
  ])("is unknown where nft holds more than iptables shows (%j)", (foreignTables, why) => {
    const facts = nodeFacts({ firewall: { ...base.firewall, foreignTables } });
    expect(unknownOf(unexpectedRejectRule, facts)).toMatch(why);
    expect(problemsOf(unexpectedRejectRule, facts, ["the rule that was taken out"])).toEqual([]);
    const seen = faultFacts(foreignTables);
    expect(unexpectedRejectRule.evaluate(seen, NOW).status).toBe("problems");
  });
  /** A rule that is found stays found. */
  const faultFacts = (foreignTables: string[] | null) => {
    const { facts } = nth(networkFaults["unexpected-reject-rule"], 0);
    const data = facts.firewall?.data;
    return { ...facts, firewall: { data: data ? { ...data, foreignTables } : null, at: NOW, error: null } };
  };
});

describe("rules that refuse pods", () => {
  const rule: FactData["firewall"]["refusals"][number] = {
    family: "ipv4",
    backend: "nft",
    chain: "FORWARD",
    rule: ["-j", "DROP"],
    position: 1,
    isLast: false,
    target: "DROP",
    packets: 0,
    source: null,
    destination: null,
    inDevice: null,
    outDevice: null,
    isNarrow: false,
  };
  it.each([
    ["everything, never hit", {}, false],
    ["everything, hit", { packets: 1 }, true],
    ["everything into the node", { packets: 1, chain: "INPUT" }, false],
    ["from one pod", { source: "10.88.3.4/32" }, true],
    ["to the pods", { destination: "10.88.0.0/16" }, true],
    ["from a wider range", { source: "10.0.0.0/8" }, true],
    ["from everywhere, written out", { source: "0.0.0.0/0" }, false],
    ["from elsewhere", { source: "192.0.2.0/24", packets: 9 }, false],
    ["through any pod's device", { inDevice: "veth+" }, true],
    ["through another device", { inDevice: "tun0", packets: 9 }, false],
    ["one port, never hit", { source: "10.88.0.0/16", isNarrow: true }, false],
    ["one port, hit", { source: "10.88.0.0/16", isNarrow: true, packets: 2 }, true],
    ["the metadata service", { source: "10.88.0.0/16", destination: "169.254.169.254/32" }, false],
    ["the last rule, hit", { packets: 1, isLast: true }, false],
    ["nobody says whether it is the last", { packets: 1, isLast: undefined }, false],
    ["everything, hit, where ufw keeps the rules", { packets: 1 }, false, ["ufw"]],
    [
      "a distribution's default",
      { packets: 1, rule: ["-j", "REJECT", "--reject-with", "icmp-host-prohibited"] },
      false,
    ],
    ["from one bridge back into it", { inDevice: "cni0", outDevice: "cni0", packets: 9 }, false],
    ["from one bridge to all others", { inDevice: "cni0" }, true],
    [
      "from all others into one bridge",
      {
        inDevice: "cni0",
        outDevice: "cni0",
        isNarrow: true,
        packets: 9,
        rule: ["!", "-i", "cni0", "-o", "cni0", "-j", "DROP"],
      },
      true,
    ],
  ])("%s", (_name, over, hits, owners: string[] = []) =>
    expect(
      hitsPods(
        { ...rule, ...over },
        { ...base.firewall, podRanges: ["10.88.0.0/16"], nftOwners: owners },
        new Set(["cni0", "veth1"]),
      ),
    ).toBe(hits),
  );
});

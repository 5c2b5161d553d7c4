// Network repairs: exactly what is planned, what speaks against it, and the way back.
import { describe, expect, it } from "vitest";
import type { FactData, Facts } from "../../protocol/facts.ts";
import { actionsOf, contextOf, refusals, undoOf } from "../../testing/catalogue.ts";
import { aContainer, aRuntime, failedProbe, hexId, NOW } from "../../testing/facts.ts";
import { networkFaults } from "../../testing/faults-network.ts";
import type { RepairDefinition } from "../define.ts";
import { dropNeighbour } from "./drop-neighbour.ts";
import { dropRejectRule } from "./drop-reject-rule.ts";
import { raiseNeighbourTable } from "./raise-neighbour-table.ts";
import { raiseTcpMemory } from "./raise-tcp-memory.ts";
import { reattachPodLink } from "./reattach-pod-link.ts";
import { relaxRpFilter } from "./relax-rp-filter.ts";
import { releaseCniLeases } from "./release-cni-leases.ts";
import { removeLeakedNetns } from "./remove-leaked-netns.ts";
import { setLinkUp } from "./set-link-up.ts";
import { turnOnIpForward } from "./turn-on-ip-forward.ts";

type Id = keyof typeof networkFaults;
const seen = (id: Id, nth = 0): Facts => networkFaults[id][nth]?.facts ?? {};
const context = (id: Id, nth = 0, facts = seen(id, nth)) => contextOf(id, seen(id, nth), facts);
const withData = <K extends keyof FactData>(facts: Facts, kind: K, data: FactData[K]): Facts => ({
  ...facts,
  [kind]: { data, at: NOW, error: null },
});

describe("turn-on-ip-forward", () => {
  it("leaves IPv6 to people", () => {
    expect(refusals(turnOnIpForward, context("ip-forward-off"))).toEqual([]);
    expect(refusals(turnOnIpForward, context("ip-forward-off", 1))).toEqual(["is-ipv4"]);
  });
});

describe("release-cni-leases", () => {
  it("names each lease with its holder", () => {
    expect(actionsOf(releaseCniLeases, context("cni-leases-leaked"))).toEqual([
      {
        type: "cni.release",
        params: {
          network: "lab",
          leases: [1, 2, 3].map((n) => ({ address: `10.88.1.${n}`, containerId: hexId(`gone${n - 1}`) })),
        },
      },
    ]);
  });
  it("leaves out one that is listed by now", () => {
    const facts = withData(seen("cni-leases-leaked"), "containers", [aContainer(), aContainer({ id: hexId("gone0") })]);
    const [action] = actionsOf(releaseCniLeases, context("cni-leases-leaked", 0, facts));
    expect(JSON.stringify(action)).not.toContain(hexId("gone0"));
  });
  it("refuses while the runtime is silent", () => {
    const facts = withData(seen("cni-leases-leaked"), "runtimes", [
      aRuntime({ probe: failedProbe("DEADLINE_EXCEEDED", 3) }),
    ]);
    expect(refusals(releaseCniLeases, context("cni-leases-leaked", 0, facts))).toEqual(["runtime-answers"]);
  });
});

describe("remove-leaked-netns", () => {
  it("names exactly the leaked ones", () => {
    const [action] = actionsOf(removeLeakedNetns, context("netns-leaked"));
    expect(action?.type === "netns.remove" && action.params.names.length).toBe(3);
  });
  it("lets the machine's cards come back, and destroys no recorded veth", () => {
    expect(refusals(removeLeakedNetns, context("netns-leaked", 1))).toEqual([]);
    const facts = seen("netns-leaked", 1);
    const data = facts.podNetwork?.data;
    if (!data) throw new Error("the fixture has a pod network");
    const namespaces = data.namespaces.map((s) => ({
      ...s,
      devices: s.devices && [{ name: "eth1", kind: "veth", mac: "52:54:00:00:00:02", up: false }],
    }));
    const bent = withData(facts, "podNetwork", { ...data, namespaces });
    expect(refusals(removeLeakedNetns, contextOf("netns-leaked", bent))).toEqual(["cards-come-back"]);
  });
});

describe("devices", () => {
  it("sets the bridge up by index and name", () => {
    expect(actionsOf(setLinkUp, context("bridge-down"))).toEqual([
      { type: "link.set", params: { index: 4, name: "cni0", master: null } },
    ]);
  });
  it("sets no device up that lacks a carrier", () =>
    expect(refusals(setLinkUp, context("interface-down", 0))).toContain("still-there"));
  it("does not touch a bridge that was made anew", () => {
    const facts = seen("bridge-down");
    const data = facts.podNetwork?.data;
    if (!data) throw new Error("the fixture has a pod network");
    const anew = withData(facts, "podNetwork", { ...data, bridges: data.bridges.map((b) => ({ ...b, index: 77 })) });
    expect(refusals(setLinkUp, context("bridge-down", 0, anew))).toEqual(["same-device"]);
  });
  it("puts a pod back only where it is in no bridge", () => {
    const params = (nth: number) => actionsOf(reattachPodLink, context("pod-link-broken", nth)).map((a) => a.params);
    expect(params(0)).toEqual([{ index: 5, name: "veth1", master: null }]);
    expect(params(1)).toEqual([{ index: 5, name: "veth1", master: "cni0" }]);
    expect(params(2)).toEqual([]);
  });
  it("does not reconnect a pod that ended", () => {
    const facts = withData(seen("pod-link-broken"), "containers", []);
    expect(refusals(reattachPodLink, context("pod-link-broken", 0, facts))).toEqual(["pod-runs"]);
  });
  it("drops the one entry", () => {
    expect(actionsOf(dropNeighbour, context("neighbour-wrong"))).toEqual([
      { type: "neighbour.drop", params: { device: "cni0", address: "10.88.0.2" } },
    ]);
  });
});

describe("settings", () => {
  const set = (key: string, expected: string, value: string) => ({
    type: "sysctl.set",
    params: { key, expected, value },
  });
  it("turns forwarding on, and off again by undo", () => {
    const ctx = context("ip-forward-off");
    expect(actionsOf(turnOnIpForward, ctx)).toEqual([set("net.ipv4.ip_forward", "0", "1")]);
    expect(undoOf(turnOnIpForward, ctx, true)).toEqual([set("net.ipv4.ip_forward", "1", "0")]);
    expect(undoOf(turnOnIpForward, ctx, false)).toEqual([]);
  });

  const filtered = (own: number, all: number, wanted: number): Facts => {
    const facts = seen("rp-filter-strict");
    const data = facts.podNetwork?.data;
    if (!data) throw new Error("the fixture has a pod network");
    return withData(facts, "podNetwork", {
      ...data,
      rpFilters: [{ device: "cni0", value: Math.max(own, all), own, all, wanted, wantedBy: "x" }],
    });
  };
  it.each([
    { name: "its own value", own: 1, all: 0, wanted: 0, value: "0" },
    { name: "loose is wanted", own: 1, all: 0, wanted: 2, value: "2" },
    { name: "under a strict all, loose is the way", own: 0, all: 1, wanted: 0, value: "2" },
  ])("$name", ({ own, all, wanted, value }) => {
    expect(actionsOf(relaxRpFilter, contextOf("rp-filter-strict", filtered(own, all, wanted)))).toEqual([
      set("net.ipv4.conf.cni0.rp_filter", String(own), value),
    ]);
  });

  const settings = (id: Id, over: Record<string, string>): Facts => {
    const facts = seen(id);
    const data = facts.netstack?.data;
    if (!data) throw new Error("the fixture has a network stack");
    return withData(facts, "netstack", { ...data, settings: over });
  };
  it("raises the hard limit before the soft one, and takes them back in turn", () => {
    const ctx = context("neighbour-table-full");
    const keys = (actions: { params: object }[]) =>
      actions.map(({ params }) => "key" in params && String(params.key).slice(-1));
    expect(keys(actionsOf(raiseNeighbourTable, ctx))).toEqual(["3", "2"]);
    expect(keys(undoOf(raiseNeighbourTable, ctx, true))).toEqual(["2", "3"]);
  });
  it.each<[string, RepairDefinition, Id, Record<string, string>]>([
    ["read-only here", raiseNeighbourTable, "neighbour-table-full", {}],
    [
      "as high as it may be",
      raiseNeighbourTable,
      "neighbour-table-full",
      { "net.ipv4.neigh.default.gc_thresh3": "262144" },
    ],
    [
      "more than a quarter of memory",
      raiseTcpMemory,
      "tcp-memory-pressure",
      { "net.ipv4.tcp_mem": "700000 800000 900000" },
    ],
    ["no triple", raiseTcpMemory, "tcp-memory-pressure", { "net.ipv4.tcp_mem": "1 2" }],
  ])("refuses: %s", (_name, repair, id, over) => {
    expect(refusals(repair, context(id, 0, settings(id, over)))).toEqual(["may-be-raised"]);
    expect(actionsOf(repair, context(id, 0, settings(id, over)))).toEqual([]);
  });
});

describe("drop-reject-rule", () => {
  const facts = seen("unexpected-reject-rule");
  const firewall = facts.firewall?.data;
  it("takes the rule out and puts it back at its place", () => {
    const ctx = context("unexpected-reject-rule");
    const params = {
      family: "ipv4",
      backend: "nft",
      table: "filter",
      chain: "FORWARD",
      rule: ["-s", "10.88.0.0/16", "-j", "REJECT", "--reject-with", "icmp-port-unreachable"],
    };
    expect(actionsOf(dropRejectRule, ctx)).toEqual([{ type: "firewall.drop-rule", params }]);
    expect(undoOf(dropRejectRule, ctx, true)).toEqual([
      { type: "firewall.add-rule", params: { ...params, position: 1 } },
    ]);
  });
  it("leaves a rule that names nobody, and those of the node's own defence, to people", () => {
    if (!firewall) throw new Error("the fixture has a firewall");
    expect(refusals(dropRejectRule, context("unexpected-reject-rule", 2))).toEqual(["says-for-whom"]);
    const [rule] = firewall.refusals;
    const input = rule ? [{ ...rule, chain: "INPUT" }] : [];
    const own = withData(facts, "firewall", { ...firewall, refusals: input });
    expect(refusals(dropRejectRule, contextOf("unexpected-reject-rule", own))).toEqual(["says-for-whom"]);
  });
  it("refuses when the same rule stands twice", () => {
    if (!firewall) throw new Error("the fixture has a firewall");
    const twice = withData(facts, "firewall", { ...firewall, refusals: [...firewall.refusals, ...firewall.refusals] });
    expect(refusals(dropRejectRule, context("unexpected-reject-rule", 0, twice))).toEqual(["exactly-one"]);
  });
});

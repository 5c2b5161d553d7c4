// Pieces of which fixtures of the network are made: a healthy node with one part bent.
import type { FactData, Facts } from "../protocol/facts.ts";
import { aNic, hexId, NOW, nodeFacts } from "./facts.ts";
import { calm, healthyNetwork, POD_MAC } from "./facts-network.ts";

type Netstack = FactData["netstack"];
type PodNetwork = FactData["podNetwork"];
type Firewall = FactData["firewall"];
type Cards = FactData["cards"];

export const CARD = "02:42:ac:00:00:0a";

export const base: Pick<FactData, "netstack" | "podNetwork" | "firewall" | "cards"> = healthyNetwork();
export const stack = (over: Partial<Netstack>): Facts => nodeFacts({ netstack: { ...base.netstack, ...over } });
export const host = (over: Partial<typeof calm>): Facts => stack({ host: { ...calm, ...over } });
export const pods = (over: Partial<PodNetwork>): Facts => nodeFacts({ podNetwork: { ...base.podNetwork, ...over } });
export const filter = (over: Partial<Firewall>): Facts => nodeFacts({ firewall: { ...base.firewall, ...over } });
export const cards = (over: Partial<Cards>): Facts => nodeFacts({ cards: { ...base.cards, ...over } });
export const [bridge] = base.podNetwork.bridges;
export const link = (over: object): PodNetwork["links"] => base.podNetwork.links.map((l) => ({ ...l, ...over }));

/** Another pod in the same bridge. */
export const anotherPod: PodNetwork["links"][number] = {
  podId: hexId("other"),
  podName: "other",
  device: "veth2",
  index: 6,
  up: true,
  master: "cni0",
  address: "10.88.0.3",
  mac: "0a:58:0a:58:00:03",
  routeDevice: "cni0",
};

export const held = (count: number, over: object = {}): PodNetwork["unlisted"] =>
  Array.from({ length: count }, (_, i) => ({
    network: "lab",
    address: `10.88.1.${i + 1}`,
    containerId: hexId(`gone${i}`),
    isSettled: true,
    ...over,
  }));
export const leases = (unlisted: PodNetwork["unlisted"], over: Partial<PodNetwork> = {}): Facts =>
  pods({
    ranges: [{ network: "lab", total: 253, used: 1 + unlisted.length, unlisted: unlisted.length }],
    unlisted,
    ...over,
  });

export const space = (
  word: string,
  over: Partial<PodNetwork["namespaces"][number]> = {},
): PodNetwork["namespaces"][number] => ({
  name: `cni-${word.repeat(8)}-0000-4000-8000-000000000000`,
  folder: "/run/netns",
  processes: 0,
  owner: hexId(word),
  isListed: false,
  createdAt: NOW - 600_000,
  isSettled: true,
  devices: [{ name: "lo", kind: "loopback", mac: null, up: false }],
  ...over,
});
export const spaces = (list: PodNetwork["namespaces"]): Facts =>
  pods({ namespaces: [...base.podNetwork.namespaces, ...list] });
export const three = ["a", "b", "c"];

export const refusal = (over: Partial<Firewall["refusals"][number]> = {}): Firewall["refusals"][number] => ({
  family: "ipv4",
  backend: "nft",
  chain: "FORWARD",
  rule: ["-s", "10.88.0.0/16", "-j", "REJECT", "--reject-with", "icmp-port-unreachable"],
  position: 1,
  target: "REJECT",
  packets: 40,
  source: "10.88.0.0/16",
  destination: null,
  inDevice: null,
  outDevice: null,
  isNarrow: false,
  ...over,
});
export const neighbour = (over: Partial<PodNetwork["neighbours"][number]>): PodNetwork["neighbours"] => [
  {
    address: "10.88.0.2",
    device: "cni0",
    of: "pod",
    state: "PERMANENT",
    mac: "de:ad:be:ef:00:01",
    realMac: POD_MAC,
    ...over,
  },
];
export const loss = (over: Partial<Netstack["interfaces"][number]>): Facts =>
  stack({
    interfaces: [{ name: "eth0", packets: 100_000, errors: 0, drops: 0, errorRatio: 0, dropRatio: 0, ...over }],
  });
export const expected = (over: Partial<Cards["expected"][number]>): Cards["expected"] => [
  {
    mac: CARD,
    wantedBy: "web",
    source: "agent.json",
    isWantedNow: true,
    isInPlace: false,
    ownerlessSince: null,
    isAbandoned: false,
    ...over,
  },
];
export const nics = (over: Partial<FactData["network"]>): Facts =>
  nodeFacts({
    network: {
      interfaces: [
        aNic("lo", 1, null, { kind: "loopback", addresses: ["127.0.0.1/8"] }),
        aNic("eth0", 2, "52:54:00:00:00:01", { addresses: ["10.0.0.5/24"] }),
      ],
      claimedNames: [],
      defaultRoutes: [{ via: "10.0.0.1", device: "eth0", family: "inet" }],
      missingDevices: [],
      ...over,
    },
  });
export const aCard = (over: object) => aNic("eth0", 2, "52:54:00:00:00:01", { addresses: ["10.0.0.5/24"], ...over });
export const aLoop = (over: object) => aNic("lo", 1, null, { kind: "loopback", ...over });
export const routed = (name: string, over: object = {}): PodNetwork["links"][number] => ({
  podId: hexId(name),
  podName: name,
  device: `cali${name}`,
  index: 20,
  up: true,
  master: null,
  address: "10.99.0.7",
  mac: POD_MAC,
  routeDevice: `cali${name}`,
  ...over,
});
export const services = (empty: number, full: number): PodNetwork["virtualServices"] =>
  [...Array(empty + full).keys()].map((i) => ({ service: `tcp 10.96.0.${i}:443`, backends: i < empty ? 0 : 2 }));

/** The same facts with other default routes of the node. */
export function withWays(facts: Facts, defaultRoutes: FactData["network"]["defaultRoutes"]): Facts {
  const network = nodeFacts().network?.data;
  return network ? { ...facts, network: { data: { ...network, defaultRoutes }, at: NOW, error: null } } : facts;
}

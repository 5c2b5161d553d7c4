// Healthy readings of the network that look a little like a fault: no check may raise on them.
import { aNic, anImage, NOW, nodeFacts } from "./facts.ts";
import { POD_MAC } from "./facts-network.ts";
import { type Case, near } from "./fixture-words.ts";
import {
  aCard,
  aLoop,
  anotherPod,
  base,
  CARD,
  cards,
  expected,
  filter,
  held,
  host,
  leases,
  link,
  loss,
  neighbour,
  nics,
  pods,
  refusal,
  routed,
  services,
  space,
  spaces,
  stack,
  three,
  withWays,
} from "./network-parts.ts";

/** Healthy readings that look a little like a fault. */
export const networkNearMisses: Case[] = [
  near("two addresses of containers that are gone", leases(held(2))),
  near("addresses of pods that are being set up", leases(held(9, { isSettled: false }))),
  near("a small range that is full of pods", pods({ ranges: [{ network: "lab", total: 5, used: 5, unlisted: 0 }] })),
  near("namespaces that are a second old", spaces(three.map((w) => space(w, { isSettled: false, devices: null })))),
  near(
    "routers of a virtual network",
    spaces(
      three.map((w) =>
        space(w, { name: `qrouter-${w}`, devices: [{ name: "qg", kind: "ether", mac: CARD, up: true }] }),
      ),
    ),
  ),
  near("empty ones that somebody made by hand", spaces(three.map((w) => space(w, { name: `old-${w}` })))),
  near(
    "a namespace for a VPN",
    spaces([space("x", { name: "vpn", devices: [{ name: "wg0", kind: "wireguard", mac: null, up: true }] })]),
  ),
  near(
    "Docker's namespaces without a process",
    spaces(three.map((w) => space(w, { folder: "/run/docker/netns", name: `1-${w}` }))),
  ),
  near("namespaces of pods that are not ready but listed", spaces(three.map((w) => space(w, { isListed: true })))),
  near(
    "docker0 without containers has no carrier",
    pods({
      bridges: [
        ...base.podNetwork.bridges,
        { name: "docker0", index: 9, up: false, ports: [], owner: "docker", addresses: ["172.17.0.1/16"] },
      ],
    }),
  ),
  near(
    "a bridge of virtual machines is down",
    pods({
      bridges: [
        ...base.podNetwork.bridges,
        { name: "virbr0", index: 9, up: false, ports: ["vnet0"], owner: "other", addresses: [] },
      ],
    }),
  ),
  near("a routed pod is in no bridge", pods({ bridges: [], links: [routed("a"), routed("b")] })),
  ...[
    { plugin: "Calico", device: "calia", route: "calia", others: [] },
    { plugin: "Cilium", device: "lxc0a1b2c3d4e5f", route: "cilium_host", others: [] },
    {
      plugin: "Cilium, one pod of the former plugin still in it",
      device: "lxc0a1b2c3d4e5f",
      route: "cni0",
      others: [anotherPod],
    },
    { plugin: "a plugin whose devices have no name of their own", device: "veth77", route: "cni0", others: [] },
    { plugin: "a plugin without a device on the node", device: null, route: "eth1", others: [anotherPod] },
  ].map(({ plugin, device, route, others }) =>
    near(
      `the bridge of a former plugin stays with the range that the present one uses: ${plugin}`,
      pods({
        links: [
          routed("a", { device, index: device && 20, up: device !== null, address: "10.88.0.7", routeDevice: route }),
          ...others,
        ],
      }),
    ),
  ),
  near(
    "docker0 has a range that covers that of routed pods",
    pods({
      bridges: [
        { name: "docker0", index: 9, up: true, ports: ["veth9"], owner: "docker", addresses: ["172.16.0.1/12"] },
      ],
      links: [
        routed("a", { address: "172.20.3.4" }),
        { ...anotherPod, master: "docker0", address: "172.17.0.2", routeDevice: "docker0" },
      ],
    }),
  ),
  near("a pod's neighbour entry went stale with an older MAC", pods({ neighbours: neighbour({ state: "REACHABLE" }) })),
  near("a pod's neighbour entry is fixed and right", pods({ neighbours: neighbour({ mac: POD_MAC }) })),
  near(
    "an announced IPv6 router is away",
    pods({ neighbours: neighbour({ address: "fe80::1", of: "gateway", state: "FAILED", mac: null, realMac: null }) }),
  ),
  near(
    "no forwarding of IPv4 where pods have IPv6 alone",
    pods({ ipForward: 0, ipv6Forward: 1, links: link({ address: "fd00:88::2" }) }),
  ),
  near(
    "no forwarding where pods are switched by a bridge without an address",
    pods({ ipForward: 0, bridges: base.podNetwork.bridges.map((b) => ({ ...b, addresses: [] })) }),
  ),
  near("no forwarding on a node that has no way out itself", withWays(pods({ ipForward: 0 }), [])),
  near("no forwarding on a machine without pods", pods({ ipForward: 0, links: [], bridges: [] })),
  near(
    "loose reverse path filter where none is wanted",
    pods({ rpFilters: [{ device: "cni0", value: 2, own: 2, all: 0, wanted: 0, wantedBy: "agent.json" }] }),
  ),
  near(
    "pods are kept from the metadata service",
    filter({ refusals: [refusal({ destination: "169.254.169.254/32", target: "DROP" })] }),
  ),
  near(
    "a distribution's last rule of INPUT",
    filter({ refusals: [refusal({ chain: "INPUT", source: null, rule: ["-j", "REJECT"] })] }),
  ),
  near(
    "containers of one bridge are kept apart (Docker without inter-container communication)",
    filter({
      podRanges: ["172.17.0.0/16"],
      refusals: [
        refusal({
          rule: ["-i", "cni0", "-o", "cni0", "-j", "DROP"],
          target: "DROP",
          source: null,
          inDevice: "cni0",
          outDevice: "cni0",
          isLast: false,
        }),
      ],
    }),
  ),
  ...[
    { name: "forwarding ends with a refusal", over: { isLast: true }, owners: [] },
    { name: "forwarding ends with a refusal, as an older agent tells it", over: {}, owners: [] },
    {
      name: "a distribution's deny of the rest, with chains of a plugin behind it",
      over: { isLast: false, rule: ["-j", "REJECT", "--reject-with", "icmp-host-prohibited"] },
      owners: [],
    },
    { name: "firewalld's deny before its logging", over: { isLast: false }, owners: ["firewalld"] },
  ].map(({ name, over, owners }) =>
    near(name, filter({ nftOwners: owners, refusals: [refusal({ source: null, rule: ["-j", "REJECT"], ...over })] })),
  ),
  near(
    "invalid states are dropped",
    filter({
      refusals: [
        refusal({
          source: null,
          isNarrow: true,
          rule: ["-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"],
          target: "DROP",
        }),
      ],
    }),
  ),
  near(
    "a port is closed for pods and nobody tried it",
    filter({ refusals: [refusal({ isNarrow: true, packets: 0 })] }),
  ),
  near(
    "a cable is not plugged into a card that nobody uses",
    nics({ interfaces: [aLoop({}), aCard({}), aNic("eth1", 3, "52:54:00:00:00:02", { carrier: false })] }),
  ),
  near("unknown frames on a quiet link", loss({ packets: 200, drops: 60, dropRatio: 0.3 })),
  near("one lost connection", host({ listenOverflows: 1, listenDrops: 1 })),
  near("a first look without rates", stack({ windowMs: null, host: null, softnet: null, conntrack: null })),
  near(
    "firewalld in nft and an empty legacy table",
    filter({ nftOwners: ["cni", "firewalld"], legacyRules: 4, legacyOwners: ["fail2ban"] }),
  ),
  near("two services without endpoints", pods({ virtualServices: services(2, 3) })),
  near(
    "a stopped engine's database",
    pods({
      leftovers: [{ engine: "docker", kind: "file", name: "/var/lib/docker/network/files/local-kv.db", isUsed: false }],
    }),
  ),
  near(
    "a card without an owner for a minute",
    cards({ expected: expected({ isWantedNow: false, isInPlace: null, ownerlessSince: NOW - 60_000 }) }),
  ),
  near("cards are named by order and never change", cards({ naming: "order", isHotPlugged: false })),
  near("a large image store in use", nodeFacts({ images: [anImage("big", { sizeBytes: 300e9, usedBy: 2 })] })),
];

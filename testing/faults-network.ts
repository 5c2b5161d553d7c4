// What faults of the network look like in the facts of an otherwise healthy node.
import { hexId, NOW, nodeFacts } from "./facts.ts";
import { calm } from "./facts-network.ts";
import { bad, type FaultFixture } from "./fixture-words.ts";
import {
  aCard,
  aLoop,
  anotherPod,
  bridge,
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

/** Check id → its bad fixtures. */
export const networkFaults = {
  "cni-leases-leaked": [
    bad("three addresses of containers that are gone", leases(held(3)), "lab", "LeasesWithoutContainer"),
    bad(
      "a fifth of a small range",
      pods({ ranges: [{ network: "lab", total: 5, used: 2, unlisted: 1 }], unlisted: held(1) }),
      "lab",
      "LeasesWithoutContainer",
    ),
  ],
  "netns-leaked": [
    bad("three without process or pod", spaces(three.map((w) => space(w))), "/run/netns", "NamespacesWithoutPod"),
    bad(
      "one that holds a card",
      spaces([space("a", { devices: [{ name: "eth1", kind: "ether", mac: CARD, up: false }] })]),
      "/run/netns",
      "NamespaceHoldsCard",
    ),
  ],
  "bridge-down": [
    bad(
      "cni0 was set down",
      pods({ bridges: bridge ? [{ ...bridge, up: false }] : [], links: link({ routeDevice: "eth0" }) }),
      "cni0",
      "AdministrativelyDown",
    ),
  ],
  "pod-link-broken": [
    bad("the host end is down", pods({ links: link({ up: false }) }), hexId("pod"), "HostEndDown"),
    bad(
      "taken out of its bridge",
      pods({ links: [...link({ master: null }), anotherPod] }),
      hexId("pod"),
      "NotInBridge",
    ),
    bad(
      "the host end is gone",
      pods({ links: [...link({ device: null, index: null, up: false, master: null }), anotherPod] }),
      hexId("pod"),
      "HostEndMissing",
    ),
  ],
  "neighbour-wrong": [
    bad("fixed to a wrong MAC", pods({ neighbours: neighbour({}) }), "cni0 10.88.0.2", "WrongMac"),
    bad(
      "the gateway does not answer",
      pods({
        neighbours: neighbour({
          address: "10.0.0.1",
          device: "eth0",
          of: "gateway",
          state: "FAILED",
          mac: null,
          realMac: null,
        }),
      }),
      "eth0 10.0.0.1",
      "GatewayUnresolved",
    ),
  ],
  "ip-forward-off": [
    bad("set to 0", pods({ ipForward: 0 }), "net.ipv4.ip_forward", "ForwardingDisabled"),
    bad(
      "set to 0 for pods with IPv6 alone",
      withWays(pods({ ipv6Forward: 0, links: link({ address: "fd00:88::2", master: null, routeDevice: null }) }), [
        { via: "fe80::1", device: "eth0", family: "inet6" },
      ]),
      "net.ipv6.conf.all.forwarding",
      "Ipv6ForwardingDisabled",
    ),
  ],
  "rp-filter-strict": [
    bad(
      "strict where the configuration wants 0",
      pods({ rpFilters: [{ device: "cni0", value: 1, own: 1, all: 0, wanted: 0, wantedBy: "agent.json" }] }),
      "cni0",
      "StrictReversePath",
    ),
  ],
  "unexpected-reject-rule": [
    bad(
      "rejects the pods' range",
      filter({ refusals: [refusal()] }),
      `nft ipv4 FORWARD ${refusal().rule.join(" ")}`,
      "RejectsPods",
    ),
    bad(
      "drops what comes from the bridge, not yet hit",
      filter({
        refusals: [
          refusal({ rule: ["-i", "cni0", "-j", "DROP"], target: "DROP", source: null, inDevice: "cni0", packets: 0 }),
        ],
      }),
      "nft ipv4 FORWARD -i cni0 -j DROP",
      "DropsPods",
    ),
    bad(
      "put before all others, rejects everything that is forwarded",
      filter({ refusals: [refusal({ rule: ["-j", "REJECT"], source: null, backend: "legacy", isLast: false })] }),
      "legacy ipv4 FORWARD -j REJECT",
      "RefusesAll",
    ),
  ],
  "interface-down": [
    bad("no carrier", nics({ interfaces: [aLoop({}), aCard({ carrier: false })] }), "eth0", "NoCarrier"),
    bad(
      "switched off",
      nics({ interfaces: [aLoop({}), aCard({ up: false, carrier: null })] }),
      "eth0",
      "AdministrativelyDown",
    ),
  ],
  "loopback-missing": [
    bad("lo is down", nics({ interfaces: [aLoop({ up: false }), aCard({})] }), "lo", "LoopbackDown"),
    bad("no lo at all", nics({ interfaces: [aCard({})] }), "lo", "LoopbackMissing"),
  ],
  "interface-errors": [bad("a bad cable", loss({ errors: 40 }), "eth0", "FrameErrors")],
  "packet-drops": [bad("rings overflow", loss({ drops: 5_000, dropRatio: 0.05 }), "eth0", "PacketsDropped")],
  "bond-degraded": [
    bad(
      "one leg down",
      pods({
        bonds: [
          {
            name: "bond0",
            mode: "active-backup",
            active: "eth0",
            slaves: [
              { name: "eth0", up: true },
              { name: "eth1", up: false },
            ],
          },
        ],
      }),
      "bond0",
      "LegDown",
    ),
    bad(
      "both legs down",
      pods({ bonds: [{ name: "bond0", mode: "802.3ad", active: null, slaves: [{ name: "eth0", up: false }] }] }),
      "bond0",
      "AllLegsDown",
    ),
  ],
  "bandwidth-cap-hit": [
    bad(
      "packets held back",
      stack({ allowances: [{ device: "eth0", counter: "pps_allowance_exceeded", perMinute: 900 }] }),
      "eth0 pps_allowance_exceeded",
      "AllowanceExceeded",
    ),
  ],
  "listen-overflows": [
    bad("on the node", { ...host({ listenOverflows: 30, listenDrops: 30 }) }, "node", "AcceptQueueFull"),
    bad(
      "in a container",
      stack({
        containers: [{ containerId: hexId("app"), podId: hexId("pod"), rates: { ...calm, listenOverflows: 12 } }],
      }),
      hexId("app"),
      "AcceptQueueFull",
    ),
  ],
  "tcp-memory-pressure": [
    bad(
      "above the pressure mark",
      stack({ tcpMemory: { pages: 130_000, pressurePages: 120_000, maxPages: 180_000 } }),
      "tcp",
      "AbovePressureMark",
    ),
  ],
  "tcp-orphans-many": [
    bad("a third of the limit", stack({ tcpOrphans: { count: 22_000, max: 65_536 } }), "tcp", "OrphansNearLimit"),
  ],
  "udp-buffer-errors": [bad("a slow reader", host({ udpReceiveBufferErrors: 200 }), "node", "BufferFull")],
  "softnet-drops": [
    bad(
      "backlog full",
      stack({ softnet: { packets: 9_000_000, dropped: 700, squeezed: 90 } }),
      "softnet",
      "BacklogFull",
    ),
  ],
  "retransmits-many": [bad("one segment in ten", host({ retransmitRatio: 0.1 }), "node", "SegmentsLost")],
  "conntrack-insert-failed": [
    bad(
      "the race of two lookups",
      stack({ conntrack: { insertFailed: 120, dropped: 0 } }),
      "conntrack",
      "InsertFailed",
    ),
  ],
  "tunnel-neighbour-missing": [
    bad(
      "no forwarding entry",
      pods({ tunnels: [{ device: "flannel.1", nextHop: "10.42.3.0", hasNeighbour: true, hasForwarding: false }] }),
      "flannel.1",
      "EntryMissing",
    ),
  ],
  "pod-route-wrong": [
    bad("a VPN covers the range", pods({ links: link({ routeDevice: "tun0" }) }), hexId("pod"), "WrongDevice"),
    bad(
      "a routed pod without its route",
      pods({ links: [routed("a"), routed("b"), routed("c", { routeDevice: null })] }),
      hexId("c"),
      "NoRoute",
    ),
  ],
  "firewall-backends-mixed": [
    bad(
      "kube-proxy in nft, cni in legacy",
      filter({ legacyRules: 30, legacyOwners: ["cni"], nftOwners: ["kube-proxy"] }),
      "iptables",
      "BothBackends",
    ),
  ],
  "host-port-hides-port": [
    bad(
      "the kubelet's port",
      filter({ hiddenPorts: [{ port: 10_250, protocol: "tcp", program: "kubelet", to: "10.88.0.2:80" }] }),
      "tcp/10250",
      "PortHidden",
    ),
  ],
  "ipvs-no-backend": [bad("half of them", pods({ virtualServices: services(5, 5) }), "ipvs", "ServicesWithoutBackend")],
  "cni-addresses-exhausted": [
    bad(
      "250 of 253",
      pods({ ranges: [{ network: "lab", total: 253, used: 250, unlisted: 0 }] }),
      "lab",
      "RangeAlmostUsed",
    ),
  ],
  "cnm-leftovers": [
    bad(
      "docker0 without Docker",
      pods({ leftovers: [{ engine: "docker", kind: "bridge", name: "docker0", isUsed: false }] }),
      "docker",
      "EngineGone",
    ),
  ],
  "default-route-missing": [
    bad(
      "it was there a minute ago",
      pods({ lostDefaultRoutes: [{ device: "eth0", via: "10.0.0.1" }] }),
      "default",
      "RouteGone",
    ),
  ],
  "pod-without-address": [
    bad("the plugin gave none", pods({ links: link({ address: null, routeDevice: null }) }), hexId("pod"), "NoAddress"),
  ],
  "neighbour-table-full": [
    bad("a flat network", stack({ neighbours: { count: 1_000, max: 1_024 } }), "neighbours", "TableAlmostFull"),
  ],
  "mac-address-policy": [
    bad(
      "flannel on a stock distribution",
      nodeFacts({
        cni: {
          confDir: "/etc/cni/net.d",
          binDirs: ["/opt/cni/bin"],
          files: [
            {
              name: "10-flannel.conflist",
              sha256: hexId("f"),
              sizeBytes: 300,
              modifiedAt: NOW,
              valid: true,
              error: null,
              network: "cbr0",
              plugins: ["flannel"],
              missingPlugins: [],
              lastGood: null,
            },
          ],
          missingFiles: [],
        },
      }),
      "udev",
      "PolicyNotNone",
    ),
  ],
  "nic-lost-in-namespace": [
    bad("nowhere on the node", cards({ expected: expected({}) }), CARD, "CardNowhere"),
    bad(
      "still on the node",
      cards({
        expected: expected({}),
        cards: [{ mac: CARD, name: "eth1", place: "host", holder: null, driver: null }],
      }),
      CARD,
      "CardElsewhere",
    ),
  ],
  "nic-unclaimed": [
    bad(
      "its pod left ten minutes ago",
      cards({
        expected: expected({ isWantedNow: false, isInPlace: null, ownerlessSince: NOW - 700_000, isAbandoned: true }),
      }),
      CARD,
      "OwnerGone",
    ),
  ],
  "nic-naming-by-order": [
    bad(
      "cards come and go",
      cards({ naming: "order", namingSource: "net.ifnames=0", isHotPlugged: true }),
      "udev",
      "NamesByOrder",
    ),
  ],
} satisfies Record<string, FaultFixture[]>;

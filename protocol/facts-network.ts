// Facts of the network beyond interfaces: stack counters, pods' paths, packet filters, cards in namespaces.
import { z } from "zod";
import { Count, Instant } from "./facts-base.ts";

/** Times something happened a minute, over the window; to two significant digits. */
const PerMinute = z.number().nonnegative();

/** What went wrong in one network namespace. From /proc/PID/net/netstat and snmp (kernel Documentation/networking/snmp_counter.rst). */
const StackRates = z.object({
  /** Connections that a full accept queue turned away (ListenOverflows, ListenDrops). */
  listenOverflows: PerMinute,
  listenDrops: PerMinute,
  /** Datagrams lost because a socket's buffer was full (RcvbufErrors, SndbufErrors of Udp). */
  udpReceiveBufferErrors: PerMinute,
  udpSendBufferErrors: PerMinute,
  /** TCP segments sent, and the share of them that was sent again; null when fewer than 1000 segments were sent a minute. */
  segmentsSent: PerMinute,
  retransmitRatio: z.number().nullable(),
  /** Connections ended for want of memory (TCPAbortOnMemory). */
  abortsOnMemory: PerMinute,
  /** Connections reset by the other side, and resets sent. */
  resetsReceived: PerMinute,
  resetsSent: PerMinute,
});

/** Counters of the network stack as rates over the last window (about a minute); the first look after a start has no rates. */
export const NetstackFact = z.object({
  windowMs: z.number().nullable(),
  host: StackRates.nullable(),
  /** Namespaces of containers in which something of the above is not zero, at most 50. */
  containers: z.array(z.object({ containerId: z.string(), podId: z.string().nullable(), rates: StackRates })),
  /** Sums over all CPUs (/proc/net/softnet_stat); null before the second look. */
  softnet: z.object({ packets: PerMinute, dropped: PerMinute, squeezed: PerMinute }).nullable(),
  /** Pages of TCP (/proc/net/sockstat) and the three marks of tcp_mem. Counted for the whole machine. */
  tcpMemory: z.object({ pages: Count, pressurePages: Count, maxPages: Count }).nullable(),
  tcpOrphans: z.object({ count: Count, max: Count }).nullable(),
  /** Entries of the neighbour table and its hard limit; null outside the first network namespace, which alone can tell. */
  neighbours: z.object({ count: Count, max: Count }).nullable(),
  conntrack: z.object({ insertFailed: PerMinute, dropped: PerMinute }).nullable(),
  /** Interfaces that lost packets in the window, at most 32. Ratios to packets received or sent. */
  interfaces: z.array(
    z.object({
      name: z.string(),
      packets: PerMinute,
      errors: PerMinute,
      drops: PerMinute,
      errorRatio: z.number(),
      dropRatio: z.number(),
    }),
  ),
  /** Counters of a cloud's own limits that rose (ethtool -S: bw_in_allowance_exceeded …), at most 20. */
  allowances: z.array(z.object({ device: z.string(), counter: z.string(), perMinute: PerMinute })),
  /** Listening sockets whose queue is not empty while something overflows, at most 20. */
  queues: z.array(z.object({ port: Count, waiting: Count, backlog: Count.nullable() })),
  /** Limits that may be raised from here: key → value. Those that are read-only in this namespace are left out. */
  settings: z.record(z.string(), z.string()),
});

const NetDevice = z.object({ name: z.string(), kind: z.string(), mac: z.string().nullable(), up: z.boolean() });

/** The paths between pods and the node. Bounds: 2000 links, 500 of every other list. */
export const PodNetworkFact = z.object({
  bridges: z.array(
    z.object({
      name: z.string(),
      index: Count,
      up: z.boolean(),
      ports: z.array(z.string()),
      /** Who made it, by its name and the CNI configuration. */
      owner: z.enum(["cni", "docker", "other"]),
      addresses: z.array(z.string()),
    }),
  ),
  /** Host ends of running pods' devices. */
  links: z.array(
    z.object({
      podId: z.string(),
      podName: z.string().nullable(),
      /** Name and index of the end on the host; null when it is nowhere. */
      device: z.string().nullable(),
      index: Count.nullable(),
      up: z.boolean(),
      master: z.string().nullable(),
      address: z.string().nullable(),
      mac: z.string().nullable(),
      /** Device that the node's routes take to this address, null when there is none or no address is known. */
      routeDevice: z.string().nullable(),
    }),
  ),
  bonds: z.array(
    z.object({
      name: z.string(),
      mode: z.string(),
      active: z.string().nullable(),
      slaves: z.array(z.object({ name: z.string(), up: z.boolean() })),
    }),
  ),
  /** Network namespaces that are pinned by a file. */
  namespaces: z.array(
    z.object({
      name: z.string(),
      folder: z.string(),
      /** 0 when no process lives there, else 1: how many is no news. */
      processes: Count,
      /** Pod or container that has it by the CNI's own record, and whether a runtime lists that id (null: it could not be asked). */
      owner: z.string().nullable(),
      isListed: z.boolean().nullable(),
      createdAt: Instant,
      /** Older than a minute: whatever is being set up or torn down takes less. */
      isSettled: z.boolean(),
      /** What lies in it, looked at only when no process lives there; null when it was not looked at. */
      devices: z.array(NetDevice).nullable(),
    }),
  ),
  /** Ranges of host-local, with how many addresses are held, and by containers that no runtime lists. */
  ranges: z.array(z.object({ network: z.string(), total: Count, used: Count, unlisted: Count })),
  /** Addresses held by containers that no runtime lists; empty while a runtime cannot be asked (then `unlistedKnown` is false). */
  unlistedKnown: z.boolean(),
  unlisted: z.array(
    z.object({ network: z.string(), address: z.string(), containerId: z.string(), isSettled: z.boolean() }),
  ),
  /** Neighbour entries of default gateways, running pods and tunnel ends. */
  neighbours: z.array(
    z.object({
      address: z.string(),
      device: z.string(),
      of: z.enum(["gateway", "pod", "tunnel"]),
      state: z.string(),
      mac: z.string().nullable(),
      /** MAC that the pod's own interface has. */
      realMac: z.string().nullable(),
    }),
  ),
  /** Tunnel ends: next hops that routes name on a VXLAN device, and what is missing for each. */
  tunnels: z.array(
    z.object({ device: z.string(), nextHop: z.string(), hasNeighbour: z.boolean(), hasForwarding: z.boolean() }),
  ),
  /** net.ipv4.ip_forward; null when it cannot be read. */
  ipForward: Count.nullable(),
  /** net.ipv6.conf.all.forwarding; null without IPv6. */
  ipv6Forward: Count.nullable().default(null),
  /** rp_filter of devices for which the node's configuration wants a value: in effect (the greater of "all" and its own), its own, and of "all". */
  rpFilters: z.array(
    z.object({ device: z.string(), value: Count, own: Count, all: Count, wanted: Count, wantedBy: z.string() }),
  ),
  /** Default routes (IPv4) that were there earlier, while none is left now. */
  lostDefaultRoutes: z.array(z.object({ device: z.string(), via: z.string().nullable() })),
  hasLoopback: z.boolean(),
  /** IPVS services of this node: address:port, and how many servers stand behind each with a weight. */
  virtualServices: z.array(z.object({ service: z.string(), backends: Count })),
  /** Pieces of an engine's network whose engine is not on the node. */
  leftovers: z.array(
    z.object({ engine: z.string(), kind: z.enum(["bridge", "chain", "file"]), name: z.string(), isUsed: z.boolean() }),
  ),
});

/** Packet filters, legacy and nft, IPv4 and IPv6. */
export const FirewallFact = z.object({
  /** Rules by backend; null when its tool is not here. */
  legacyRules: Count.nullable(),
  nftRules: Count.nullable(),
  /** Programs whose chains are in each backend ("kube-proxy", "docker", "cni", "calico", "firewalld" …). */
  legacyOwners: z.array(z.string()),
  nftOwners: z.array(z.string()),
  /** REJECT and DROP rules that stand in INPUT, FORWARD or OUTPUT themselves and bear no manager's comment, at most 100. */
  refusals: z.array(
    z.object({
      family: z.enum(["ipv4", "ipv6"]),
      backend: z.enum(["legacy", "nft"]),
      chain: z.string(),
      /** The rule as `iptables -S` prints it without "-A CHAIN", as words. */
      rule: z.array(z.string()),
      /** Place in its chain, from 1. */
      position: Count,
      /** No rule of the chain comes after it; absent from agents that did not look. */
      isLast: z.boolean().optional(),
      target: z.string(),
      /** Packets it hit since it was made; two significant digits. */
      packets: Count,
      source: z.string().nullable(),
      destination: z.string().nullable(),
      inDevice: z.string().nullable(),
      outDevice: z.string().nullable(),
      /** It names ports, states or marks: only a part of the traffic. */
      isNarrow: z.boolean(),
    }),
  ),
  /** nft tables that no iptables shows and whose chains can refuse what is forwarded ("inet firewalld"). Null: nobody can say. */
  foreignTables: z.array(z.string()).nullable().default([]),
  /** Addresses that pods get on this node, from bridges and the CNI configuration (CIDR). */
  podRanges: z.array(z.string()),
  /** Host ports that a CNI redirects to a pod although a program of the host listens there. */
  hiddenPorts: z.array(z.object({ port: Count, protocol: z.string(), program: z.string(), to: z.string() })),
});

/** Network cards (not veth, bridge, bond or tunnel), wherever on this node they are. At most 200. */
export const CardsFact = z.object({
  cards: z.array(
    z.object({
      mac: z.string(),
      name: z.string(),
      place: z.enum(["host", "container", "dead"]),
      /** Container or pinned namespace that has it. */
      holder: z.string().nullable(),
      driver: z.string().nullable(),
    }),
  ),
  /** Cards that the node's own record gives to somebody ("host", or the name of a pod or container). */
  expected: z.array(
    z.object({
      mac: z.string(),
      wantedBy: z.string(),
      source: z.string(),
      /** Whether a running container or pod of that name is on the node. */
      isWantedNow: z.boolean(),
      /** Whether the card is where it is wanted: null when nobody wants it now. */
      isInPlace: z.boolean().nullable(),
      /** Since when nobody has wanted it; null while somebody does. */
      ownerlessSince: Instant.nullable(),
      /** Ten minutes without an owner. */
      isAbandoned: z.boolean(),
    }),
  ),
  /** How udev names cards: by order of appearance, by MAC, by place in the machine, or not at all (no udev). */
  naming: z.enum(["order", "mac", "path", "none"]),
  /** What says so: file, or kernel argument. */
  namingSource: z.string().nullable(),
  /** Whether cards came or went after boot. */
  isHotPlugged: z.boolean(),
  /** MACAddressPolicy for virtual devices of the first .link file that applies to all; null where systemd-udevd is not in use. */
  macAddressPolicy: z.string().nullable(),
  macPolicyFile: z.string().nullable(),
});

export const podNetworkFacts = {
  netstack: NetstackFact,
  podNetwork: PodNetworkFact,
  firewall: FirewallFact,
  cards: CardsFact,
} as const;

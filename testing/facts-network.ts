// Facts of a healthy network of node and pods. What faults look like stands in faults-network.ts.
import type { FactData } from "../protocol/facts.ts";

/** Id and MAC of the one pod's device; the ids are those of facts.ts (its factory cannot be asked from here: it asks this one). */
export const POD_ID = Buffer.from("pod").toString("hex").padEnd(64, "0");
export const POD_MAC = "0a:58:0a:58:00:02";
const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);

export const calm: NonNullable<FactData["netstack"]["host"]> = {
  listenOverflows: 0,
  listenDrops: 0,
  udpReceiveBufferErrors: 0,
  udpSendBufferErrors: 0,
  segmentsSent: 20_000,
  retransmitRatio: 0.001,
  abortsOnMemory: 0,
  resetsReceived: 3,
  resetsSent: 7,
};

/** This part of a healthy node's facts: one pod on cni0, a range of 253 addresses. */
export const healthyNetwork = () =>
  ({
    netstack: {
      windowMs: 60_000,
      host: calm,
      containers: [],
      softnet: { packets: 500_000, dropped: 0, squeezed: 3 },
      tcpMemory: { pages: 300, pressurePages: 120_000, maxPages: 180_000 },
      tcpOrphans: { count: 2, max: 65_536 },
      neighbours: { count: 30, max: 1_024 },
      conntrack: { insertFailed: 0, dropped: 0 },
      interfaces: [],
      allowances: [],
      queues: [],
      settings: {
        "net.core.somaxconn": "4096",
        "net.core.netdev_max_backlog": "1000",
        "net.core.rmem_default": "212992",
        "net.core.rmem_max": "212992",
        "net.ipv4.tcp_mem": "90000\t120000\t180000",
        "net.ipv4.tcp_max_orphans": "65536",
        "net.ipv4.neigh.default.gc_thresh1": "128",
        "net.ipv4.neigh.default.gc_thresh2": "512",
        "net.ipv4.neigh.default.gc_thresh3": "1024",
      },
    },
    podNetwork: {
      bridges: [{ name: "cni0", index: 4, up: true, ports: ["veth1"], owner: "cni", addresses: ["10.88.0.1/16"] }],
      links: [
        {
          podId: POD_ID,
          podName: "web",
          device: "veth1",
          index: 5,
          up: true,
          master: "cni0",
          address: "10.88.0.2",
          mac: POD_MAC,
          routeDevice: "cni0",
        },
      ],
      bonds: [],
      namespaces: [
        {
          name: "cni-1f2e3d4c-0000-4000-8000-000000000001",
          folder: "/run/netns",
          processes: 1,
          owner: POD_ID,
          isListed: true,
          createdAt: NOW - 3_600_000,
          isSettled: true,
          devices: null,
        },
      ],
      ranges: [{ network: "lab", total: 253, used: 1, unlisted: 0 }],
      unlistedKnown: true,
      unlisted: [],
      neighbours: [
        {
          address: "10.0.0.1",
          device: "eth0",
          of: "gateway",
          state: "REACHABLE",
          mac: "52:54:00:00:01:01",
          realMac: null,
        },
        { address: "10.88.0.2", device: "cni0", of: "pod", state: "REACHABLE", mac: POD_MAC, realMac: POD_MAC },
      ],
      tunnels: [],
      ipForward: 1,
      ipv6Forward: 0,
      rpFilters: [],
      lostDefaultRoutes: [],
      hasLoopback: true,
      virtualServices: [],
      leftovers: [],
    },
    firewall: {
      legacyRules: 0,
      nftRules: 12,
      legacyOwners: [],
      nftOwners: ["cni"],
      refusals: [],
      foreignTables: [],
      podRanges: ["10.88.0.0/16"],
      hiddenPorts: [],
    },
    cards: {
      cards: [{ mac: "52:54:00:00:00:01", name: "eth0", place: "host", holder: null, driver: "virtio_net" }],
      expected: [],
      naming: "path",
      namingSource: "/usr/lib/systemd/network/99-default.link",
      isHotPlugged: false,
      macAddressPolicy: "persistent",
      macPolicyFile: "/usr/lib/systemd/network/99-default.link",
    },
  }) satisfies Partial<FactData>;

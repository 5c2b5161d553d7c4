// Fact "podNetwork": the paths between pods and the node: bridges, host ends of pods' devices, addresses held, pinned namespaces, neighbours, routes.
import { existsSync, readdirSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import { run } from "../host/run.ts";
import { cniFolders } from "./cni.ts";
import { bridgeOwner, cniWishes, lostRoutes, rpFilters } from "./cni-wishes.ts";
import { leftoversOf } from "./cnm-leftovers.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import {
  LIVED_IN_MS,
  livedIn,
  netInodeOf,
  type PinnedSpace,
  type PodSpace,
  pinnedIn,
  podSpaces,
  SpaceLooker,
} from "./net-spaces.ts";
import { parseIpJson } from "./network.ts";
import {
  type CniRecord,
  cniTexts,
  hostLocalRanges,
  leaseFacts,
  nameOfNetns,
  readCniRecords,
  readLeases,
  runsElsewhere,
  SETTLED_MS,
} from "./pod-leases.ts";
import {
  gatewayKeys,
  type Neighbour,
  type PathRoute,
  parseBond,
  parseForwarding,
  parseIpRoutes,
  parseNeighbours,
  parseVirtualServices,
  routeDevice,
  tunnelEnds,
} from "./pod-paths.ts";

type PodNetwork = FactData["podNetwork"];
type Nic = ReturnType<typeof parseIpJson>[number];

const LIST_MAX = 500;
/** A larger neighbour table is not listed: it would take more than its worth. */
const NEIGHBOURS_MAX = 8_000;

const ip = async (argv: string[]): Promise<string> => {
  const { code, stdout } = await run(argv, { timeoutMs: 3_000, maxBytes: 16 * 1024 * 1024 });
  return code === 0 ? stdout : "";
};

async function links(
  ctx: CollectorContext,
  spaces: PodSpace[],
  nics: Nic[],
  routes: PathRoute[],
  records: CniRecord[],
) {
  const looker = new SpaceLooker();
  const pods = new Map((ctx.latest("pods") ?? []).map((pod) => [pod.id, pod]));
  const byIndex = new Map(nics.map((nic) => [nic.index, nic]));
  const list: PodNetwork["links"] = [];
  for (const space of spaces.slice(0, 2_000)) {
    const devices = await looker.ofPod(space);
    const inside = devices?.find((d) => d.kind === "veth" && d.peerIndex !== null);
    if (!devices || !inside) continue; // not looked at yet, or a card or macvlan of its own
    const podId = space.podId ?? space.containerId;
    const record = records.find((r) => r.containerId === podId);
    const nic =
      byIndex.get(inside.peerIndex ?? -1) ?? nics.find((n) => n.kind === "veth" && n.name === record?.hostDevice);
    const address =
      inside.addresses.map((a) => a.split("/")[0] ?? "").find((a) => a !== "" && !a.startsWith("fe80:")) ??
      pods.get(podId)?.ip ??
      null;
    list.push({
      podId,
      podName: space.podName,
      device: nic?.name ?? null,
      index: nic?.index ?? null,
      up: nic?.up ?? false,
      master: nic?.master ?? null,
      address,
      mac: inside.mac?.toLowerCase() ?? null,
      routeDevice: address === null ? null : routeDevice(address, routes),
    });
  }
  return list.sort((a, b) => (a.podId < b.podId ? -1 : 1));
}

async function namespaces(
  pinned: PinnedSpace[],
  records: CniRecord[],
  listed: ReadonlySet<string> | null,
  living: ReadonlySet<string | null>,
): Promise<PodNetwork["namespaces"]> {
  const looker = new SpaceLooker();
  const owners = new Map(records.map((r) => [nameOfNetns(r.netns), r.containerId]));
  const now = Date.now();
  const list: PodNetwork["namespaces"] = [];
  for (const { name, folder, path, inode, createdAt } of pinned.slice(0, LIST_MAX)) {
    const processes = inode !== null && living.has(inode) ? 1 : 0;
    const owner = owners.get(name) ?? null;
    const isSettled = now - createdAt >= SETTLED_MS;
    const devices = inode !== null && processes === 0 && isSettled ? await looker.devices(path, inode, null) : null;
    list.push({
      name,
      folder,
      processes,
      owner,
      isListed: listed === null ? null : owner !== null && listed.has(owner),
      createdAt,
      isSettled,
      devices: devices?.map(({ name: device, kind, mac, up }) => ({ name: device, kind, mac, up })) ?? null,
    });
  }
  return list;
}

function neighbours(
  all: readonly Neighbour[],
  found: PodNetwork["links"],
  gateways: ReadonlySet<string>,
  tunnels: ReadonlySet<string>,
) {
  const macs = new Map(found.flatMap(({ address, mac }) => (address === null ? [] : [[address, mac] as const])));
  return all
    .flatMap(({ address, device, mac, state }): PodNetwork["neighbours"] => {
      if (tunnels.has(device)) return [];
      const of = macs.has(address) ? "pod" : gateways.has(`${device} ${address}`) ? "gateway" : null;
      if (of === null) return [];
      // States that come and go by themselves are one: what matters is whether it is fixed or has failed.
      const settled = /^(REACHABLE|STALE|DELAY|PROBE)$/.test(state) ? "REACHABLE" : state;
      return [{ address, device, of, state: settled, mac, realMac: macs.get(address) ?? null }];
    })
    .slice(0, LIST_MAX);
}

function bonds(): PodNetwork["bonds"] {
  const folder = "/proc/net/bonding";
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => parseBond(name, readText(`${folder}/${name}`) ?? ""));
}

/** Ids that any runtime lists; null while one cannot be asked. */
async function listedBy(ctx: CollectorContext): Promise<Set<string> | null> {
  const all = ctx.runtimes.all();
  if (all.length === 0) return null;
  try {
    const inventories = await Promise.all(all.map((watched) => ctx.runtimes.inventory(watched, 4_000)));
    return new Set(inventories.flatMap(({ containers, pods }) => [...containers, ...pods].map(({ id }) => id)));
  } catch {
    return null; // its probe says why
  }
}

export const podNetwork = defineCollector({
  kind: "podNetwork",
  everyMs: 10_000,
  timeoutMs: 12_000,
  read: async (ctx) => {
    // What somebody lives in is looked at before and after the runtimes' lists, so that what starts meanwhile is not taken for lost.
    const [listing, routeText] = await Promise.all([
      ip(["ip", "-j", "-d", "-s", "address", "show"]),
      ip(["ip", "-j", "-4", "route", "show"]),
    ]);
    if (listing === "") throw new Error("ip(8) with JSON output is not on this node");
    const nics = parseIpJson(listing);
    const routes = parseIpRoutes(routeText);
    const records = readCniRecords();
    const texts = cniTexts(cniFolders(ctx).confDir);
    const ranges = texts.flatMap(({ text }) => hostLocalRanges(text) ?? []);
    const leases = readLeases(
      ranges.flatMap(({ network, dataDir }) => (dataDir === null ? [] : [{ network, dataDir }])),
    );
    const pinned = [...pinnedIn("/run/netns"), ...pinnedIn("/run/docker/netns")];
    const listed = await listedBy(ctx);
    const table = ctx.table.read(1_000);
    const spaces = podSpaces(ctx);
    const known = new Set([...spaces.map((space) => space.inode), netInodeOf("self")]);
    // All processes are asked only where something is not explained by the listed containers.
    const isOpen =
      pinned.some((p) => p.inode !== null && !known.has(p.inode)) || leases.some((l) => !listed?.has(l.containerId));
    const living = isOpen ? livedIn(LIVED_IN_MS) : known;
    const lives = new Set(pinned.filter((p) => p.inode !== null && living.has(p.inode)).map((p) => p.name));
    const livesIn = (id: string) => records.some((r) => r.containerId === id && lives.has(nameOfNetns(r.netns) ?? ""));

    const found = await links(ctx, spaces, nics, routes, records);
    const tunnelNames = new Set(nics.filter((nic) => nic.kind === "vxlan").map((nic) => nic.name));
    const entries =
      (ctx.latest("netstack")?.neighbours?.count ?? 0) > NEIGHBOURS_MAX ? "" : await ip(["ip", "-j", "neigh", "show"]);
    const all = parseNeighbours(entries);
    const forwarding = tunnelNames.size > 0 ? parseForwarding(await ip(["bridge", "-j", "fdb", "show"])) : [];

    const wishes = cniWishes(texts);
    const bridges = nics
      .filter((nic) => nic.kind === "bridge")
      .map(({ name, index, up, addresses }) => ({
        name,
        index,
        up,
        ports: nics
          .filter((nic) => nic.master === name)
          .map((nic) => nic.name)
          .slice(0, LIST_MAX),
        owner: bridgeOwner(name, wishes.bridges),
        addresses,
      }));
    const filter = ctx.latest("firewall");
    return {
      bridges,
      links: found,
      bonds: bonds(),
      namespaces: await namespaces(pinned, records, listed, living),
      ...leaseFacts(
        leases,
        new Map(ranges.map(({ network, total }) => [network, total])),
        listed,
        ({ containerId }) => livesIn(containerId) || runsElsewhere(containerId),
        Date.now(),
      ),
      neighbours: neighbours(all, found, gatewayKeys(routes, ctx.latest("network")?.defaultRoutes ?? []), tunnelNames),
      tunnels: entries === "" ? [] : tunnelEnds(tunnelNames, routes, all, forwarding).slice(0, LIST_MAX),
      ipForward: readNumber("/proc/sys/net/ipv4/ip_forward"),
      ipv6Forward: readNumber("/proc/sys/net/ipv6/conf/all/forwarding"),
      rpFilters: rpFilters(
        ctx.config,
        nics.map((nic) => nic.name),
        wishes.rpFilters,
      ).slice(0, LIST_MAX),
      lostDefaultRoutes: lostRoutes(routes, nics),
      hasLoopback: nics.some((nic) => nic.kind === "loopback"),
      virtualServices: parseVirtualServices(readText("/proc/net/ip_vs") ?? "").slice(0, 2_000),
      leftovers: leftoversOf(new Set(table.all.map((p) => p.name)), bridges, [
        ...(filter?.legacyOwners ?? []),
        ...(filter?.nftOwners ?? []),
      ]),
    };
  },
});

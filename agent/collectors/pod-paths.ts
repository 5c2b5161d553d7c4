// Readers of routes, neighbours, forwarding entries, bonds and virtual services, and which device a route takes. Pure: used by "podNetwork".
import type { FactData } from "../../protocol/facts.ts";

type PodNetwork = FactData["podNetwork"];

export type PathRoute = { network: number; bits: number; device: string; via: string | null; metric: number };
export type Neighbour = { address: string; device: string; mac: string | null; state: string };

/** An IPv4 address as a number; null for anything else. */
export function ipv4(text: string): number | null {
  const parts = text.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length !== 4 || parts.some((p) => !(p <= 255))) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

const parseList = <T>(text: string): T[] => {
  try {
    const list: unknown = JSON.parse(text === "" ? "[]" : text);
    return Array.isArray(list) ? (list as T[]) : [];
  } catch {
    return []; // an ip(8) without JSON
  }
};

/** `ip -j -4 route show`: unicast routes of the main table. */
export function parseIpRoutes(text: string): PathRoute[] {
  type Row = {
    dst?: string;
    gateway?: string;
    via?: { host?: string };
    dev?: string;
    metric?: number;
    type?: string;
    flags?: string[];
  };
  return parseList<Row>(text).flatMap(({ dst = "", gateway, via, dev, metric = 0, type = "unicast", flags = [] }) => {
    const [address = "", bits] = dst === "default" ? ["0.0.0.0", "0"] : dst.split("/");
    const network = ipv4(address);
    if (network === null || !dev || type !== "unicast" || flags.includes("linkdown") || flags.includes("dead"))
      return [];
    return [
      { network, bits: bits === undefined ? 32 : Number(bits), device: dev, via: gateway ?? via?.host ?? null, metric },
    ];
  });
}

/** Does `address` lie in network/bits? */
export const isIn = (address: number, network: number, bits: number): boolean =>
  bits === 0 || Math.floor(address / 2 ** (32 - bits)) === Math.floor(network / 2 ** (32 - bits));

/** Device of the longest route to an address; of equally long ones that with the least metric. */
export function routeDevice(address: string, routes: readonly PathRoute[]): string | null {
  const number = ipv4(address);
  if (number === null) return null;
  const best = routes
    .filter((route) => isIn(number, route.network, route.bits))
    .sort((a, b) => b.bits - a.bits || a.metric - b.metric)[0];
  return best?.device ?? null;
}

/**
 * "DEVICE ADDRESS" of the gateways that the node's traffic takes: of IPv4 those of least metric. The same address on another device, or the gateway
 * of an idle second uplink, may be unresolved for good.
 */
export function gatewayKeys(
  routes: readonly PathRoute[],
  all: readonly { via: string | null; device: string; family: "inet" | "inet6" }[],
): Set<string> {
  const ways = routes.filter((route) => route.bits === 0 && route.network === 0);
  const least = Math.min(...ways.map(({ metric }) => metric));
  const used = ways.filter(({ metric }) => metric === least);
  return new Set(
    [...used, ...all.filter(({ family }) => family === "inet6")].flatMap(({ device, via }) =>
      via === null ? [] : [`${device} ${via}`],
    ),
  );
}

/** `ip -j neigh show`. */
export function parseNeighbours(text: string): Neighbour[] {
  type Row = { dst?: string; dev?: string; lladdr?: string; state?: string[] };
  return parseList<Row>(text).flatMap(({ dst, dev, lladdr, state }) =>
    dst && dev ? [{ address: dst, device: dev, mac: lladdr?.toLowerCase() ?? null, state: state?.[0] ?? "NONE" }] : [],
  );
}

/** `bridge -j fdb show`: MACs of a VXLAN device that lead to another machine. */
export function parseForwarding(text: string): { device: string; mac: string; to: string }[] {
  type Row = { mac?: string; ifname?: string; dst?: string };
  return parseList<Row>(text).flatMap(({ mac, ifname, dst }) =>
    mac && ifname && dst ? [{ device: ifname, mac: mac.toLowerCase(), to: dst }] : [],
  );
}

/** Next hops that routes name on tunnel devices, and whether each has a neighbour and a forwarding entry. */
export function tunnelEnds(
  devices: ReadonlySet<string>,
  routes: readonly PathRoute[],
  neighbours: readonly Neighbour[],
  forwarding: readonly { device: string; mac: string; to: string }[],
): PodNetwork["tunnels"] {
  const ends = new Map<string, PodNetwork["tunnels"][number]>();
  for (const { device, via } of routes) {
    if (via === null || !devices.has(device)) continue;
    const entry = neighbours.find((n) => n.device === device && n.address === via && n.mac !== null);
    const hasForwarding = entry ? forwarding.some((f) => f.device === device && f.mac === entry.mac) : false;
    ends.set(`${device} ${via}`, { device, nextHop: via, hasNeighbour: entry !== undefined, hasForwarding });
  }
  return [...ends.values()];
}

/** One file of /proc/net/bonding. */
export function parseBond(name: string, text: string): PodNetwork["bonds"][number] {
  const slaves: { name: string; up: boolean }[] = [];
  for (const block of text.split(/^Slave Interface: /m).slice(1)) {
    const lines = block.split("\n");
    slaves.push({ name: (lines[0] ?? "").trim(), up: lines.some((line) => /^MII Status: up\s*$/.test(line)) });
  }
  const active = /^Currently Active Slave: (\S+)/m.exec(text)?.[1] ?? null;
  return {
    name,
    mode: /^Bonding Mode: (.+)$/m.exec(text)?.[1]?.trim() ?? "unknown",
    active: active === "None" ? null : active,
    slaves,
  };
}

const hexAddress = (text: string): string => {
  const [address = "", port = ""] = text.split(":");
  const parts = address.match(/../g)?.map((part) => Number.parseInt(part, 16)) ?? [];
  return `${parts.join(".")}:${Number.parseInt(port, 16)}`;
};

/** /proc/net/ip_vs: services with how many servers of a weight above 0 stand behind them. IPv6 services keep their text. */
export function parseVirtualServices(text: string): PodNetwork["virtualServices"] {
  const services: PodNetwork["virtualServices"] = [];
  for (const line of text.split("\n")) {
    const service = /^(TCP|UDP|SCTP)\s+(\S+)/.exec(line);
    if (service?.[2]) {
      const name = /^[0-9A-F]{8}:[0-9A-F]{4}$/.test(service[2]) ? hexAddress(service[2]) : service[2];
      services.push({ service: `${service[1]?.toLowerCase()} ${name}`, backends: 0 });
      continue;
    }
    const server = /^\s+->\s+(?!RemoteAddress)\S+\s+\S+\s+(\d+)/.exec(line);
    const last = services.at(-1);
    if (server && last && Number(server[1]) > 0) last.backends += 1;
  }
  return services;
}

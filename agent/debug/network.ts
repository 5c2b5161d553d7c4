// The network that a process lives in, for a debug report: read from /proc/PID/net without entering it; only addresses, queues and DNS are asked from inside.

import type { DebugReport } from "../../protocol/debug.ts";
import { fileOf, linkOf } from "../host/proc.ts";
import { run } from "../host/run.ts";

type Network = NonNullable<DebugReport["network"]["value"]>;

const ASK_MS = 3_000;
const LISTENING_MAX = 200;

/** A program of the node in the network of a process. */
export const insideNetwork = (pid: number, argv: readonly string[]): string[] => [
  "nsenter",
  `--net=/proc/${pid}/ns/net`,
  "--",
  ...argv,
];

/** Value of a column of /proc/net/netstat or snmp: names in one line, values in the next. */
export function counterOf(text: string, group: string, name: string): number | null {
  const [names, values] = text.split("\n").filter((line) => line.startsWith(`${group}:`));
  const at = names?.split(" ").indexOf(name) ?? -1;
  const value = values?.split(" ")[at];
  return at < 0 || value === undefined ? null : Number(value);
}

/** `ip -o addr` and /proc/net/dev. */
export function interfacesOf(dev: string, addresses: string, links: string): Network["interfaces"] {
  return dev.split("\n").flatMap((line) => {
    const match = /^\s*([^:\s]+):\s*(.+)$/.exec(line);
    if (!match?.[1] || !match[2]) return [];
    const name = match[1];
    const n = match[2].trim().split(/\s+/).map(Number);
    const own = addresses.split("\n").flatMap((one) => {
      const [, of, , address] = one.trim().split(/\s+/);
      return of === name && address ? [address] : [];
    });
    const flags = new RegExp(`^\\d+:\\s+${name.replace(/[.+]/g, "\\$&")}(?:@\\S+)?:\\s+<([^>]*)>`, "m").exec(
      links,
    )?.[1];
    return [
      {
        name: name.slice(0, 64),
        isUp: flags === undefined || flags.split(",").includes("UP"),
        addresses: own.slice(0, 16),
        rxBytes: n[0] ?? 0,
        txBytes: n[8] ?? 0,
        errors: (n[2] ?? 0) + (n[10] ?? 0),
        drops: (n[3] ?? 0) + (n[11] ?? 0),
      },
    ];
  });
}

/** `ss -tlnpH`: state, waiting, how many may wait, address. */
export function listeningOf(text: string, protocol: string): Network["listening"] {
  return text.split("\n").flatMap((line) => {
    const [state, queue, max, address, , ...rest] = line.trim().split(/\s+/);
    if (state !== "LISTEN" || !address) return [];
    const program = /"([^"]+)",pid=(\d+)/.exec(rest.join(" "));
    return [
      {
        protocol,
        address: address.slice(0, 200),
        queue: Number(queue),
        queueMax: Number(max) > 0 ? Number(max) : null,
        program: program ? `${program[1]} (${program[2]})` : "",
      },
    ];
  });
}

const STATES: Record<string, string> = {
  "01": "ESTABLISHED",
  "02": "SYN_SENT",
  "03": "SYN_RECV",
  "04": "FIN_WAIT1",
  "05": "FIN_WAIT2",
  "06": "TIME_WAIT",
  "08": "CLOSE_WAIT",
  "09": "LAST_ACK",
  "0A": "LISTEN",
};

/** Connections by state, of /proc/net/tcp and tcp6. */
export function connectionsOf(...tables: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of tables.flatMap((table) => table.split("\n").slice(1))) {
    const state = STATES[line.trim().split(/\s+/)[3] ?? ""];
    if (state) counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

const HEX_BYTES = /../g;
/** Addresses in /proc/net/route are little-endian. */
const ipv4 = (hex: string): string =>
  (hex.match(HEX_BYTES) ?? [])
    .reverse()
    .map((part) => Number.parseInt(part, 16))
    .join(".");

/** /proc/net/route as people write routes. */
export const routesOf = (text: string): string[] =>
  text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device, to, via, flags, , , , mask] = line.trim().split(/\s+/);
      if (!device || !to || !via || !mask || !flags || (Number.parseInt(flags, 16) & 1) === 0) return [];
      const bits = (Number.parseInt(mask, 16) >>> 0).toString(2).replaceAll("0", "").length;
      const where = to === "00000000" && bits === 0 ? "default" : `${ipv4(to)}/${bits}`;
      return [`${where}${via === "00000000" ? "" : ` via ${ipv4(via)}`} dev ${device}`];
    })
    .slice(0, 200);

/** @param pid a process that lives there */
export async function readNetwork(pid: number): Promise<Network> {
  const isOwn = linkOf(pid, "ns/net") !== linkOf(process.pid, "ns/net");
  const of = (name: string): string => fileOf(pid, `net/${name}`) ?? "";
  const inside = async (...argv: string[]): Promise<string> =>
    (await run(isOwn ? insideNetwork(pid, argv) : argv, { timeoutMs: ASK_MS, maxBytes: 512 * 1024 })).stdout;
  const [addresses, links, tcp, count] = await Promise.all([
    inside("ip", "-o", "addr"),
    inside("ip", "-o", "link"),
    inside("ss", "-tlnpH"),
    inside("cat", "/proc/sys/net/netfilter/nf_conntrack_count", "/proc/sys/net/netfilter/nf_conntrack_max"),
  ]);
  const netstat = of("netstat");
  const routes = routesOf(of("route"));
  const hasIpv6Default = of("ipv6_route")
    .split("\n")
    .some((line) => /^0{32} 00 .* (?!lo$)\S+$/.test(line) && !/00000200\s+lo/.test(line));
  const [now, max] = count.trim().split("\n").map(Number);
  return {
    isOwn,
    interfaces: interfacesOf(of("dev"), addresses, links).slice(0, 64),
    routes,
    hasDefaultRoute: hasIpv6Default || routes.some((route) => route.startsWith("default")),
    listening: listeningOf(tcp, "tcp").slice(0, LISTENING_MAX),
    connections: connectionsOf(of("tcp"), of("tcp6")),
    listenOverflows: counterOf(netstat, "TcpExt", "ListenOverflows"),
    retransmits: counterOf(of("snmp"), "Tcp", "RetransSegs"),
    conntrack: now !== undefined && max !== undefined && Number.isFinite(max) ? { count: now, max } : null,
  };
}

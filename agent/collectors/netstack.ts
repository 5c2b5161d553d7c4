// Fact "netstack": what the network stack of the node and of its containers lost or refused in the last minute, and how far shared limits are used.
import { readdirSync, readlinkSync, statSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import { significant } from "../host/round.ts";
import { run } from "../host/run.ts";
import { parseStat as parseConntrack } from "./conntrack.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import {
  type Counters,
  isTroubled,
  parseAllowances,
  parseArpEntries,
  parseNetDev,
  parsePairs,
  parseQueues,
  parseSockstat,
  parseSoftnet,
  perMinute,
  stackRates,
} from "./net-counters.ts";
import { podSpaces } from "./net-spaces.ts";

type Netstack = FactData["netstack"];

/** Rates are taken over at least this long, ms: a burst of a second is no trend. */
const WINDOW_MS = 60_000;
const EVERY_MS = 20_000;

type Reading = { at: number; sets: Map<string, Counters> };
/** Readings of the last window, oldest first. */
let history: Reading[] = [];

/** Limits that repairs may raise. */
const settingKeys = [
  "net.core.somaxconn",
  "net.core.netdev_max_backlog",
  "net.core.netdev_budget",
  "net.core.rmem_max",
  "net.core.rmem_default",
  "net.core.wmem_max",
  "net.core.wmem_default",
  "net.ipv4.tcp_max_syn_backlog",
  "net.ipv4.tcp_max_orphans",
  "net.ipv4.tcp_mem",
  "net.ipv4.neigh.default.gc_thresh1",
  "net.ipv4.neigh.default.gc_thresh2",
  "net.ipv4.neigh.default.gc_thresh3",
] as const;

/** Those that are there and can be written from this namespace (the mode tells: access(2) would not tell root). */
function writableSettings(): Record<string, string> {
  return Object.fromEntries(
    settingKeys.flatMap((key): [string, string][] => {
      const path = `/proc/sys/${key.replaceAll(".", "/")}`;
      const value = readText(path);
      if (value === null) return [];
      const isWritable = (statSync(path).mode & 0o200) !== 0;
      return isWritable ? [[key, value.replace(/\s+/g, "\t")]] : [];
    }),
  );
}

const stackOf = (text: string, more: string): Map<string, number> =>
  new Map([...parsePairs(text), ...parsePairs(more)]);

/** Cards whose driver counts what the cloud cut off. */
function cloudCards(): string[] {
  try {
    return readdirSync("/sys/class/net").filter((name) => {
      try {
        return readlinkSync(`/sys/class/net/${name}/device/driver`).endsWith("/ena");
      } catch {
        return false; // a virtual device has no driver
      }
    });
  } catch {
    return [];
  }
}

async function allowanceCounters(): Promise<Map<string, number>> {
  const all = new Map<string, number>();
  for (const device of cloudCards().slice(0, 16)) {
    const { code, stdout } = await run(["ethtool", "-S", device], { timeoutMs: 2_000 });
    if (code === 0) for (const [name, value] of parseAllowances(stdout)) all.set(`${device} ${name}`, value);
  }
  return all;
}

async function read(ctx: CollectorContext): Promise<{ reading: Reading; pods: Map<string, string | null> }> {
  const sets = new Map<string, Counters>();
  sets.set("host", stackOf(readText("/proc/net/netstat") ?? "", readText("/proc/net/snmp") ?? ""));
  sets.set("softnet", parseSoftnet(readText("/proc/net/softnet_stat") ?? ""));
  sets.set("devices", parseNetDev(readText("/proc/net/dev") ?? ""));
  sets.set("conntrack", new Map(Object.entries(parseConntrack(readText("/proc/net/stat/nf_conntrack") ?? ""))));
  sets.set("allowances", await allowanceCounters());
  const pods = new Map<string, string | null>();
  for (const { containerId, podId, pid } of podSpaces(ctx).slice(0, 500)) {
    const netstat = readText(`/proc/${pid}/net/netstat`);
    if (netstat === null) continue; // ended meanwhile
    sets.set(`container ${containerId}`, stackOf(netstat, readText(`/proc/${pid}/net/snmp`) ?? ""));
    pods.set(containerId, podId);
  }
  return { reading: { at: Date.now(), sets }, pods };
}

const MISSING: Counters = new Map();

/** Interfaces that lost something between two readings. */
function losses(before: Counters, now: Counters, windowMs: number): Netstack["interfaces"] {
  const names = [...now.keys()].filter((key) => key.endsWith(".packets")).map((key) => key.slice(0, -8));
  return names
    .map((name) => {
      const packets = perMinute(before, now, `${name}.packets`, windowMs);
      const errors = perMinute(before, now, `${name}.errors`, windowMs);
      const drops = perMinute(before, now, `${name}.drops`, windowMs);
      const share = (value: number) =>
        packets + value === 0 ? 0 : Math.round((1_000 * value) / (packets + value)) / 1_000;
      return {
        name,
        packets: significant(packets, 1),
        errors,
        drops,
        errorRatio: share(errors),
        dropRatio: share(drops),
      };
    })
    .filter(({ errors, drops }) => errors + drops > 0)
    .sort((a, b) => b.errors + b.drops - a.errors - a.drops)
    .slice(0, 32);
}

const marks = (text: string | null): number[] => (text ?? "").trim().split(/\s+/).map(Number);

function sharedLimits(): Pick<Netstack, "tcpMemory" | "tcpOrphans" | "neighbours"> {
  const sockets = parseSockstat(readText("/proc/net/sockstat") ?? "");
  const [, pressurePages = 0, maxPages = 0] = marks(readText("/proc/sys/net/ipv4/tcp_mem"));
  const pages = sockets.get("TCP:mem");
  const orphans = sockets.get("TCP:orphan");
  const orphansMax = readNumber("/proc/sys/net/ipv4/tcp_max_orphans");
  const neighboursMax = readNumber("/proc/sys/net/ipv4/neigh/default/gc_thresh3");
  const entries = parseArpEntries(readText("/proc/net/stat/arp_cache") ?? "");
  return {
    tcpMemory: pages !== undefined && maxPages > 0 ? { pages: significant(pages), pressurePages, maxPages } : null,
    tcpOrphans: orphans !== undefined && orphansMax ? { count: significant(orphans), max: orphansMax } : null,
    neighbours: neighboursMax !== null && entries !== null ? { count: significant(entries), max: neighboursMax } : null,
  };
}

export const netstack = defineCollector({
  kind: "netstack",
  everyMs: EVERY_MS,
  timeoutMs: 15_000,
  read: async (ctx) => {
    const { reading, pods } = await read(ctx);
    history = [...history, reading];
    // The youngest reading that is old enough; before there is one, the oldest.
    while (history.length > 2 && reading.at - (history[1]?.at ?? 0) >= WINDOW_MS) history = history.slice(1);
    const before = history[0];
    const isFirst = before === undefined || before === reading;
    const windowMs = isFirst ? 0 : reading.at - before.at;
    const pair = (name: string): [Counters, Counters] => [
      before?.sets.get(name) ?? MISSING,
      reading.sets.get(name) ?? MISSING,
    ];
    const host = isFirst ? null : stackRates(...pair("host"), windowMs);
    const containers = isFirst
      ? []
      : [...pods]
          .map(([containerId, podId]) => ({
            containerId,
            podId,
            rates: stackRates(...pair(`container ${containerId}`), windowMs),
          }))
          .filter(({ rates }) => isTroubled(rates))
          .slice(0, 50);
    const rate = (set: string, key: string) => perMinute(...pair(set), key, windowMs);
    const overflows = (host?.listenOverflows ?? 0) + (host?.listenDrops ?? 0) > 0;
    const queues = overflows
      ? ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => parseQueues(readText(file) ?? "")).slice(0, 20)
      : [];
    return {
      // Rounded: the exact length of a window is no news.
      windowMs: isFirst ? null : Math.max(EVERY_MS, Math.round(windowMs / EVERY_MS) * EVERY_MS),
      host,
      containers,
      softnet: isFirst
        ? null
        : {
            packets: significant(rate("softnet", "packets"), 1),
            dropped: rate("softnet", "dropped"),
            squeezed: rate("softnet", "squeezed"),
          },
      ...sharedLimits(),
      conntrack: isFirst
        ? null
        : { insertFailed: rate("conntrack", "insertFailed"), dropped: rate("conntrack", "drops") },
      interfaces: isFirst ? [] : losses(...pair("devices"), windowMs),
      allowances: isFirst
        ? []
        : [...(reading.sets.get("allowances")?.keys() ?? [])].flatMap((key) => {
            const [device = "", counter = ""] = key.split(" ");
            const grown = rate("allowances", key);
            return grown > 0 ? [{ device, counter, perMinute: grown }] : [];
          }),
      queues: queues.map((queue) => ({ ...queue, waiting: significant(queue.waiting), backlog: null })),
      settings: writableSettings(),
    };
  },
});

// Readers of the kernel's network counters (/proc/net/…), and how two looks become rates. Pure: used by the collector "netstack".
import type { FactData } from "../../protocol/facts.ts";
import { significant } from "../host/round.ts";

export type Counters = ReadonlyMap<string, number>;
export type StackRates = NonNullable<FactData["netstack"]["host"]>;

/** Pairs of lines "Name: key key …" and "Name: value value …", as /proc/net/snmp and /proc/net/netstat have them: "Name.key" → value. */
export function parsePairs(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const lines = text.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 1) {
    const names = (lines[i] ?? "").trim().split(/\s+/);
    const numbers = (lines[i + 1] ?? "").trim().split(/\s+/);
    const group = names[0];
    if (!group?.endsWith(":") || group !== numbers[0] || names.length !== numbers.length) continue;
    for (let at = 1; at < names.length; at += 1) values.set(`${group}${names[at]}`, Number(numbers[at]));
    i += 1;
  }
  return values;
}

/** /proc/net/sockstat: "TCP: inuse 1 orphan 0 …" → "TCP:orphan" → 0. */
export function parseSockstat(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [group, ...rest] = line.trim().split(/\s+/);
    if (!group?.endsWith(":")) continue;
    for (let at = 0; at + 1 < rest.length; at += 2) values.set(`${group}${rest[at]}`, Number(rest[at + 1]));
  }
  return values;
}

/** /proc/net/softnet_stat (hexadecimal, a line per CPU), summed: packets, dropped, squeezed. */
export function parseSoftnet(text: string): Map<string, number> {
  const sums = new Map([
    ["packets", 0],
    ["dropped", 0],
    ["squeezed", 0],
  ]);
  for (const line of text.trim().split("\n")) {
    const fields = line
      .trim()
      .split(/\s+/)
      .map((hex) => Number.parseInt(hex, 16));
    ["packets", "dropped", "squeezed"].forEach((name, at) => {
      const value = fields[at];
      if (value !== undefined && Number.isFinite(value)) sums.set(name, (sums.get(name) ?? 0) + value);
    });
  }
  return sums;
}

/** /proc/net/dev: per device packets, errors and drops, both ways together ("eth0.packets"). */
export function parseNetDev(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at < 0) continue;
    const name = line.slice(0, at).trim();
    const f = line
      .slice(at + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    if (f.length < 12 || f.some(Number.isNaN)) continue;
    // bytes packets errs drop fifo frame compressed multicast | bytes packets errs drop …
    values.set(`${name}.packets`, (f[1] ?? 0) + (f[9] ?? 0));
    values.set(`${name}.errors`, (f[2] ?? 0) + (f[10] ?? 0));
    values.set(`${name}.drops`, (f[3] ?? 0) + (f[11] ?? 0));
  }
  return values;
}

/** Counters of a cloud's own limits in the output of `ethtool -S` (ENA: bw_in_allowance_exceeded, linklocal_allowance_exceeded …). */
export function parseAllowances(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^\s*([a-z0-9_]+_allowance_exceeded):\s*(\d+)\s*$/.exec(line);
    if (match?.[1]) values.set(match[1], Number(match[2]));
  }
  return values;
}

/** Entries of /proc/net/stat/arp_cache: each line's first column is the whole table's size (hexadecimal). */
export function parseArpEntries(text: string): number | null {
  const line = text.trim().split("\n")[1];
  const entries = Number.parseInt(line?.trim().split(/\s+/)[0] ?? "", 16);
  return Number.isFinite(entries) ? entries : null;
}

/** Listening sockets of /proc/net/tcp and tcp6 whose accept queue is not empty (state 0A; rx_queue is the queue's length). */
export function parseQueues(text: string): { port: number; waiting: number }[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== "0A") return [];
    const port = Number.parseInt(fields[1]?.split(":").at(-1) ?? "", 16);
    const waiting = Number.parseInt(fields[4]?.split(":")[1] ?? "", 16);
    return Number.isFinite(port) && waiting > 0 ? [{ port, waiting }] : [];
  });
}

/** Rates are of the last minute: growth in a shorter window (a start, a one-time look) is not blown up to one. */
const MINUTE_MS = 60_000;

/** Growth of a counter a minute; 0 when it went back (a driver or namespace that was made anew) or was not there before. */
export function perMinute(before: Counters, now: Counters, key: string, windowMs: number): number {
  const from = before.get(key);
  const to = now.get(key);
  if (from === undefined || to === undefined || to <= from || windowMs <= 0) return 0;
  return significant(((to - from) * MINUTE_MS) / Math.max(windowMs, MINUTE_MS));
}

/** Traffic changes all the time: one digit is enough to judge it by, and a steady node sends nothing. */
const roughly = (value: number): number => significant(value, 1);

/** Below this many segments a minute a ratio says nothing. */
const SEGMENTS_MIN = 1_000;

/** Rates of one namespace between two readings of netstat and snmp. */
export function stackRates(before: Counters, now: Counters, windowMs: number): StackRates {
  const rate = (key: string) => perMinute(before, now, key, windowMs);
  const segmentsSent = rate("Tcp:OutSegs");
  const resent = rate("Tcp:RetransSegs");
  return {
    listenOverflows: rate("TcpExt:ListenOverflows"),
    listenDrops: rate("TcpExt:ListenDrops"),
    udpReceiveBufferErrors: rate("Udp:RcvbufErrors"),
    udpSendBufferErrors: rate("Udp:SndbufErrors"),
    segmentsSent: roughly(segmentsSent),
    retransmitRatio: segmentsSent >= SEGMENTS_MIN ? Math.min(1, round3(resent / segmentsSent)) : null,
    abortsOnMemory: rate("TcpExt:TCPAbortOnMemory"),
    resetsReceived: roughly(rate("Tcp:EstabResets")),
    resetsSent: roughly(rate("Tcp:OutRsts")),
  };
}

/** To a tenth of a percent. */
const round3 = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Something in it is wrong (traffic alone is not). */
export const isTroubled = (rates: StackRates): boolean =>
  rates.listenOverflows + rates.listenDrops + rates.udpReceiveBufferErrors + rates.udpSendBufferErrors > 0 ||
  rates.abortsOnMemory > 0 ||
  (rates.retransmitRatio ?? 0) >= 0.01;

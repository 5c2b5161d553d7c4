// Fact "conntrack": how full the connection tracking table is and, when it matters, with what.
import { createReadStream, existsSync, statSync } from "node:fs";
import { readNumber, readText } from "../host/file.ts";
import { ratio, significant } from "../host/round.ts";
import { defineCollector } from "./define.ts";

const folder = "/proc/sys/net/netfilter";
const TABLE = "/proc/net/nf_conntrack";

/** Columns of /proc/net/stat/nf_conntrack (hexadecimal, one line per CPU), summed. */
export function parseStat(text: string): { drops: number; insertFailed: number } {
  const [header = "", ...lines] = text.trim().split("\n");
  const names = header.trim().split(/\s+/);
  const sum = (name: string): number => {
    const at = names.indexOf(name);
    return at < 0
      ? 0
      : lines.reduce((total, line) => total + Number.parseInt(line.trim().split(/\s+/)[at] ?? "0", 16), 0);
  };
  return { drops: sum("drop") + sum("early_drop"), insertFailed: sum("insert_failed") };
}

/** Group of one entry of the table: protocol, state where the protocol has one, "unreplied" where no answer was seen. Null for other lines. */
export function groupOf(line: string): string | null {
  const fields = line.trim().split(/\s+/);
  const protocol = fields[2];
  if (!protocol || !/^\d+$/.test(fields[3] ?? "")) return null;
  const state = /^[A-Z_]+$/.test(fields[5] ?? "") ? ` ${fields[5]?.toLowerCase()}` : "";
  return `${protocol}${state}${line.includes("[UNREPLIED]") ? " unreplied" : ""}`;
}

/** Reading so many lines takes about half a second of CPU; beyond it the groups stay empty. */
const ENTRIES_MAX = 400_000;

async function readGroups(): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  let rest = "";
  let entries = 0;
  for await (const chunk of createReadStream(TABLE, { encoding: "latin1", highWaterMark: 1 << 16 })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const group = groupOf(line);
      if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    entries += lines.length;
    if (entries > ENTRIES_MAX) return {};
  }
  const largest = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
  return Object.fromEntries(largest.map(([group, count]) => [group, significant(count)]));
}

let groups: { at: number; data: Record<string, number> } = { at: 0, data: {} };
/** The table is read only when it is this full, and at most so often, ms. */
const INTERESTING = 0.7;
const GROUPS_EVERY_MS = 30_000;

export const conntrack = defineCollector({
  kind: "conntrack",
  everyMs: 10_000,
  timeoutMs: 20_000,
  read: async () => {
    const count = readNumber(`${folder}/nf_conntrack_count`);
    const max = readNumber(`${folder}/nf_conntrack_max`);
    if (count === null || max === null) throw new Error("connection tracking is not in use (no nf_conntrack_count)");
    const used = max > 0 ? count / max : 0;
    if (used < INTERESTING) groups = { at: 0, data: {} };
    else if (Date.now() - groups.at > GROUPS_EVERY_MS && existsSync(TABLE))
      groups = { at: Date.now(), data: await readGroups() };
    const stat = parseStat(readText("/proc/net/stat/nf_conntrack") ?? "");
    return {
      count: significant(count),
      max,
      usedRatio: ratio(used),
      // In a network namespace of its own the file is there but has no write bit: root's access(2) would not tell.
      maxWritable: (statSync(`${folder}/nf_conntrack_max`).mode & 0o200) !== 0,
      groups: groups.data,
      drops: significant(stat.drops),
      insertFailed: significant(stat.insertFailed),
      udpTimeoutS: readNumber(`${folder}/nf_conntrack_udp_timeout`),
      tcpEstablishedTimeoutS: readNumber(`${folder}/nf_conntrack_tcp_timeout_established`),
    };
  },
});

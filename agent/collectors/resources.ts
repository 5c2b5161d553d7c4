// Fact "resources": load, CPU, memory, tasks. Rounded to hundredths so that a quiet node says nothing.
import { readFileSync } from "node:fs";
import { ratio, significant } from "../host/round.ts";
import { defineCollector } from "./define.ts";

export type CpuTimes = { busy: number; total: number };

/** The sum line of /proc/stat: idle and iowait are not use; steal and guest are. */
export function parseCpu(text: string): CpuTimes {
  const fields = (/^cpu\s+(.*)$/m.exec(text)?.[1] ?? "").trim().split(/\s+/).map(Number).slice(0, 8);
  const total = fields.reduce((sum, n) => sum + n, 0);
  return { total, busy: total - (fields[3] ?? 0) - (fields[4] ?? 0) };
}

/** /proc/meminfo in bytes. */
export function parseMeminfo(text: string): { total: number; available: number; swapTotal: number; swapFree: number } {
  const kb = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  return {
    total: kb("MemTotal"),
    available: kb("MemAvailable") || kb("MemFree"),
    swapTotal: kb("SwapTotal"),
    swapFree: kb("SwapFree"),
  };
}

/** /proc/loadavg: three averages. */
export function parseLoad(text: string): [number, number, number] {
  const [a, b, c] = text.split(" ").map(Number);
  return [a ?? 0, b ?? 0, c ?? 0];
}

/** To tenths: load moves in the second digit even on an idle machine. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

let before: CpuTimes | null = null;

export const resources = defineCollector({
  kind: "resources",
  everyMs: 15_000,
  timeoutMs: 5_000,
  read: ({ table }) => {
    const [load1, load5, load15] = parseLoad(readFileSync("/proc/loadavg", "utf8"));
    const now = parseCpu(readFileSync("/proc/stat", "utf8"));
    const memory = parseMeminfo(readFileSync("/proc/meminfo", "utf8"));
    const spent = before && now.total > before.total ? (now.busy - before.busy) / (now.total - before.total) : 0;
    before = now;
    const { all } = table.read();
    return {
      load1: tenth(load1),
      load5: tenth(load5),
      load15: tenth(load15),
      cpuUsedRatio: ratio(Math.min(1, Math.max(0, spent))),
      memoryTotalBytes: memory.total,
      memoryAvailableBytes: significant(memory.available),
      memoryUsedRatio: memory.total > 0 ? ratio(1 - memory.available / memory.total) : 0,
      swapUsedRatio: memory.swapTotal > 0 ? ratio(1 - memory.swapFree / memory.swapTotal) : 0,
      processCount: significant(all.length),
      threadCount: significant(all.reduce((sum, p) => sum + p.threads, 0)),
    };
  },
});

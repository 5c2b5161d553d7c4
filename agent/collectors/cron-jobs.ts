// Fact "cronJobs": jobs of cron that run often. Of a command only its program is told: arguments may be secret.
import { readdirSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readPlain } from "../host/file.ts";
import { defineCollector } from "./define.ts";

type Job = FactData["cronJobs"][number];

/** Values that a field of crontab(5) allows between `from` and `to`: lists, ranges, steps. Names of months and days count as any. */
export function fieldValues(field: string, from: number, to: number): number[] {
  const found = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part);
    if (!match) return range(from, to, 1);
    const [, start = "*", end, step] = match;
    const low = start === "*" ? from : Number(start);
    const high = end !== undefined ? Number(end) : start === "*" || step !== undefined ? to : low;
    for (const value of range(low, Math.min(high, to), Math.max(1, Number(step ?? 1)))) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function range(from: number, to: number, step: number): number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

/** Shortest time between two runs within a day, minutes; a day when it runs once. */
export function shortestGap(minute: string, hour: string): number {
  const hours = fieldValues(hour, 0, 23);
  const minutes = fieldValues(minute, 0, 59);
  const runs = hours.flatMap((h) => minutes.map((m) => h * 60 + m));
  let gap = 1_440;
  for (let i = 1; i < runs.length; i += 1) gap = Math.min(gap, (runs[i] ?? 0) - (runs[i - 1] ?? 0));
  const first = runs[0];
  const last = runs.at(-1);
  return runs.length > 1 && first !== undefined && last !== undefined ? Math.min(gap, first + 1_440 - last) : gap;
}

/** Jobs of one table; `withUser`: its sixth column is the user (system tables). */
export function parseCrontab(file: string, text: string, withUser: boolean, owner: string | null = null): Job[] {
  return text.split("\n").flatMap((raw, index): Job[] => {
    const fields = raw.trim().split(/\s+/);
    const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
    // Comments, variables and @reboot, @daily …, none of which runs often.
    if (raw.trim() === "" || /^[#@]/.test(minute) || !/^[\d*]/.test(minute) || fields.length < 6) return [];
    const user = withUser ? (fields[5] ?? null) : owner;
    const program = (fields[withUser ? 6 : 5] ?? "").slice(0, 100);
    const schedule = [minute, hour, day, month, weekday].join(" ");
    return [{ file, line: index + 1, user, schedule, program, everyMinutes: shortestGap(minute, hour) }];
  });
}

const OFTEN_MINUTES = 30;
const LIST_MAX = 50;
const FILE_BYTES_MAX = 262_144;

const readable = (path: string): string => {
  try {
    return readPlain(path, { maxBytes: FILE_BYTES_MAX }).toString("utf8");
  } catch {
    return ""; // no such table
  }
};
const files = (folder: string): string[] => {
  try {
    // As cron does: no dots, which leaves out what packages and editors leave behind.
    return readdirSync(folder).filter((name) => /^[A-Za-z0-9_-]+$/.test(name));
  } catch {
    return []; // no such folder
  }
};

export const cronJobs = defineCollector({
  kind: "cronJobs",
  everyMs: 300_000,
  timeoutMs: 10_000,
  read: () => {
    const system = ["/etc/crontab", ...files("/etc/cron.d").map((name) => `/etc/cron.d/${name}`)];
    const own = ["/var/spool/cron/crontabs", "/var/spool/cron"].flatMap((folder) =>
      files(folder).map((name) => ({ path: `${folder}/${name}`, user: name })),
    );
    return [
      ...system.flatMap((path) => parseCrontab(path, readable(path), true)),
      ...own.flatMap(({ path, user }) => parseCrontab(path, readable(path), false, user)),
    ]
      .filter((job) => job.everyMinutes <= OFTEN_MINUTES)
      .sort((a, b) => a.everyMinutes - b.everyMinutes || (a.file < b.file ? -1 : 1) || a.line - b.line)
      .slice(0, LIST_MAX);
  },
});

// Fact "timeSync": which service keeps the clock, whether it is in step, and how far the node is from its gateway.
import { existsSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { run } from "../host/run.ts";
import { defineCollector } from "./define.ts";

/** Output of `chronyc -c tracking`: comma-separated; field 5 (from 1) is the offset in seconds, the last is the leap status. */
export function parseChrony(text: string): { synchronized: boolean; offsetMs: number } | null {
  const fields = text.trim().split(",");
  if (fields.length < 14) return null;
  return {
    synchronized: fields.at(-1) !== "Not synchronised" && fields.at(-1) !== "3",
    offsetMs: tidy(Number(fields[4]) * 1_000),
  };
}

/** Milliseconds in steps that matter: 1 up to 10, then 10, then 100. */
function tidy(ms: number): number {
  const size = Math.abs(ms);
  const unit = size < 10 ? 1 : size < 100 ? 10 : 100;
  return Math.round(ms / unit) * unit;
}

const services = [
  ["chronyd", "chrony"],
  ["systemd-timesyn", "systemd-timesyncd"],
  ["ntpd", "ntpd"],
  ["ntpd-rs-daemon", "ntpd-rs"],
] as const;

async function service(
  table: ProcessTable,
): Promise<Pick<FactData["timeSync"], "source" | "synchronized" | "offsetMs">> {
  const comms = new Set(table.all.filter((p) => table.isLocal(p.pid)).map((p) => p.name));
  const source = services.find(([comm]) => comms.has(comm))?.[1] ?? null;
  if (source === "chrony") {
    const answer = await run(["chronyc", "-c", "-n", "tracking"], { timeoutMs: 3_000 });
    const parsed = answer.code === 0 ? parseChrony(answer.stdout) : null;
    return { source, synchronized: parsed?.synchronized ?? null, offsetMs: parsed?.offsetMs ?? null };
  }
  // timesyncd touches this file each time it has set the clock (systemd-timesyncd.service(8)).
  const synchronized = source === "systemd-timesyncd" ? existsSync("/run/systemd/timesync/synchronized") : null;
  return { source, synchronized, offsetMs: null };
}

export const timeSync = defineCollector({
  kind: "timeSync",
  everyMs: 60_000,
  timeoutMs: 5_000,
  read: async ({ table, clockOffsetMs }) => {
    const offset = clockOffsetMs();
    const gatewayOffsetMs = offset === null ? null : Math.round(offset / 100) * 100;
    return { ...(await service(table.read(5_000))), gatewayOffsetMs: gatewayOffsetMs === 0 ? 0 : gatewayOffsetMs };
  },
});

// Operation helpers in and beside containers, as the agent's configuration names them: ops agents, records of start hooks, labels that ask for something.
import { readdirSync, statSync } from "node:fs";
import { z } from "zod";
import type { ContainerFact, FactData } from "../../protocol/facts.ts";
import type { AgentConfig } from "../config.ts";
import { readPlain } from "../host/file.ts";
import type { ProcessStat } from "../host/proc.ts";
import type { ProcessTable } from "../host/process-table.ts";

type Workload = FactData["workload"];

/** Does a container carry `key` or `key=value`? */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const [key = "", ...rest] = wanted.split("=");
  const value = labels[key];
  return value !== undefined && (rest.length === 0 || value === rest.join("="));
}

/** Processes at and below a first one, at most 1,000. */
export function tree(first: ProcessStat, table: Pick<ProcessTable, "children">): ProcessStat[] {
  const found = [first];
  for (let i = 0; i < found.length && found.length < 1_000; i++)
    found.push(...(table.children.get(found[i]?.pid ?? -1) ?? []));
  return found;
}

/** First word of a version file in a container; null when it is not there or says something else. */
function versionIn(pid: number, file: string): string | null {
  try {
    const text = readPlain(`/proc/${pid}/root${file}`, { maxBytes: 256 }).toString("utf8");
    return /^\s*v?([0-9][0-9A-Za-z._+-]{0,39})/.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** The wanted agents of one container and whether they run. */
export function opsAgentsOf(
  wanted: AgentConfig["workload"]["opsAgents"],
  container: Pick<ContainerFact, "id" | "labels">,
  first: ProcessStat,
  table: Pick<ProcessTable, "children">,
  version: (pid: number, file: string) => string | null = versionIn,
): Workload["opsAgents"] {
  return wanted
    .filter((item) => item.label === undefined || hasLabel(container.labels, item.label))
    .map((item) => {
      const comm = item.process.slice(0, 15);
      const isRunning = tree(first, table).some((p) => p.name === comm && p.state !== "Z");
      return {
        containerId: container.id,
        name: item.name,
        isRunning,
        version: isRunning && item.versionFile ? version(first.pid, item.versionFile) : null,
        wantedVersion: item.version ?? null,
      };
    });
}

const HookRecord = z.object({
  containerId: z.string().max(128),
  hook: z.string().max(128),
  exitCode: z.number().int().nullable().default(null),
  startedAt: z.number(),
  endedAt: z.number().nullable().default(null),
  message: z.string().nullable().default(null),
});

/** A hook's record; null when it is not one. */
export function parseHookRecord(text: string): Workload["startHooks"][number] | null {
  try {
    const record = HookRecord.parse(JSON.parse(text));
    return { ...record, message: record.message?.slice(0, 500) ?? null };
  } catch {
    return null;
  }
}

const HOOKS_MAX = 200;
const HOUR = 3_600_000;

/** Records of the last hour in the folder, newest last; whoever may write there must be root. */
export function readHookRecords(folder: string | undefined, now: number): Workload["startHooks"] {
  if (folder === undefined) return [];
  try {
    return readdirSync(folder)
      .filter((name) => /^[A-Za-z0-9_.-]{1,200}\.json$/.test(name))
      .flatMap((name) => {
        const { mtimeMs } = statSync(`${folder}/${name}`);
        return now - mtimeMs <= HOUR ? [{ name, mtimeMs }] : [];
      })
      .sort((a, b) => a.mtimeMs - b.mtimeMs)
      .slice(-HOOKS_MAX)
      .flatMap(({ name }) => {
        const text = readPlain(`${folder}/${name}`, { maxBytes: 8_192, uid: 0 }).toString("utf8");
        return parseHookRecord(text) ?? [];
      });
  } catch {
    return []; // no hook has run yet, or one was just replaced
  }
}

// Stops what a killed supervisor left running: exactly the recorded processes, each proven by pid, start time and boot.
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { DataPaths } from "../paths.ts";
import { findPostmaster, stopPostmaster } from "../postgres/cluster.ts";
import { stopProcess } from "../proc.ts";
import { orphans, readState } from "../state.ts";

/** @returns names of what was stopped, consumers first, the database last */
export async function stopOrphans(paths: DataPaths, note: (text: string) => void): Promise<string[]> {
  const state = readState(paths);
  const stopped: string[] = [];
  for (const { name, id } of state ? orphans(state) : []) {
    if (name === "postgres") continue; // by its own proof, below
    note(`stopping ${name} left over from an earlier start (pid ${id.pid})`);
    await stopProcess(id, ["SIGTERM", "SIGKILL"], 10_000);
    stopped.push(name);
  }
  for (const dir of clusters(paths)) {
    const postmaster = findPostmaster(dir);
    if (!postmaster) continue;
    note(`stopping PostgreSQL left over from an earlier start (pid ${postmaster.pid})`);
    await stopPostmaster(postmaster);
    stopped.push("postgres");
  }
  return stopped;
}

function clusters(paths: DataPaths): string[] {
  if (!existsSync(paths.postgres)) return [];
  const home = realpathSync(paths.postgres);
  return readdirSync(home)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => join(home, name));
}

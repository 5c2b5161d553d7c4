// What `bench ingest` measures of the gateway: its processes, its nodes, and one run at a time.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBenchDatabase } from "../bench-database.ts";
import { cpuMs } from "../processes.ts";
import { Child } from "./child.ts";
import { makeIdentities } from "./identities.ts";
import type { FromLoad, FromServer, RunOrder, ToLoad, ToServer } from "./messages.ts";

/** One run. CPU in ms of the server, and of the load beside it; `applied` by the gateway's own count, 0 where it keeps none. */
export type Taken = {
  acked: number;
  ms: number;
  latencyMs: number[];
  lost: number;
  applied: number;
  serverMs: number;
  loadMs: number;
};

export type Ours = { run: (order: RunOrder) => Promise<Taken>; stop: () => Promise<void> };

/** Starts database, gateway and load, and connects `sessions` nodes over each transport. The caller must `stop()` it. */
export async function startOurs(sessions: number, signal: AbortSignal, profileDir?: string): Promise<Ours> {
  const dataDir = await mkdtemp(join(tmpdir(), "nodeops-bench-ingest-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const bench = await openBenchDatabase();
    ends.push(() => bench.stop());
    const known = await makeIdentities(bench.database.pool, dataDir, sessions);
    const profile = profileDir ? ["--cpu-prof", `--cpu-prof-dir=${profileDir}`] : [];
    const server = new Child<ToServer, FromServer>(join(import.meta.dirname, "server.ts"), signal, profile);
    ends.push(() => server.end());
    const settings = { databaseUrl: bench.database.url, dataDir };
    const { ports } = await server.ask({ type: "start", settings }, "listening");
    const load = new Child<ToLoad, FromLoad>(join(import.meta.dirname, "load.ts"), signal);
    ends.push(() => load.end());
    await load.ask({ type: "connect", settings: { ...known, ports } }, "connected");
    const applied = async () => (await server.ask({ type: "applied?" }, "applied")).count;
    const run = async (order: RunOrder): Promise<Taken> => {
      const before = { applied: await applied(), server: cpuMs([server.pid]), load: cpuMs([load.pid]) };
      const { result } = await load.ask({ type: "run", order }, "ran");
      return {
        ...result,
        applied: (await applied()) - before.applied,
        serverMs: cpuMs([server.pid]) - before.server,
        loadMs: cpuMs([load.pid]) - before.load,
      };
    };
    return { run, stop };
  } catch (err) {
    await stop();
    throw err;
  }
}

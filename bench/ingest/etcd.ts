// The peer of `bench ingest`: etcd on loopback in a folder of its own, asked over gRPC as a kubelet asks it. Its load runs in a process of its own, as ours does.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ephemeralPort } from "../../cli/ports.ts";
import { waitForUrl } from "../../cli/up/processes.ts";
import { cpuMs } from "../processes.ts";
import { Child } from "./child.ts";
import type { EtcdOrder, FromEtcdLoad, ToEtcdLoad } from "./etcd-load.ts";
import type { Taken } from "./ours.ts";

export type EtcdProgram = { program: string; version: string };
export type Etcd = {
  put: (ms: number) => Promise<Taken>;
  keepAlive: (ms: number) => Promise<Taken>;
  stop: () => Promise<void>;
};

const READY_MAX_MS = 20_000;

/** Null when there is none. */
export async function findEtcd(program = "etcd"): Promise<EtcdProgram | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 5_000 });
    return { program, version: stdout.split("\n")[0]?.trim() ?? "etcd" };
  } catch {
    return null; // not installed here
  }
}

/** Starts it with its defaults on free ports of loopback. The caller must `stop()` it. */
export async function startEtcd({ program }: EtcdProgram): Promise<Etcd> {
  const folder = await mkdtemp(join(tmpdir(), "nodeops-bench-etcd-"));
  const [client, peer] = [await ephemeralPort(), await ephemeralPort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child = spawn(
    program,
    [
      ...["--data-dir", folder, "--listen-client-urls", url, "--advertise-client-urls", url],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
      ...["--initial-cluster", `default=${peerUrl}`, "--log-level", "error"],
    ],
    { stdio: "ignore" },
  );
  const abort = new AbortController();
  const load = new Child<ToEtcdLoad, FromEtcdLoad>(join(import.meta.dirname, "etcd-load.ts"), abort.signal);
  const stop = async () => {
    await load.end();
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitForUrl(`${url}/health`, () => child.exitCode === null, READY_MAX_MS);
  } catch (err) {
    await stop();
    throw err;
  }
  const run = async (kind: EtcdOrder["kind"], ms: number): Promise<Taken> => {
    const before = { server: cpuMs([child.pid ?? 0]), load: cpuMs([load.pid]) };
    const { result } = await load.ask({ type: "run", order: { kind, url, ms } }, "ran");
    const serverMs = cpuMs([child.pid ?? 0]) - before.server;
    return { ...result, applied: 0, serverMs, loadMs: cpuMs([load.pid]) - before.load };
  };
  return { put: (ms) => run("put", ms), keepAlive: (ms) => run("keep-alive", ms), stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL"); // a throw-away folder: nothing to be saved
  await gone;
}

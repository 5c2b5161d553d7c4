// What tests of commands run with: a real process table, a folder of their own, and a runtime that answers what the test says.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentConfig } from "../config.ts";
import { silentLog } from "../host/log.ts";
import { statOf } from "../host/proc.ts";
import { ProcessTableReader } from "../host/process-table.ts";
import { LogWatch } from "../logs/watch.ts";
import { MemoryFile } from "../memory.ts";
import { ModuleWatch } from "../modules/watch.ts";
import type { Runtime, RuntimeSpec } from "../runtimes/types.ts";
import { RuntimeWatch } from "../runtimes/watch.ts";
import { statePaths } from "../state.ts";
import type { CommandContext } from "./define.ts";

/** A folder and processes that go after the test. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "nodeops-cmd-"));
  readonly children: number[] = [];

  /** Starts a program; `argv0` is what it is called by. */
  start(argv: string[], argv0?: string): { pid: number; startTicks: number } {
    const [file = "", ...args] = argv;
    const pid = spawn(file, args, { stdio: "ignore", argv0 }).pid ?? 0;
    this.children.push(pid);
    return { pid, startTicks: statOf(pid)?.startTicks ?? 0 };
  }

  end(): void {
    for (const pid of this.children.splice(0)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // has ended already
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async context(config: object = {}, runtime: Partial<Runtime> = {}, binDirs: string[] = []): Promise<CommandContext> {
    const parsed = AgentConfig.parse({ autodetect: false, ...config });
    const paths = statePaths(this.folder);
    const memory = new MemoryFile(paths.memory);
    const runtimes = new RuntimeWatch((spec) => fakeRuntime(spec, join(this.folder, "cni"), binDirs, runtime));
    runtimes.use([
      { id: "fake", kind: "cri", endpoint: "unix:///none", module: null, metricsUrl: null, debugSocket: null },
    ]);
    for (const watched of runtimes.all()) await runtimes.probe(watched);
    return {
      config: parsed,
      paths,
      memory,
      runtimes,
      logs: new LogWatch(memory, parsed, { syslogFiles: [] }),
      table: new ProcessTableReader(),
      modules: new ModuleWatch(parsed, runtimes, memory.data),
      agentVersion: "0",
      bootId: "b",
      keeps: true,
      clockOffsetMs: () => null,
      agent: () => ({ spooled: 0, dropped: 0, reconnects: 0, failing: {}, trust: null }),
      latest: () => null,
      log: silentLog,
      progress: () => undefined,
      collect: async () => undefined,
    };
  }
}

/** A runtime that answers from what the test says. */
function fakeRuntime(spec: RuntimeSpec, confDir: string, binDirs: string[], over: Partial<Runtime>): Runtime {
  return {
    spec,
    version: async () => ({ name: "fake", version: "1", apiVersion: null }),
    details: async () => ({
      handlers: [],
      rootDir: null,
      conditions: [{ type: "NetworkReady", status: true, reason: "", message: "" }],
      cni: { confDir, binDirs },
    }),
    containers: async () => [],
    pods: async () => [],
    images: async () => [],
    tasks: async () => new Set(),
    writableBytes: async () => new Map(),
    stopContainer: async () => undefined,
    prepareRevival: async (id) => async () => id,
    removeContainer: async () => undefined,
    removePod: async () => undefined,
    podNamespaces: async () => new Set(),
    logPath: async () => null,
    removeImage: async () => undefined,
    pullImage: async () => undefined,
    close: () => undefined,
    ...over,
  };
}

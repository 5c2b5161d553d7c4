// Runtimes and shims of a debug report: asked one small question with an early end, and looked at from outside – a hung one cannot hold the report up.
import { existsSync, readdirSync } from "node:fs";
import { createConnection } from "node:net";
import type { DebugReport } from "../../protocol/debug.ts";
import type { CollectorContext } from "../collectors/define.ts";
import { isShim, parseShim } from "../collectors/processes.ts";
import { codeOf, messageOf } from "../host/errors.ts";
import { argvOf, fileOf, type ProcessStat, threadsOf } from "../host/proc.ts";
import { run } from "../host/run.ts";
import { within } from "../host/wait.ts";
import type { Watched } from "../runtimes/watch.ts";
import { inTurns } from "./part.ts";

type Value<K extends keyof DebugReport> = NonNullable<Extract<DebugReport[K], { value: unknown }>["value"]>;

/** A runtime that is well answers within milliseconds. */
const RUNTIME_MS = 1_500;
const SHIM_MS = 700;

const waits = (pid: number): string | null => {
  const text = fileOf(pid, "wchan")?.trim() ?? "";
  return text === "" || text === "0" ? null : text;
};

export const readRuntimes = (ctx: CollectorContext): Promise<Value<"runtimes">> =>
  Promise.all(
    ctx.runtimes
      .all()
      .slice(0, 20)
      .map((watched) => askRuntime(ctx, watched)),
  );

async function askRuntime(ctx: CollectorContext, watched: Watched): Promise<Value<"runtimes">[number]> {
  const { runtime } = watched;
  const table = ctx.table.read(1_000);
  const module = ctx.modules.look(table, ctx.agentVersion).find(({ name }) => name === runtime.spec.module);
  const stat = module?.process ? table.byPid.get(module.process.pid) : undefined;
  const began = performance.now();
  const error = await within("version", RUNTIME_MS, runtime.version()).then(
    () => null,
    (err: unknown) => [codeOf(err), messageOf(err)].filter(Boolean).join(": ").slice(0, 500),
  );
  return {
    id: runtime.spec.id,
    version: watched.version ? `${watched.version.name} ${watched.version.version}` : null,
    isAnswering: error === null,
    ms: Math.round(performance.now() - began),
    error,
    process: stat
      ? { pid: stat.pid, state: stat.state, waitChannel: waits(stat.pid), openFiles: countIn(`/proc/${stat.pid}/fd`) }
      : null,
  };
}

function countIn(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0; // gone
  }
}

/** Every shim of the node with its state; sockets are asked of those named only, by their own arguments or /proc/net/unix. */
export async function readShims(ctx: CollectorContext, only: readonly ProcessStat[] | null): Promise<Value<"shims">> {
  const list = only ?? ctx.table.read(1_000).all.filter((p) => isShim(p.name) && p.state !== "Z");
  const sockets = await shimSockets();
  return inTurns(list.slice(0, 200), 16, async (p) => {
    const owner = parseShim(await argvOf(p.pid));
    const stuckThreads = threadsOf(p.pid).filter(({ state }) => state === "D").length;
    const path = sockets.get(p.pid);
    const answer = path === undefined ? null : await connects(path);
    return {
      pid: p.pid,
      name: p.name,
      containerId: owner?.containerId ?? null,
      state: p.state,
      waitChannel: waits(p.pid),
      stuckThreads,
      isAnswering: answer === null ? null : answer.ok,
      error: answer?.error ?? null,
    };
  });
}

/** Pid → the socket that a shim listens on (ttrpc), as `ss` names them. */
async function shimSockets(): Promise<Map<number, string>> {
  const { stdout } = await run(["ss", "-xlpH"], { timeoutMs: 2_000, maxBytes: 1_048_576 });
  const found = new Map<number, string>();
  for (const line of stdout.split("\n")) {
    const path = /\s(@?\/?\S*containerd\S*)\s/.exec(line)?.[1];
    const pid = /"containerd-shim[^"]*",pid=(\d+)/.exec(line)?.[1];
    if (path?.startsWith("/") && pid !== undefined && existsSync(path)) found.set(Number(pid), path);
  }
  return found;
}

/**
 * Sends a ttrpc request for a method that no shim has: one that lives says so at once, also when it is busy; a stopped one takes the connection
 * (the kernel does) and says nothing.
 */
function connects(path: string): Promise<{ ok: boolean; error: string | null }> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    let timer: NodeJS.Timeout | undefined;
    const end = (ok: boolean, error: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ok, error });
    };
    timer = setTimeout(() => end(false, `no answer within ${SHIM_MS} ms`), SHIM_MS);
    socket.on("error", (err) => end(false, err.message));
    socket.on("data", () => end(true, null));
    socket.on("close", () => end(true, null)); // it went on to refuse
    socket.on("connect", () => socket.write(NO_SUCH_METHOD));
  });
}

/** ttrpc: length (4), stream id (4), type 1 = request, flags; then {service: "nodeops.Probe", method: "None"} as protobuf. */
const NO_SUCH_METHOD = frame([...field(1, "nodeops.Probe"), ...field(2, "None")]);

function field(number: number, text: string): number[] {
  return [(number << 3) | 2, text.length, ...Buffer.from(text)];
}

function frame(body: number[]): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt32BE(body.length, 0);
  head.writeUInt32BE(1, 4);
  head.writeUInt8(1, 8);
  return Buffer.concat([head, Buffer.from(body)]);
}

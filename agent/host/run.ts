// Runs a program of the node: argument list only (never a shell), bounded in time and output, C locale so that messages can be read.
import { spawn } from "node:child_process";
import { messageOf } from "./errors.ts";

export type RunResult = { code: number | null; stdout: string; stderr: string; timedOut: boolean; truncated: boolean };
export type RunOptions = { timeoutMs?: number; maxBytes?: number; env?: Record<string, string>; cwd?: string };

/**
 * Runs `argv` to its end. Does not throw: a program that cannot be started gives code null and the reason in stderr.
 * After `timeoutMs` (10 s) it is killed; each stream is cut at `maxBytes` (1 MB).
 */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file = "", ...args] = argv;
  const { timeoutMs = 10_000, maxBytes = 1_048_576 } = options;
  return new Promise((resolve) => {
    const chunks = { out: [] as Buffer[], err: [] as Buffer[], outBytes: 0, errBytes: 0 };
    let timedOut = false;
    let truncated = false;
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: options.cwd ?? "/",
      env: Object.assign(Object.create(null), { PATH: SEARCH_PATH, LC_ALL: "C" }, options.env),
    });
    const text = (list: Buffer[]) => Buffer.concat(list).toString("utf8");
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
      // A process in uninterruptible sleep does not die, and grandchildren may hold the pipes: answer anyway.
      setTimeout(() => finish(null), 500).unref();
    }, timeoutMs);
    let finished = false;
    const finish = (code: number | null, why?: string) => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, stdout: text(chunks.out), stderr: why ?? text(chunks.err), timedOut, truncated });
    };
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunks.outBytes + chunk.length > maxBytes) truncated = true;
      const keep = chunk.subarray(0, Math.max(0, maxBytes - chunks.outBytes));
      chunks.outBytes += keep.length;
      chunks.out.push(keep);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      const keep = chunk.subarray(0, Math.max(0, maxBytes - chunks.errBytes));
      chunks.errBytes += keep.length;
      chunks.err.push(keep);
    });
    child.on("error", (err) => finish(null, messageOf(err)));
    child.on("close", (code) => finish(code));
  });
}

/** Where system programs are looked for, whatever the agent's own environment says. */
export const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

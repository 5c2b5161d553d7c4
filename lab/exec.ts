// Runs commands on the machine and inside a node's namespaces. The one place of lab/ that starts processes.
import { spawn } from "node:child_process";

/** What a finished command printed. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** How to run a command: `timeoutMs` (default 20 s) ends it with SIGKILL; `input` goes to its stdin. */
export interface RunOptions {
  timeoutMs?: number;
  input?: string;
  env?: Record<string, string>;
}

/** Runs a command to its end and returns what it printed, whatever its exit code. Throws only when it cannot start. */
export function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
        ...options.env,
      },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 20_000);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 128, stdout, stderr: signal ? `${stderr}ended by ${signal}` : stderr });
    });
    child.stdin.on("error", () => undefined); // the command may end without reading its input
    child.stdin.end(options.input ?? "");
  });
}

/** Runs a command and returns its stdout; throws with the command line and its stderr when it fails. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options);
  if (code !== 0)
    throw new Error(`${command} ${args.join(" ").slice(0, 300)}: exit ${code}: ${(stderr || stdout).trim()}`);
  return stdout;
}

const enter = (pid: number): string[] => ["-t", String(pid), "-a", "--wd=/", "--"];
// A process that enters the namespaces keeps its cgroup: move it below the node's own root first.
const joinCgroup =
  "if [ -e /sys/fs/cgroup/cgroup.procs ]; then echo $$ > /sys/fs/cgroup/system/cgroup.procs; " +
  'else for d in /sys/fs/cgroup/*/; do echo $$ > "$d/cgroup.procs"; done; fi; ';

/** Runs a bash script inside the node whose first process is `pid`; arguments are `$1`, `$2`, … Throws when it fails. */
export function inNode(
  pid: number,
  script: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<string> {
  return run("nsenter", [...enter(pid), "bash", "-c", `${joinCgroup}set -eu; ${script}`, "lab", ...args], options);
}

/** As `inNode`, but returns the exit code instead of throwing. */
export function tryInNode(
  pid: number,
  script: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Output> {
  return tryRun("nsenter", [...enter(pid), "bash", "-c", `${joinCgroup}${script}`, "lab", ...args], options);
}

/** Waits until `probe` gives a value other than undefined/false, asking every `everyMs`; throws `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined | false>,
  everyMs = 50,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

// The whole product for tests: `./nodeops up` in a folder of its own with free ports, driven through its own command line.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = join(import.meta.dirname, "..");

export type CliResult = { code: number; stdout: string; stderr: string };

export type Stack = {
  dataDir: string;
  /** Address of the console. */
  url: string;
  /** The first admin with the one-time password. */
  admin: { email: string; password: string };
  /** Runs `./nodeops ARGS --data DIR`, whatever its exit code. */
  cli: (args: string[], timeoutMs?: number) => Promise<CliResult>;
  /** The same with `--json`, parsed. @throws Error with what it printed when the exit code is not 0 */
  json: <T>(args: string[], timeoutMs?: number) => Promise<T>;
  /** Ends lab and console and removes the folder. */
  down: () => Promise<void>;
};

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

function run(args: string[], timeoutMs: number): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, "nodeops"), args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    const timer = setTimeout(() => child.kill("SIGTERM"), timeoutMs);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 128, stdout, stderr });
    });
  });
}

type UpOutput = { webUrl: string; admin: { email: string; password: string | null } };

/**
 * Starts the console, and a lab when asked. The first start builds, which takes a while.
 *
 * @param options.withAgent add this machine as a node (default no)
 */
export async function startStack(
  options: { labNodes?: number; withAgent?: boolean; allowShells?: boolean } = {},
): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), "nodeops-stack-"));
  const cli: Stack["cli"] = (args, timeoutMs = 120_000) => run([...args, "--data", dataDir], timeoutMs);
  const json: Stack["json"] = async (args, timeoutMs) => {
    const { code, stdout, stderr } = await cli([...args, "--json"], timeoutMs);
    if (code !== 0)
      throw new Error(`nodeops ${args.join(" ")}: exit ${code}\n${stdout.slice(-2_000)}\n${stderr.slice(-4_000)}`);
    return JSON.parse(stdout);
  };
  const down: Stack["down"] = async () => {
    await cli(["lab", "down"]);
    await cli(["down"]);
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const ports = ["--port", String(await freePort()), "--gateway-port", String(await freePort())];
    const up = await json<UpOutput>(
      [
        "up",
        "--detach",
        ...ports,
        ...(options.withAgent ? [] : ["--no-agent"]),
        ...(options.allowShells ? ["--allow-shells"] : []),
      ],
      600_000,
    );
    if (options.labNodes) await json(["lab", "up", "--nodes", String(options.labNodes)]);
    const admin = { email: up.admin.email, password: up.admin.password ?? "" };
    return { dataDir, url: up.webUrl, admin, cli, json, down };
  } catch (err) {
    await down();
    throw err;
  }
}

/** Asks until the answer is not undefined. @throws Error that names what was waited for, with the last answer's note; AbortError */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined>,
  everyMs = 500,
  signal?: AbortSignal,
): Promise<T> {
  const end = Date.now() + withinMs;
  let last = "";
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (err) {
      last = err instanceof Error ? err.message : String(err);
    }
    await sleep(everyMs, undefined, { signal });
  }
  throw new Error(`${what}: not within ${withinMs / 1000} s${last ? ` (last: ${last})` : ""}`);
}

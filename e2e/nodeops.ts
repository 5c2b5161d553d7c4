// The operator's command line against the console under test: faults are injected and states asked with it.
import { spawn } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Runs `./nodeops ARGS --data …`. @throws Error with what it printed when it fails */
export function nodeops(args: string[], timeoutMs = 120_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, "nodeops"), [...args, "--data", process.env.NODEOPS_E2E_DATA ?? ""], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    const timer = setTimeout(() => child.kill("SIGTERM"), timeoutMs);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(stdout);
      else
        reject(new Error(`nodeops ${args.join(" ")}: exit ${code}\n${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`));
    });
  });
}

/** The same with `--json`, parsed. */
export const nodeopsJson = async <T>(args: string[]): Promise<T> => JSON.parse(await nodeops([...args, "--json"]));

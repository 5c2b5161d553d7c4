// The build step of `up`: one builder per checkout at a time, in a process of its own (the compiler's memory is not ours for good).
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { lock, unlock } from "../lock.ts";
import { ROOT } from "../paths.ts";

/**
 * Builds what changed; in development leaves out the pages and keeps rebuilding the bundles until `signal` aborts.
 *
 * @returns the parts that were built; empty when all were current
 * @throws UserError with the compiler's words
 */
export async function build(isDev: boolean, signal: AbortSignal, note: (text: string) => void): Promise<string[]> {
  const lockFile = join(ROOT, "dist/build.lock");
  try {
    mkdirSync(join(ROOT, "dist"), { recursive: true });
    await lock(lockFile, ({ pid }) => note(`waiting for another build of this checkout (pid ${pid})`));
    const built = await runBuilder(isDev ? ["--no-pages"] : [], signal);
    if (isDev) await import("../../scripts/build.ts").then(({ watchHosts }) => watchHosts(signal));
    return built;
  } catch (err) {
    signal.throwIfAborted();
    throw new UserError(
      `the build failed: ${errorMessage(err)}`,
      `repair what it names, then run ./nodeops up again`,
      EXIT.failed,
      err,
    );
  } finally {
    unlock(lockFile);
  }
}

function runBuilder(flags: string[], signal: AbortSignal): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const argv = ["--disable-warning=ExperimentalWarning", join(ROOT, "scripts/build.ts"), "--json", ...flags];
    const child = spawn(process.execPath, argv, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], signal });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(output.stdout) as string[]);
      else reject(new Error((output.stderr || output.stdout).trim()));
    });
  });
}

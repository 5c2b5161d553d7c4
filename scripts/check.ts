// `npm run check`: generated client, Biome, TypeScript, architecture, static rules, supply chain, unused files and dependencies
// (knip). Seconds, no services. Prints one line per check.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { readSources, violations } from "./check-architecture.ts";
import { readSurface, surfaceViolations } from "./check-web-surface.ts";
import { generate } from "./generate.ts";
import { staticViolations } from "./static-rules.ts";
import { supply } from "./supply.ts";

const root = join(import.meta.dirname, "..");

/** `note`: what should be said even when all is well. */
export type CheckResult = { name: string; isOk: boolean; ms: number; output: string; note?: string };

function runTool(script: string, args: string[]): Promise<{ isOk: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules", script), ...args], { cwd: root });
    const parts: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => parts.push(text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ isOk: code === 0, output: parts.join("").trim() }));
  });
}

function architecture(): { isOk: boolean; output: string } {
  const found = [...violations(readSources(root)), ...surfaceViolations(readSurface(root))];
  return { isOk: found.length === 0, output: found.join("\n") };
}

/** Runs every check at once; `onResult` is told as each ends. @returns all results */
export async function check(onResult: (result: CheckResult) => void = () => undefined): Promise<CheckResult[]> {
  const timed = async (name: string, work: () => Promise<Pick<CheckResult, "isOk" | "output" | "note">>) => {
    const begunMs = performance.now();
    const ended = await work().catch((err) => ({ isOk: false, output: String(err) }));
    const result: CheckResult = { name, ms: Math.round(performance.now() - begunMs), ...ended };
    onResult(result);
    return result;
  };
  // The others read the generated client.
  const client = await timed("prisma client", async () => ({ isOk: true, output: generate() ? "written" : "" }));
  if (!client.isOk) return [client];
  const rest = await Promise.all([
    timed("architecture", async () => architecture()),
    timed("static rules", async () => {
      const found = staticViolations(readSources(root));
      return { isOk: found.length === 0, output: found.join("\n") };
    }),
    timed("supply", () => supply(root)),
    timed("biome", () => runTool("@biomejs/biome/bin/biome", ["check", "--colors=off", "--error-on-warnings"])),
    // What nothing uses: files, dependencies.
    timed("knip", () => runTool("knip/bin/knip.js", ["--no-config-hints", "--no-progress"])),
    timed("types", () => runTool("typescript/bin/tsc", ["--noEmit", "--pretty", "false"])),
  ]);
  return [client, ...rest];
}

if (import.meta.main) {
  const results = await check(({ name, isOk, ms, output, note }) => {
    console.log(`${isOk ? "✓" : "✗"} ${name} (${(ms / 1000).toFixed(1)} s)${note ? `: ${note}` : ""}`);
    if (!isOk) console.log(output);
  });
  process.exitCode = results.every(({ isOk }) => isOk) ? 0 : 1;
}

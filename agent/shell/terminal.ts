// A pseudo-terminal without native modules: util-linux `script` makes it, `nsenter` enters the namespaces, `stty` sets its size.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readlinkSync } from "node:fs";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, messageOf } from "../host/errors.ts";
import { scanProcesses } from "../host/proc.ts";
import { run, SEARCH_PATH } from "../host/run.ts";
import { type Fence, MARK } from "./fence.ts";

/** Namespaces that a shell can enter, and the option of nsenter. The user namespace is never entered by itself. */
const OPTIONS = { mnt: "-m", pid: "-p", net: "-n", ipc: "-i", uts: "-u", cgroup: "-C" } as const;
export type ShellNamespace = keyof typeof OPTIONS;

export type Where = { pid: number | null; namespaces: readonly ShellNamespace[] };

/** Waits to be let in, so that nothing is forked outside its group; then becomes its arguments. Constant: no text of anybody's gets into it. */
const GATE = 'read -r _ <&3 && exec 3<&- && exec "$@"';
const FOUND_MS = 3_000;
const LOOK_MS = 10;

/** The shell's own command line, for `script -c`: fixed words and one number. */
export function commandLine({ pid, namespaces }: Where, hasBash: boolean): string {
  const isInside = pid !== null && namespaces.includes("mnt");
  const shell = !isInside && hasBash ? "/bin/bash --norc --noprofile -i" : "/bin/sh -i";
  if (pid === null || namespaces.length === 0) return `exec ${shell}`;
  return `exec nsenter -t ${pid} ${namespaces.map((name) => OPTIONS[name]).join(" ")} -- ${shell}`;
}

export class Terminal {
  readonly #child: ChildProcess;
  #device: string | null = null;
  /** Resolves with the shell's exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;

  constructor(fence: Fence, where: Where, onData: (data: Buffer) => void) {
    const line = commandLine(where, existsSync("/bin/bash"));
    const environment = {
      PATH: SEARCH_PATH,
      HOME: "/",
      SHELL: "/bin/sh",
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      HISTFILE: "/dev/null",
      ...(where.pid === null ? {} : { TARGET_ROOT: `/proc/${where.pid}/root` }),
      [MARK]: fence.mark,
    };
    this.#child = spawn("/bin/sh", ["-c", GATE, "gate", "script", "-q", "-f", "-e", "-c", line, "/dev/null"], {
      cwd: "/",
      env: Object.assign(Object.create(null), environment),
      stdio: ["pipe", "pipe", "ignore", "pipe"],
      detached: true,
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", () => resolve(null));
      this.#child.once("close", (code) => resolve(code));
    });
    this.#child.stdout?.on("data", onData);
    this.#child.stdin?.on("error", () => undefined); // it went away: `ended` says so
    const gate = this.#child.stdio[3] as Writable; // the fourth of stdio above
    gate.on("error", () => undefined);
    if (this.#child.pid === undefined) return;
    fence.admit(this.#child.pid);
    gate.end("\n");
  }

  /** Waits until the terminal is there, and sets its size. @throws Failure when the shell did not start */
  async ready(cols: number, rows: number): Promise<void> {
    for (let waited = 0; waited < FOUND_MS && this.#device === null; waited += LOOK_MS) {
      this.#device = this.#find();
      if (this.#device === null) await sleep(LOOK_MS);
    }
    if (this.#device === null)
      throw new Failure("no-terminal", "the shell did not start: is `script` installed?", false);
    await this.#stty(["sane", "rows", String(rows), "cols", String(cols)]);
  }

  resize(cols: number, rows: number): Promise<void> {
    return this.#stty(["rows", String(rows), "cols", String(cols)]);
  }

  write(data: Uint8Array): void {
    this.#child.stdin?.write(data);
  }

  /** Stops reading: the shell waits as soon as the terminal's buffer is full. */
  pause(): void {
    this.#child.stdout?.pause();
  }

  resume(): void {
    this.#child.stdout?.resume();
  }

  async #stty(args: readonly string[]): Promise<void> {
    if (this.#device !== null) await run(["stty", "-F", this.#device, ...args], { timeoutMs: 2_000 });
  }

  /** The terminal of the one child that `script` has. */
  #find(): string | null {
    const child = scanProcesses().find(({ ppid, state }) => ppid === this.#child.pid && state !== "Z");
    if (!child) return null;
    try {
      const device = readlinkSync(`/proc/${child.pid}/fd/0`);
      return device.startsWith("/dev/pts/") ? device : null;
    } catch (err) {
      void messageOf(err); // gone between two looks
      return null;
    }
  }
}

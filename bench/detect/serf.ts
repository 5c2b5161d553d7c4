// serf (SWIM with Lifeguard) beside ours: the same things happen to as many members; its first word of a failure counts. Unpacked under the temp folder, never installed.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { epochNow } from "../fleet/world.ts";
import { random } from "../judge-traces.ts";
import { LOSS } from "./phases.ts";

const exec = promisify(execFile);

export type SerfFound = {
  version: string;
  noticed: { name: string; times: number[]; missed: number }[];
  /** Members said to have failed that had not, under loss, while one of them stood still; null: not tried. */
  wrong: number | null;
};

type Input = {
  members: number;
  rounds: number;
  lossSeconds: number;
  stopSeconds: number;
  hasNamespace: boolean;
  seed: number;
};

const NOTICED_MAX_MS = 90_000;
const JOINED_MAX_MS = 30_000;
/** Whatever is said wrongly is said by then, ms. */
const SAID_BY_MS = 60_000;
/** What happens to its members is spread over this, ms: it loses few at a time, for many at once slow it down. */
const SPREAD_MS = 30_000;
/** Members for each that something happens to. */
const AROUND = 4;

/** Runs it, or says why it cannot. */
export async function watchSerf(
  input: Input,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<SerfFound | { skipped: string }> {
  const folder = await mkdtemp(join(tmpdir(), "nodeops-bench-serf-"));
  try {
    const found = await unpack(folder).catch(() => null);
    if (!found) return { skipped: "Debian's package serf could not be fetched, or does not run here" };
    const { program, version } = found;
    say(`serf (${version}), ${AROUND * input.members} members …`);
    return { version, ...(await withMembers(program, input, signal)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `NODEOPS_SERF` names a program that is there already. @throws Error when it cannot be fetched or started */
async function unpack(folder: string): Promise<{ program: string; version: string }> {
  let program = process.env.NODEOPS_SERF;
  if (!program) {
    await exec("apt-get", ["-q", "download", "serf"], { cwd: folder, timeout: 60_000 });
    const deb = (await readdir(folder)).find((name) => name.endsWith(".deb"));
    if (!deb) throw new Error("no package came");
    await exec("dpkg", ["-x", join(folder, deb), folder]);
    program = join(folder, "usr/bin/serf");
  }
  const { stdout } = await exec(program, ["version"]);
  return { program, version: /(\d[^\s]*)/.exec(stdout)?.[1] ?? "unknown" };
}

class Member {
  readonly name: string;
  readonly address: string;
  readonly #program: string;
  #child: ChildProcess | null = null;
  /** What this one heard of others. */
  readonly #heard: (name: string, event: string) => void;
  constructor(program: string, i: number, heard: (name: string, event: string) => void) {
    this.#program = program;
    this.name = `member-${i}`;
    this.address = `127.0.3.${i + 1}`;
    this.#heard = heard;
  }
  start(): void {
    const at = [`-bind=${this.address}:7946`, `-rpc-addr=${this.address}:7373`, "-retry-join=127.0.3.1"];
    const child = spawn(this.#program, ["agent", `-node=${this.name}`, "-profile=lan", ...at], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /EventMember(Failed|Join|Leave): (\S+)/.exec(line);
      if (found?.[1] && found[2]) this.#heard(found[2], found[1]);
    });
    this.#child = child;
  }
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(name);
  }
}

async function withMembers(program: string, input: Input, signal: AbortSignal): Promise<Omit<SerfFound, "version">> {
  const trial = new Trial(program, input, signal);
  try {
    await trial.start();
    const noticed = [
      await trial.harm("killed", "SIGKILL", (member) => member.start()),
      await trial.harm("frozen", "SIGSTOP", (member) => member.signal("SIGCONT")),
    ];
    return { noticed, wrong: input.hasNamespace && input.stopSeconds > 0 ? await trial.wronglyFailed() : null };
  } finally {
    trial.end();
  }
}

/** Members of which the first is never killed or stopped until the end: what it hears is what counts. */
class Trial {
  readonly #input: Input;
  readonly #signal: AbortSignal;
  readonly #members: Member[];
  readonly #failedAt = new Map<string, number>();
  readonly #joined = new Set<string>();
  #failures = 0;

  constructor(program: string, input: Input, signal: AbortSignal) {
    this.#input = input;
    this.#signal = signal;
    this.#members = Array.from(
      { length: AROUND * input.members },
      (_, i) => new Member(program, i, (name, event) => i === 0 && this.#heard(name, event)),
    );
  }

  #heard(name: string, event: string): void {
    if (event === "Failed") {
      this.#joined.delete(name);
      this.#failedAt.set(name, epochNow());
      this.#failures += 1;
    } else this.#joined.add(name);
  }

  #sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#signal });
  }

  async #allJoined(): Promise<void> {
    const begin = epochNow();
    while (this.#joined.size < this.#members.length && epochNow() - begin < JOINED_MAX_MS) await this.#sleep(200);
  }

  async start(): Promise<void> {
    for (const member of this.#members) {
      member.start();
      await this.#sleep(100);
    }
    await this.#allJoined();
  }

  async harm(name: string, how: "SIGKILL" | "SIGSTOP", undo: (member: Member) => void) {
    const next = random(this.#input.seed);
    const times: (number | null)[] = [];
    const one = async (member: Member, waitMs: number) => {
      await this.#sleep(waitMs);
      const begin = epochNow();
      member.signal(how);
      const at = () => this.#failedAt.get(member.name) ?? 0;
      while (at() < begin && epochNow() - begin < NOTICED_MAX_MS) await this.#sleep(10);
      times.push(at() < begin ? null : at() - begin);
      undo(member);
    };
    for (let round = 0; round < this.#input.rounds; round += 1) {
      const harmed = this.#members.slice(1, this.#input.members + 1);
      await Promise.all(harmed.map((member) => one(member, next() * SPREAD_MS)));
      await this.#allJoined();
    }
    const there = times.filter((time) => time !== null);
    return { name, times: there, missed: times.length - there.length };
  }

  /** Packets are lost, and the first member stands still as our gateway does; nobody else does anything. */
  async wronglyFailed(): Promise<number> {
    const rule = ["INPUT", "-d", "127.0.3.0/24", ...LOSS];
    await exec("iptables", ["-w", "-I", ...rule]);
    try {
      const before = this.#failures;
      await this.#sleep(this.#input.lossSeconds * 1_000);
      this.#members[0]?.signal("SIGSTOP");
      await this.#sleep(this.#input.stopSeconds * 1_000);
      this.#members[0]?.signal("SIGCONT");
      await this.#sleep(SAID_BY_MS);
      return this.#failures - before;
    } finally {
      await exec("iptables", ["-w", "-D", ...rule]);
    }
  }

  end(): void {
    for (const member of this.#members) {
      member.signal("SIGCONT");
      member.signal("SIGKILL");
    }
  }
}

// Follows systemd's journal through `journalctl --follow`, only the programs that rules speak of, and remembers where it was.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { z } from "zod";
import { WriterFields, writerOf } from "./journal-writer.ts";

export type JournalLine = { program: string; text: string; at: number };

/**
 * syslog identifiers that are asked for; the journal knows them as SYSLOG_IDENTIFIER. Not conmon: under its name Podman's journald driver writes
 * what containers say.
 */
const PROGRAMS = [
  ..."systemd kubelet containerd dockerd docker crio cri-dockerd pouchd podman k3s rke2 kube-proxy".split(" "),
  ..."overlaybd-tcmu overlaybd-snapshotter dfdaemon nydusd smartd mdadm multipathd dbus-daemon dbus-broker".split(" "),
  ..."abrt-server abrt-notification systemd-coredump kdumpctl nv-fabricmanager nvidia-fabricmanager".split(" "),
];
/** Lines that wait for the next look; beyond it the oldest are left out. */
const WAITING_MAX = 5_000;
/** Entries that a look back reads. */
const LINES_BACK_MAX = 20_000;
/** Least time between two starts of journalctl, ms. */
const AGAIN_MS = 30_000;

const Entry = WriterFields.extend({
  __CURSOR: z.string(),
  __REALTIME_TIMESTAMP: z.coerce.number(),
  /** Bytes where it is no text. */
  MESSAGE: z.union([z.string(), z.array(z.number())]).nullish(),
});

/**
 * One line of `journalctl -o json`: a message may be several lines, and has none when nobody vouches for its writer. Null: not understood.
 */
export function parseJournalEntry(json: string): { cursor: string; lines: JournalLine[] } | null {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return null; // cut short
  }
  const entry = Entry.safeParse(raw);
  if (!entry.success) return null;
  const { MESSAGE, __REALTIME_TIMESTAMP, __CURSOR } = entry.data;
  const program = writerOf(entry.data, Object.keys(raw ?? {}));
  if (program === null) return { cursor: __CURSOR, lines: [] };
  const text = Array.isArray(MESSAGE) ? Buffer.from(MESSAGE).toString("utf8") : (MESSAGE ?? "");
  const at = Math.round(__REALTIME_TIMESTAMP / 1_000);
  const lines = text
    .split("\n", 50)
    .filter((line) => line !== "")
    .map((line) => ({ program, text: line, at }));
  return { cursor: __CURSOR, lines };
}

/** `--all`: without it a message of more than 4096 bytes comes as null. */
const OUTPUT = ["--output", "json", "--all", "--quiet"];

const withPrograms = (hasKernel: boolean): string[] =>
  [...PROGRAMS, ...(hasKernel ? ["kernel"] : [])].flatMap((name) => ["-t", name]);

/** The newest lines since an instant, at most LINES_BACK_MAX entries. @throws when journalctl fails or takes longer than 8 s */
export async function readJournalBack(sinceMs: number, withKernel: boolean): Promise<JournalLine[]> {
  const since = ["--since", `@${Math.floor(sinceMs / 1_000)}`, "--lines", String(LINES_BACK_MAX)];
  const args = [...OUTPUT, ...since, ...withPrograms(withKernel)];
  const { stdout } = await promisify(execFile)("journalctl", args, { timeout: 8_000, maxBuffer: 64 * 1024 * 1024 });
  return stdout.split("\n").flatMap((line) => parseJournalEntry(line)?.lines ?? []);
}

/** Whether this node keeps a journal. */
export const hasJournal = (): boolean =>
  existsSync("/run/systemd/system") && ["/usr/bin/journalctl", "/bin/journalctl"].some((path) => existsSync(path));

export class JournalTail {
  readonly #withKernel: boolean;
  #child: ChildProcess | null = null;
  #startedAt = 0;
  #cursor: string | null;
  #waiting: { cursor: string; lines: JournalLine[] }[] = [];

  /** @param withKernel also the kernel's lines: where /dev/kmsg cannot be read */
  constructor(cursor: string | null, withKernel: boolean) {
    this.#cursor = cursor;
    this.#withKernel = withKernel;
  }

  /** Place of the last line given out. */
  get cursor(): string | null {
    return this.#cursor;
  }

  /** Lines since the last call; starts journalctl when it does not run. */
  take(now: number): JournalLine[] {
    if (!this.#child && now - this.#startedAt >= AGAIN_MS) this.#start(now);
    const entries = this.#waiting.splice(0);
    this.#cursor = entries.at(-1)?.cursor ?? this.#cursor;
    return entries.flatMap(({ lines }) => lines);
  }

  stop(): void {
    this.#child?.kill();
    this.#child = null;
  }

  #start(now: number): void {
    this.#startedAt = now;
    const from = this.#cursor ? ["--after-cursor", this.#cursor, "--no-tail"] : ["--lines", "0"];
    const child = spawn("journalctl", ["--follow", ...OUTPUT, ...from, ...withPrograms(this.#withKernel)], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = parseJournalEntry(line);
      if (entry && this.#waiting.push(entry) > WAITING_MAX) this.#waiting.shift();
    });
    const ended = () => {
      if (this.#child !== child) return;
      this.#child = null;
      // A place that the journal has since forgotten is refused at once: begin at its end.
      if (Date.now() - this.#startedAt < 2_000) this.#cursor = null;
    };
    child.on("error", ended);
    child.on("exit", ended);
  }
}

// What the node's logs say by the rules of log-rules/: the kernel's lines as they come, log files and the journal when the collector looks. Positions
// and what stands are kept in one file, saved together, so that a restart neither counts a line twice nor forgets one.

import { parseSyslogLine, plainMessage, sourceOf } from "../../log-rules/line.ts";
import { logRules } from "../../log-rules/list.ts";
import { Matcher } from "../../log-rules/matcher.ts";
import { LOG_SOURCES, type LogSource } from "../../log-rules/rule.ts";
import { forget, LINE_KEPT_CHARS, type LogMatch, matchesOf, observe } from "../../log-rules/state.ts";
import type { FactData, KernelEvent } from "../../protocol/facts.ts";
import type { AgentConfig } from "../config.ts";
import { redactLog } from "../host/redact.ts";
import type { MemoryFile } from "../memory.ts";
import { FileTail } from "./file-tail.ts";
import { hasJournal, JournalTail, readJournalBack } from "./journal-tail.ts";
import { writtenAt } from "./stamp.ts";

/** Read where there is no journal. */
const SYSLOG_FILES = ["/var/log/syslog", "/var/log/messages", "/var/log/kern.log"];
/** Without a journal and where nothing else is said, a daemon's log is /var/log/NAME.log. */
const USUAL_DAEMONS = ["containerd", "dockerd", "crio", "pouchd", "kubelet", "kube-proxy"];
/** What a second of a log may cost; a flood says the same again and again. A line costs 1 (about 10 µs), one that a rule takes MATCH_COST. */
const COST_PER_SECOND = 10_000;
const MATCH_COST = 10;
/** What reading files may take a look beyond their first portions, ms. */
const FILES_MS = 2_000;
/** Lines older than what any rule remembers say nothing. */
const TTL_MAX_MS = Math.max(...logRules.map(({ ttlMs }) => ttlMs));
/** How far a single look goes back in the journal, ms. */
const JOURNAL_BACK_MS = 2 * 3_600_000;

/** `endAt`: when it was last read to its end, epoch ms; what is read next was written after that. */
type Followed = { tail: FileTail; source: LogSource | "syslog"; endAt: number | null };

export class LogWatch {
  readonly #memory: MemoryFile;
  readonly #matcher = new Matcher(logRules);
  readonly #files: Followed[];
  readonly #isJournalKept: boolean;
  readonly #isOnce: boolean;
  #journal: JournalTail | null = null;
  #hasKernel = false;
  #isJournalReadBack = false;
  #second = 0;
  #cost = 0;
  readonly #found = new Set<string>();

  /**
   * @param where files that hold everybody's lines, whether there is a journal to read instead of them, and whether this is a single look: it
   * reads the journal back instead of following it
   */
  constructor(
    memory: MemoryFile,
    config: AgentConfig,
    where: { syslogFiles?: readonly string[]; isJournalKept?: boolean; isOnce?: boolean } = {},
  ) {
    const { syslogFiles = SYSLOG_FILES, isJournalKept = hasJournal(), isOnce = false } = where;
    this.#isOnce = isOnce;
    this.#isJournalKept = isJournalKept;
    this.#memory = memory;
    const named = config.modules.map(({ name, kind, log }) => ({ name, source: sourceOf(name) ?? byKind[kind], log }));
    const usual = isJournalKept ? [] : USUAL_DAEMONS.filter((name) => !named.some((one) => one.name === name));
    const daemons = [...named, ...usual.map((name) => ({ name, source: sourceOf(name), log: undefined }))];
    const own = daemons.flatMap(({ name, source, log }) =>
      source && (log || !isJournalKept) ? [{ path: log ?? `/var/log/${name}.log`, source }] : [],
    );
    const system = isJournalKept ? [] : syslogFiles.map((path) => ({ path, source: "syslog" as const }));
    this.#files = [...own, ...system].map(({ path, source }) => {
      const kept = memory.data.logs.files[path] ?? null;
      return { tail: new FileTail(path, kept), source, endAt: kept?.endAt ?? null };
    });
  }

  /** Told once whether /dev/kmsg is followed: lines of the kernel are then not taken from elsewhere. */
  setKernel(isRead: boolean): void {
    this.#hasKernel = isRead;
  }

  /** A record of the kernel log. What programs write into it (facility other than 0) is not the kernel's word. */
  kernel({ facility, message, at }: Pick<KernelEvent, "facility" | "message" | "at">): void {
    if (facility === 0) this.#observe("kernel", message, at);
  }

  /** Reads on in files and journal and gives what stands. */
  async look(now: number): Promise<FactData["logMatches"]> {
    const { logs } = this.#memory.data;
    await this.#readFiles(now);
    if (this.#isJournalKept && this.#isOnce) await this.#journalBack(now);
    else if (this.#isJournalKept) this.#journal ??= new JournalTail(logs.cursor, !this.#hasKernel);
    for (const { program, text, at } of this.#journal?.take(now) ?? []) this.#from(program, text, at);
    logs.cursor = this.#journal?.cursor ?? logs.cursor;
    return this.fact(now);
  }

  /** What stands, without reading on. */
  fact(now: number): FactData["logMatches"] {
    const { logs } = this.#memory.data;
    logs.state = forget(logs.state, now, this.#matcher.rules);
    return { reads: this.#reads(), matches: matchesOf(logs.state).map(withoutSecrets) };
  }

  stop(): void {
    this.#journal?.stop();
  }

  /** A portion of each file, then more of those that have more, until all are at their end or the time is up. */
  async #readFiles(now: number): Promise<void> {
    const until = performance.now() + FILES_MS;
    let todo = this.#files;
    do {
      for (const file of todo) await this.#readFile(file, now);
      todo = todo.filter(({ tail }) => tail.isBehind);
    } while (todo.length > 0 && performance.now() < until);
  }

  async #readFile(file: Followed, now: number): Promise<void> {
    const { tail, source } = file;
    const lines = await tail.read().catch(() => null); // one that may not be read is not among `reads`
    if (lines) this.#found.add(tail.path);
    else this.#found.delete(tail.path);
    // A stamp is believed as far as it can be true: its zone may be another, or its clock wrong.
    const latest = Math.min(now, tail.modifiedAt ?? now);
    const clamp = (at: number) => Math.min(Math.max(at, file.endAt ?? 0), latest);
    let at = clamp(latest);
    for (const line of lines ?? []) {
      const stamp = writtenAt(line, now);
      // Lines without a stamp belong to the one before them.
      if (stamp !== null) at = clamp(stamp);
      if (now - at <= TTL_MAX_MS) this.#fileLine(source, line, at);
    }
    if (!lines) file.endAt = null;
    else if (!tail.isBehind) file.endAt = now;
    if (!tail.position) return;
    const { files } = this.#memory.data.logs;
    // Kept only with the place it belongs to, so that an idle log is no reason to write the memory.
    const hasMoved =
      files[tail.path]?.offset !== tail.position.offset || files[tail.path]?.inode !== tail.position.inode;
    if (hasMoved) files[tail.path] = { ...tail.position, ...(file.endAt !== null && { endAt: file.endAt }) };
  }

  async #journalBack(now: number): Promise<void> {
    const lines = await readJournalBack(now - JOURNAL_BACK_MS, !this.#hasKernel);
    this.#isJournalReadBack = true;
    for (const { program, text, at } of lines) this.#from(program, text, at);
  }

  #reads(): string[] {
    const reads = new Set<string>(this.#hasKernel ? ["kernel"] : []);
    if (this.#journal || this.#isJournalReadBack) for (const source of LOG_SOURCES) reads.add(source);
    for (const { tail, source } of this.#files) {
      if (!this.#found.has(tail.path)) continue;
      for (const one of source === "syslog" ? LOG_SOURCES : [source]) reads.add(one);
    }
    return [...reads].sort();
  }

  #fileLine(source: LogSource | "syslog", line: string, at: number): void {
    const syslog = parseSyslogLine(line);
    if (syslog) this.#from(syslog.program, syslog.message, at);
    else if (source !== "syslog") this.#observe(source, line, at);
  }

  #from(program: string, text: string, at: number): void {
    const source = sourceOf(program);
    if (source && !(source === "kernel" && this.#hasKernel)) this.#observe(source, text, at);
  }

  #observe(source: LogSource, raw: string, at: number): void {
    const second = Math.floor(at / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#cost = 0;
    }
    if (this.#cost >= COST_PER_SECOND) return;
    const { logs } = this.#memory.data;
    const before = logs.state;
    logs.state = observe(before, { source, text: plainMessage(raw), at: Math.round(at) }, this.#matcher);
    this.#cost += logs.state === before ? 1 : MATCH_COST;
  }
}

const redacted = new WeakMap<LogMatch, LogMatch>();

/** What daemons log may hold a token; that does not leave the node. A match is never changed in place, so once is enough for each. */
function withoutSecrets(match: LogMatch): LogMatch {
  const known = redacted.get(match);
  if (known) return known;
  const shown = {
    ...match,
    subject: redactLog(match.subject),
    lines: match.lines.map((line) => redactLog(line).slice(0, LINE_KEPT_CHARS)),
    captures: Object.fromEntries(Object.entries(match.captures).map(([name, value]) => [name, redactLog(value)])),
  };
  redacted.set(match, shown);
  return shown;
}

const byKind: { [K in AgentConfig["modules"][number]["kind"]]?: LogSource } = {
  runtime: "runtime",
  cni: "cni",
  overlaybd: "image",
  dragonfly: "image",
  kubelet: "kubelet",
};

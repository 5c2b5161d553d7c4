// What became of each command, on disk before the next step is taken: a command is started at most once, whatever happens to the agent.
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CommandPayload, CommandResult } from "../../protocol/commands.ts";
import { syncFolder, writeDurably } from "../host/file.ts";
import { RecordLog, recordBytes } from "../spool/record-log.ts";

type Line =
  | { step: "accepted"; payload: CommandPayload }
  | { step: "started"; id: string; at: number }
  | { step: "finished"; result: CommandResult }
  /** The result is in the spool. */
  | { step: "reported"; id: string };

export type Entry = {
  payload: CommandPayload;
  startedAt: number | null;
  result: CommandResult | null;
  reported: boolean;
};

/** Finished commands that are kept, so that a repeat is answered with the same result. */
const KEPT = 500;
/** Beyond this the file is written anew, bytes. */
const COMPACT_BYTES = 4 * 1024 * 1024;

export class Journal {
  readonly #path: string;
  #log: RecordLog;
  readonly #entries = new Map<string, Entry>();
  readonly #nonces = new Set<string>();
  #generation = 0;

  /** @throws on I/O errors */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, "commands.log");
    rmSync(`${this.#path}.new`, { force: true });
    const { log, records } = RecordLog.open(this.#path);
    this.#log = log;
    for (const { value } of records) this.#apply(value as Line); // checked by its sum; only this class writes here
    if (log.size > COMPACT_BYTES) this.#compact();
  }

  get generation(): number {
    return this.#generation;
  }

  get nonces(): { has: (nonce: string) => boolean } {
    return this.#nonces;
  }

  get(id: string): Entry | null {
    return this.#entries.get(id) ?? null;
  }

  /** In the order in which they were accepted. */
  all(): Entry[] {
    return [...this.#entries.values()];
  }

  accepted(payload: CommandPayload): void {
    this.#write({ step: "accepted", payload });
  }

  started(id: string, at: number): void {
    this.#write({ step: "started", id, at });
  }

  finished(result: CommandResult): void {
    this.#write({ step: "finished", result });
  }

  reported(id: string): void {
    this.#write({ step: "reported", id });
    if (this.#log.size > COMPACT_BYTES) this.#compact();
  }

  #write(line: Line): void {
    this.#log.append(line);
    this.#apply(line);
  }

  #apply(line: Line): void {
    if (line.step === "accepted") {
      this.#entries.set(line.payload.id, { payload: line.payload, startedAt: null, result: null, reported: false });
      this.#nonces.add(line.payload.nonce);
      return;
    }
    const id = line.step === "finished" ? line.result.commandId : line.id;
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (line.step === "started") {
      entry.startedAt = line.at;
      this.#generation = Math.max(this.#generation, entry.payload.generation);
    } else if (line.step === "finished") entry.result = line.result;
    else entry.reported = true;
  }

  /** Keeps the open ones and the last finished ones; outputs of old ones are left out, which is all a repeat would lack. */
  #compact(): void {
    const all = this.all();
    const done = all.filter((e) => e.result && e.reported);
    const drop = new Set(done.slice(0, Math.max(0, done.length - KEPT)).map((e) => e.payload.id));
    const lean = new Set(done.slice(0, Math.max(0, done.length - 20)).map((e) => e.payload.id));
    const lines = all
      .filter((e) => !drop.has(e.payload.id))
      .flatMap((e): Line[] => {
        const { id } = e.payload;
        const result = e.result && lean.has(id) ? { ...e.result, output: {} } : e.result;
        return [
          { step: "accepted", payload: e.payload },
          ...(e.startedAt === null ? [] : [{ step: "started" as const, id, at: e.startedAt }]),
          ...(result ? [{ step: "finished" as const, result }] : []),
          ...(e.reported ? [{ step: "reported" as const, id }] : []),
        ];
      });
    const generation = this.#generation;
    writeDurably(`${this.#path}.new`, Buffer.concat(lines.map(recordBytes)));
    this.#log.close();
    renameSync(`${this.#path}.new`, this.#path);
    syncFolder(join(this.#path, ".."));
    const { log, records } = RecordLog.open(this.#path);
    this.#log = log;
    this.#entries.clear();
    this.#nonces.clear();
    for (const { value } of records) this.#apply(value as Line);
    this.#generation = Math.max(this.#generation, generation);
  }

  close(): void {
    this.#log.close();
  }
}

// Durable frames on their way up: on disk before they are sent, kept until the gateway says that they are stored, numbered without a gap, so
// that neither a crash nor a lost connection loses one or applies one twice.
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SPOOL_BYTES_MAX } from "../../protocol/constants.ts";
import type { DurableBody } from "../../protocol/messages.ts";
import { syncFolder, writeDurably } from "../host/file.ts";
import { RecordLog, recordBytes } from "./record-log.ts";

type Entry = { seq: number; offset: number; bytes: number; type: DurableBody["type"] };
type Segment = { first: number; log: RecordLog; entries: Entry[] };
type Stored = { seq: number; body: DurableBody };

const SEGMENT_BYTES = 1024 * 1024;
const nameOf = (first: number): string => `${String(first).padStart(16, "0")}.log`;
/** What a dropped frame leaves behind: its number, so that the numbers have no gap. */
const hollow = (body: DurableBody): DurableBody =>
  body.type === "progress" ? { ...body, message: "" } : { type: "kernel-events", bootId: "", events: [] };

/**
 * Numbers start at 1 and rise by one for ever: each segment's name is the first number it may hold, and the newest segment is never deleted,
 * so the next number survives an empty spool.
 */
export class Spool {
  readonly #folder: string;
  readonly #bytesMax: number;
  #segments: Segment[] = [];
  #next = 1;
  /** Frames whose content was dropped because the spool was full, since the agent started. */
  dropped = 0;

  /** Opens the folder, making it when absent. @throws on I/O errors */
  constructor(folder: string, bytesMax = SPOOL_BYTES_MAX) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith(".log")) {
        rmSync(join(folder, name)); // half of a rewrite
        continue;
      }
      this.#segments.push(this.#openSegment(Number(name.slice(0, -4))));
    }
    if (this.#segments.length === 0) this.#addSegment(1);
    for (const segment of this.#segments) {
      this.#next = Math.max(this.#next, segment.first, (segment.entries.at(-1)?.seq ?? 0) + 1);
    }
  }

  #openSegment(first: number): Segment {
    const { log, records } = RecordLog.open(join(this.#folder, nameOf(first)));
    const entries = records.map(({ value, offset, bytes }) => {
      const stored = value as Stored; // checked by its sum; only this class writes here
      return { seq: stored.seq, offset, bytes, type: stored.body.type };
    });
    return { first, log, entries };
  }

  #addSegment(first: number): Segment {
    const segment = this.#openSegment(first);
    syncFolder(this.#folder);
    this.#segments.push(segment);
    return segment;
  }

  /** Number of the last frame that was appended. */
  get last(): number {
    return this.#next - 1;
  }

  /** Frames not yet acknowledged. */
  get count(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.entries.length, 0);
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.log.size, 0);
  }

  /** True when so little room is left that no new command may be accepted: its result could not be kept. */
  get crowded(): boolean {
    return this.bytes > this.#bytesMax * 0.9;
  }

  /** Stores a frame; when this returns it is on disk. @returns its number. @throws on I/O errors; then nothing was stored */
  append(body: DurableBody): number {
    let segment = this.#segments.at(-1);
    if (!segment || segment.log.size > SEGMENT_BYTES) segment = this.#addSegment(this.#next);
    const seq = this.#next;
    const { offset, bytes } = segment.log.append({ seq, body } satisfies Stored);
    segment.entries.push({ seq, offset, bytes, type: body.type });
    this.#next = seq + 1;
    if (this.bytes > this.#bytesMax) this.#shrink();
    return seq;
  }

  /** Up to `limit` frames after number `after`, in order. */
  after(after: number, limit: number): Stored[] {
    const found: Stored[] = [];
    for (const segment of this.#segments) {
      for (const entry of segment.entries) {
        if (entry.seq <= after) continue;
        if (found.length === limit) return found;
        found.push(segment.log.read(entry.offset, entry.bytes) as Stored);
      }
    }
    return found;
  }

  /** The gateway has stored everything up to `seq`. Numbers that it has seen are never used again, even if this folder was lost. */
  acknowledge(seq: number): void {
    for (const segment of this.#segments) segment.entries = segment.entries.filter((entry) => entry.seq > seq);
    if (seq >= this.#next) {
      this.#next = seq + 1;
      this.#addSegment(this.#next);
    } else if (this.count === 0 && (this.#segments.at(-1)?.log.size ?? 0) > SEGMENT_BYTES / 4) {
      this.#addSegment(this.#next);
    }
    while (this.#segments.length > 1 && this.#segments[0]?.entries.length === 0) {
      const [empty] = this.#segments.splice(0, 1);
      empty?.log.close();
      if (empty) rmSync(empty.log.path, { force: true });
    }
  }

  /** Empties the oldest kernel events, then the oldest progress; results stay whatever happens. */
  #shrink(): void {
    for (const type of ["kernel-events", "progress"] as const) {
      for (const [index, segment] of this.#segments.entries()) {
        if (this.bytes <= this.#bytesMax * 0.8) return;
        if (!segment.entries.some((entry) => entry.type === type && entry.bytes > 96)) continue;
        this.#segments[index] = this.#rewrite(segment, type);
      }
    }
  }

  #rewrite(segment: Segment, type: DurableBody["type"]): Segment {
    const path = segment.log.path;
    const kept = segment.entries.map((entry) => segment.log.read(entry.offset, entry.bytes) as Stored);
    const next = kept.map((stored) => {
      if (stored.body.type !== type) return stored;
      this.dropped += 1;
      return { seq: stored.seq, body: hollow(stored.body) };
    });
    writeDurably(`${path}.new`, Buffer.concat(next.map(recordBytes)));
    renameSync(`${path}.new`, path);
    syncFolder(this.#folder);
    segment.log.close();
    return this.#openSegment(segment.first);
  }

  close(): void {
    for (const segment of this.#segments) segment.log.close();
    this.#segments = [];
  }
}

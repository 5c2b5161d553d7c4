// Append-only file of checked records: [length u32][crc32 u32][MessagePack]. A record is either whole or not there; a torn end (crash while
// writing) is cut off when the file is opened. Shared by spool and command journal.
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { crc32 } from "node:zlib";
import { Packr } from "msgpackr";

const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });
const HEADER = 8;
/** A length beyond this is damage, not a record. */
const RECORD_BYTES_MAX = 16 * 1024 * 1024;

export type RecordAt = { value: unknown; offset: number; bytes: number };

/** Bytes of one record as they stand in the file. */
export function recordBytes(value: unknown): Buffer {
  const body = packr.pack(value);
  const bytes = Buffer.alloc(HEADER + body.length);
  bytes.writeUInt32LE(body.length, 0);
  bytes.writeUInt32LE(crc32(body), 4);
  bytes.set(body, HEADER);
  return bytes;
}

/** The whole records at the start of `bytes`, and where they end; whatever follows is torn or damaged. */
export function parseRecords(bytes: Buffer): { records: RecordAt[]; end: number } {
  const records: RecordAt[] = [];
  let offset = 0;
  while (offset + HEADER <= bytes.length) {
    const length = bytes.readUInt32LE(offset);
    if (length > RECORD_BYTES_MAX || offset + HEADER + length > bytes.length) break;
    const body = bytes.subarray(offset + HEADER, offset + HEADER + length);
    if (crc32(body) !== bytes.readUInt32LE(offset + 4)) break;
    try {
      records.push({ value: packr.unpack(body), offset, bytes: HEADER + length });
    } catch {
      break; // right sum, unreadable content: written by something else
    }
    offset += HEADER + length;
  }
  return { records, end: offset };
}

export class RecordLog {
  readonly path: string;
  readonly #fd: number;
  #size: number;

  private constructor(path: string, fd: number, size: number) {
    this.path = path;
    this.#fd = fd;
    this.#size = size;
  }

  /** Opens or makes the file and gives what is in it; a torn end is removed for good. @throws on I/O errors */
  static open(path: string): { log: RecordLog; records: RecordAt[] } {
    const fd = openSync(path, "a+", 0o600);
    const { records, end } = parseRecords(readFileSync(fd));
    if (fstatSync(fd).size > end) {
      ftruncateSync(fd, end);
      fdatasyncSync(fd);
    }
    return { log: new RecordLog(path, fd, end), records };
  }

  get size(): number {
    return this.#size;
  }

  /** Appends and waits for the disk. On failure (disk full) the file is as before. @throws on I/O errors */
  append(value: unknown): RecordAt {
    const bytes = recordBytes(value);
    const offset = this.#size;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
      fdatasyncSync(this.#fd);
    } catch (err) {
      ftruncateSync(this.#fd, offset);
      throw err;
    }
    this.#size += bytes.length;
    return { value, offset, bytes: bytes.length };
  }

  /** Reads one record again. @throws when it is not whole */
  read(offset: number, bytes: number): unknown {
    const buffer = Buffer.alloc(bytes);
    readSync(this.#fd, buffer, 0, bytes, offset);
    const [record] = parseRecords(buffer).records;
    if (!record) throw new Error(`${this.path}: record at ${offset} is damaged`);
    return record.value;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

// Kernel log lines as events: follows /dev/kmsg, continues after a restart where it was, sends in small batches with a bound.
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { KernelEvent } from "../../protocol/facts.ts";
import { codeOf } from "../host/errors.ts";
import type { MemoryFile } from "../memory.ts";

/** One record of /dev/kmsg: "priority,sequence,microseconds,flags;message", then lines of properties (kernel Documentation/ABI/testing/dev-kmsg). */
export function parseKmsg(record: string, bootedAtMs: number): KernelEvent | null {
  const end = record.indexOf(";");
  if (end < 0) return null;
  const [priority, seq, micros] = record.slice(0, end).split(",").map(Number);
  if (priority === undefined || seq === undefined || micros === undefined || Number.isNaN(priority + seq + micros))
    return null;
  const newline = record.indexOf("\n", end);
  const message = record.slice(end + 1, newline < 0 ? undefined : newline);
  return {
    seq,
    at: Math.round(bootedAtMs + micros / 1_000),
    level: priority & 7,
    facility: priority >> 3,
    message: message
      .replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
      .slice(0, 2_000),
  };
}

/** Least urgent level that is sent: 6 = informational. */
const LEVEL_MAX = 6;
/** Lines a minute; a flood is cut and counted. */
const PER_MINUTE = 300;
const POLL_MS = 1_000;
const BATCH = 100;

export class KernelLog {
  readonly #memory: MemoryFile;
  readonly #bootId: string;
  readonly #bootedAtMs: number;
  readonly #send: (events: KernelEvent[]) => void;
  readonly #observe: (event: KernelEvent) => void;
  #fd: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #minute = 0;
  #inMinute = 0;
  #leftOut = 0;

  /**
   * @param send gets lines in bounded batches
   * @param observe gets every line, once: those since the last stop too, and after a reboot all of this boot
   */
  constructor(
    memory: MemoryFile,
    bootId: string,
    bootedAtMs: number,
    send: (events: KernelEvent[]) => void,
    observe: (event: KernelEvent) => void = () => undefined,
  ) {
    this.#memory = memory;
    this.#bootId = bootId;
    this.#bootedAtMs = bootedAtMs;
    this.#send = send;
    this.#observe = observe;
  }

  /** Starts following. @returns false when the log may not be read here */
  start(): boolean {
    try {
      this.#fd = openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      return false; // not permitted or not there: kernel events are simply not among the facts
    }
    const known = this.#memory.data.kernelLog;
    const from = known?.bootId === this.#bootId ? known.seq : null;
    // The first start begins with what comes now; what was before the agent is not news.
    const isNew = (event: KernelEvent) => (from === null ? known !== null : event.seq > from);
    this.#read((event) => {
      if (isNew(event)) this.#observe(event);
      return from !== null && event.seq > from;
    });
    this.#timer = setInterval(
      () =>
        this.#read((event) => {
          // The kernel's clock stands still while the machine sleeps; a line that was just written is of now.
          this.#observe({ ...event, at: Date.now() });
          return true;
        }),
      POLL_MS,
    );
    return true;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #read(wanted: (event: KernelEvent) => boolean): void {
    const buffer = Buffer.allocUnsafe(8_192);
    const events: KernelEvent[] = [];
    let last: number | null = null;
    // Bounded per turn, so that a flood cannot hold the agent up.
    for (let turn = 0; turn < 20_000 && this.#fd !== null; turn++) {
      try {
        const length = readSync(this.#fd, buffer, 0, buffer.length, null);
        const event = parseKmsg(buffer.toString("utf8", 0, length), this.#bootedAtMs);
        if (!event) continue;
        last = event.seq;
        if (wanted(event) && event.level <= LEVEL_MAX && this.#admit()) events.push(event);
      } catch (err) {
        if (codeOf(err) === "EPIPE") continue; // lines were overwritten before they were read
        break; // EAGAIN: nothing more for now
      }
    }
    for (let at = 0; at < events.length; at += BATCH) this.#send(events.slice(at, at + BATCH));
    if (last !== null) this.#memory.data.kernelLog = { bootId: this.#bootId, seq: last };
  }

  #admit(): boolean {
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#inMinute = 0;
    }
    this.#inMinute += 1;
    if (this.#inMinute <= PER_MINUTE) return true;
    this.#leftOut += 1;
    return false;
  }

  /** Lines left out because there were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }
}

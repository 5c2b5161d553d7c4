// Which facts the gateway lacks: latest state per kind, compared by content hash with what it has acknowledged. One batch is on its way at a time.
import { createHash } from "node:crypto";
import { FRAME_BYTES_MAX } from "../../protocol/constants.ts";
import type { FactKind } from "../../protocol/facts.ts";
import type { WireFact } from "../../protocol/messages.ts";

/** Content hash of a fact: sha-256 of the JSON of `data`, or of the reason where there is none; 16 hex digits. */
export function factHash(data: unknown, error: string | null): string {
  return createHash("sha256")
    .update(data === null ? `!${error}` : JSON.stringify(data))
    .digest("hex")
    .slice(0, 16);
}

/** A batch is closed when it holds this much JSON; MessagePack is smaller, so a frame stays well below its limit. */
const BATCH_BYTES = FRAME_BYTES_MAX / 4;
/** One fact alone may fill a frame up to this. */
const FACT_BYTES_MAX = FRAME_BYTES_MAX * 0.9;

type Held = { fact: WireFact; bytes: number };

export class FactsOutbox {
  #facts = new Map<FactKind, Held>();
  #stored = new Map<string, string>();
  #batch = 0;
  #onTheWay: { batch: number; hashes: Map<FactKind, string> } | null = null;

  /** Takes a collector's outcome. @returns whether the content is other than before */
  set(kind: FactKind, data: unknown, error: string | null, at: number): boolean {
    let fact: WireFact = { kind, hash: factHash(data, error), at, data, error };
    let bytes = data === null ? 200 : JSON.stringify(data).length;
    if (bytes > FACT_BYTES_MAX) {
      const why = `too large to send: ${bytes} bytes`;
      fact = { kind, hash: factHash(null, why), at, data: null, error: why };
      bytes = 200;
    }
    const before = this.#facts.get(kind);
    this.#facts.set(kind, { fact, bytes });
    return before?.fact.hash !== fact.hash;
  }

  /** The latest outcome of a kind. */
  get(kind: FactKind): WireFact | null {
    return this.#facts.get(kind)?.fact ?? null;
  }

  all(): WireFact[] {
    return [...this.#facts.values()].map((held) => held.fact);
  }

  /** A new session: these hashes are stored up there, nothing is on its way. */
  reset(hashes: Record<string, string>): void {
    this.#stored = new Map(Object.entries(hashes));
    this.#onTheWay = null;
  }

  /** The next batch, or null when one is on its way or nothing differs. */
  next(): { batch: number; items: WireFact[] } | null {
    if (this.#onTheWay) return null;
    const items: WireFact[] = [];
    let size = 0;
    for (const { fact, bytes } of this.#facts.values()) {
      if (this.#stored.get(fact.kind) === fact.hash) continue;
      if (items.length > 0 && size + bytes > BATCH_BYTES) break;
      items.push(fact);
      size += bytes;
    }
    if (items.length === 0) return null;
    this.#batch += 1;
    this.#onTheWay = { batch: this.#batch, hashes: new Map(items.map((item) => [item.kind, item.hash])) };
    return { batch: this.#batch, items };
  }

  /** These kinds were asked for: they are sent again even when nothing changed, so that the console knows when they were looked at. */
  resend(kinds: readonly FactKind[]): void {
    for (const kind of kinds) this.#stored.delete(kind);
  }

  /** The gateway stored a batch. @returns whether it was the one on its way */
  acknowledge(batch: number): boolean {
    if (this.#onTheWay?.batch !== batch) return false;
    for (const [kind, hash] of this.#onTheWay.hashes) this.#stored.set(kind, hash);
    this.#onTheWay = null;
    return true;
  }

  /** The acknowledgement did not come: whatever was on its way is sent again. */
  retry(): void {
    this.#onTheWay = null;
  }
}

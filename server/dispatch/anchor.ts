// How far the audit trail had come, written down outside the database: rows cut off later, or a trail made anew, disagree with it (anchors.ts).
import type { Anchor } from "../audit/chain.ts";
import type { Logger } from "../core/log.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import { appendAnchor, readAnchors } from "./anchors.ts";
import type { Queryable } from "./store.ts";

export class Anchoring {
  readonly #options: { dataDir: string; key: () => SigningKey; log: Logger };
  #last: Anchor;

  constructor(options: { dataDir: string; key: () => SigningKey; log: Logger }) {
    this.#options = options;
    const { anchors, faults } = readAnchors(options.dataDir);
    for (const fault of faults) options.log.error({ fault }, "anchor of the audit trail");
    this.#last = anchors.reduce((last, anchor) => (anchor.seq > last.seq ? anchor : last), { seq: 0n, hash: "" });
  }

  /** Writes the head down when it has moved. A trail that is shorter than it was is said, and left to `audit verify`. */
  async write(db: Queryable, now: Date): Promise<void> {
    const { dataDir, key, log } = this.#options;
    const { rows } = await db.query<{ seq: string; hash: string }>(
      "SELECT seq::text, hash FROM audit_head WHERE id = 1",
    );
    const head = rows[0] && { seq: BigInt(rows[0].seq), hash: rows[0].hash };
    if (!head || head.seq === 0n) return;
    if (head.seq < this.#last.seq) log.error({ seq: head.seq.toString() }, "the audit trail is shorter than it was");
    else if (head.seq === this.#last.seq && head.hash !== this.#last.hash)
      log.error({ seq: head.seq.toString() }, "the audit trail was made anew");
    else if (head.seq > this.#last.seq) {
      appendAnchor(dataDir, head, key().privateKey, now);
      this.#last = head;
    }
  }
}

// What a simulated agent has to send: facts that differ from what is stored, one batch at a time, and durable frames until they are acknowledged.
import type { FactKind } from "../../protocol/facts.ts";
import type { AgentToGateway, DurableBody } from "../../protocol/messages.ts";
import type { Own, Templates } from "./templates.ts";

/** `since`: when the first change of the batch was meant to happen, epoch ms. */
export type SentBatch = { batch: number; since: number; count: number };

/** Facts by number of kind; their contents are the templates', shared by the fleet. */
export class OutgoingFacts {
  readonly #templates: Templates;
  readonly #variants: Uint8Array;
  readonly #dirty = new Set<number>();
  #dirtySince = 0;
  #onTheWay: SentBatch | null = null;
  #batch = 0;

  constructor(templates: Templates) {
    this.#templates = templates;
    this.#variants = new Uint8Array(templates.kinds.length);
  }

  /** Everything there is has been stored. */
  get isDone(): boolean {
    return this.#onTheWay === null && this.#dirty.size === 0;
  }

  /** This kind is to be sent, whether or not it is another one. */
  mark(kind: number, at: number): void {
    if (this.#dirty.size === 0) this.#dirtySince = at;
    this.#dirty.add(kind);
  }

  /** The fact of this kind is another one now. */
  change(kind: number, at: number): void {
    this.#variants[kind] = ((this.#variants[kind] ?? 0) + 1) & 0xff;
    this.mark(kind, at);
  }

  ask(kinds: readonly FactKind[], at: number): void {
    for (const kind of kinds) this.mark(this.#templates.kinds.indexOf(kind), at);
  }

  /** A new session: these hashes are stored up there, nothing is on its way. */
  reset(hashes: Record<string, string>, own: Own, at: number): void {
    this.#onTheWay = null;
    this.#dirty.clear();
    for (const [i, kind] of this.#templates.kinds.entries())
      if (hashes[kind] !== this.#templates.hash(i, this.#variants[i] ?? 0, own)) this.mark(i, at);
  }

  /** The next batch, null when one is on its way or nothing differs. @param wall the agent's clock, epoch ms */
  next(own: Own, wall: number): { sent: SentBatch; frame: AgentToGateway } | null {
    if (this.#onTheWay || this.#dirty.size === 0) return null;
    const items = [...this.#dirty].map((kind) => this.#templates.fact(kind, this.#variants[kind] ?? 0, own, wall));
    this.#batch += 1;
    const sent = { batch: this.#batch, since: this.#dirtySince, count: items.length };
    this.#onTheWay = sent;
    this.#dirty.clear();
    return { sent, frame: { type: "facts", batch: sent.batch, items } };
  }

  /** @returns the batch when it was the one on its way */
  stored(batch: number): SentBatch | null {
    const sent = this.#onTheWay;
    if (sent?.batch !== batch) return null;
    this.#onTheWay = null;
    return sent;
  }
}

type Spooled = { seq: number; body: DurableBody; since: number };

/** Durable frames, numbered from one without a gap. */
export class OutgoingDurables {
  #waiting: Spooled[] = [];
  #seq = 0;

  get count(): number {
    return this.#waiting.length;
  }

  add(body: DurableBody, since: number): AgentToGateway {
    this.#seq += 1;
    this.#waiting.push({ seq: this.#seq, body, since });
    return { type: "durable", seq: this.#seq, body };
  }

  /** Since when those were waiting that are stored now, epoch ms. */
  stored(seq: number): number[] {
    this.#seq = Math.max(this.#seq, seq);
    const done = this.#waiting.filter((one) => one.seq <= seq);
    this.#waiting = this.#waiting.filter((one) => one.seq > seq);
    return done.map(({ since }) => since);
  }

  /** What must be sent once more in a new session. */
  all(): AgentToGateway[] {
    return this.#waiting.map(({ seq, body }) => ({ type: "durable", seq, body }));
  }
}

// Runs the collectors: each on its own clock, none waits for another, one that fails or hangs turns into a fact without data and a reason.
import { type FactKind, factSchemas } from "../../protocol/facts.ts";
import { messageOf } from "../host/errors.ts";
import { within } from "../host/wait.ts";
import type { Collector, CollectorContext } from "./define.ts";

export type Outcome = { kind: FactKind; data: unknown; error: string | null; at: number };

type Slot = {
  collector: Collector;
  timer: NodeJS.Timeout | null;
  /** The look that is going on, also after its time ran out. */
  running: Promise<void> | null;
  lateSince: number | null;
};

/** Looks are spread over this at the start, ms, so that they do not all come at once for ever. */
const SPREAD_MS = 2_000;

/** Changes that come together cause one look, ms. */
const HURRY_MS = 300;

export class Harness {
  readonly #slots = new Map<FactKind, Slot>();
  readonly #context: CollectorContext;
  readonly #emit: (outcome: Outcome) => void;
  readonly #failing = new Map<FactKind, string>();
  #stopped = false;

  constructor(list: readonly Collector[], context: CollectorContext, emit: (outcome: Outcome) => void) {
    for (const collector of list)
      this.#slots.set(collector.kind, { collector, timer: null, running: null, lateSince: null });
    this.#context = context;
    this.#emit = emit;
  }

  /** Collectors whose last look failed, with the reason. */
  get failing(): Record<string, string> {
    return Object.fromEntries(this.#failing);
  }

  /** Starts: `first` looks alone, then all others; what its first answer made urgent keeps its earlier moment. */
  async start(first: FactKind): Promise<void> {
    await this.#look(first);
    let index = 0;
    for (const [kind, slot] of this.#slots) {
      if (kind !== first && slot.timer) continue;
      const delay = kind === first ? slot.collector.everyMs : Math.round((index++ / this.#slots.size) * SPREAD_MS);
      this.#schedule(slot, delay);
    }
  }

  /** Looks now at these kinds; resolves when all are done (or late). Their clocks start anew. */
  async collect(kinds: readonly FactKind[]): Promise<void> {
    this.#context.runtimes.forget();
    const early: FactKind[] = kinds.filter((kind) => kind === "runtimes");
    for (const kind of early) await this.#look(kind);
    await Promise.all(kinds.filter((kind) => !early.includes(kind)).map((kind) => this.#look(kind)));
  }

  /** Looks at these kinds soon, without waiting for their clocks: something that they depend on has changed. */
  hurry(kinds: readonly FactKind[]): void {
    for (const kind of kinds) {
      const slot = this.#slots.get(kind);
      if (slot && !slot.running) this.#schedule(slot, HURRY_MS);
    }
  }

  /** No further looks. */
  stop(): void {
    this.#stopped = true;
    for (const slot of this.#slots.values()) if (slot.timer) clearTimeout(slot.timer);
  }

  #schedule(slot: Slot, delayMs: number): void {
    if (this.#stopped) return;
    if (slot.timer) clearTimeout(slot.timer);
    slot.timer = setTimeout(() => void this.#look(slot.collector.kind), delayMs);
  }

  async #look(kind: FactKind): Promise<void> {
    const slot = this.#slots.get(kind);
    if (!slot || this.#stopped) return;
    const { collector } = slot;
    if (slot.running) {
      if (slot.lateSince === null) {
        await slot.running; // someone asked while it looks: that look will do
        return;
      }
      const late = Math.round((Date.now() - slot.lateSince) / 1_000);
      this.#fail(kind, `the look before has not come back for ${floorTo10(late)} s`);
      this.#schedule(slot, collector.everyMs);
      return;
    }
    const look = (async () => collector.read(this.#context))();
    const running = look.then(
      () => undefined,
      () => undefined, // reported below
    );
    slot.running = running;
    void running.then(() => {
      slot.running = null;
      slot.lateSince = null;
    });
    try {
      const data = await within(kind, collector.timeoutMs, look);
      this.#succeed(kind, data);
    } catch (err) {
      if (slot.running === running) slot.lateSince = Date.now();
      this.#fail(kind, messageOf(err));
    }
    this.#schedule(slot, collector.everyMs);
  }

  #succeed(kind: FactKind, data: unknown): void {
    // What the gateway would refuse must not leave the node: a wrong shape is this collector's failure.
    const parsed = factSchemas[kind].safeParse(data);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      this.#fail(kind, `unexpected value at ${issue?.path.join(".")}: ${issue?.message}`);
      return;
    }
    this.#failing.delete(kind);
    this.#emit({ kind, data, error: null, at: Date.now() });
  }

  #fail(kind: FactKind, reason: string): void {
    this.#failing.set(kind, reason);
    this.#emit({ kind, data: null, error: reason, at: Date.now() });
  }
}

/** In tens, so that a long outage does not send a new reason each time. */
const floorTo10 = (seconds: number): number => Math.floor(seconds / 10) * 10;

// Rate and spread of what is signed without anybody's approval, counted from the dispatcher's own ledger: no row of the database can lift them.
import type { Policy } from "./policy.ts";

/** change: a step. evidence: a look, which changes nothing. */
export type Kind = "change" | "evidence";
export type Taken = { at: number; nodeId: string; kind: Kind };

type Rate = { burst: number; perHour: number };

/** A bucket that fills by itself; times in epoch ms and never back. */
class Bucket {
  readonly #rate: Rate;
  #tokens: number;
  #at = 0;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  #fill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    if (this.#at > 0)
      this.#tokens = Math.min(this.#rate.burst, this.#tokens + (passed * this.#rate.perHour) / 3_600_000);
    this.#at = Math.max(this.#at, now);
  }

  hasOne(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= 1;
  }

  take(now: number): void {
    this.#fill(now);
    this.#tokens -= 1;
  }

  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#rate.burst;
  }
}

export class Limits {
  readonly #policy: Policy;
  readonly #fleet: Record<Kind, Bucket>;
  readonly #nodes: Record<Kind, Map<string, Bucket>> = { change: new Map(), evidence: new Map() };
  /** Node → when it was changed last. */
  readonly #changed = new Map<string, number>();

  constructor(policy: Policy) {
    this.#policy = policy;
    this.#fleet = { change: new Bucket(policy.changes.fleet), evidence: new Bucket(policy.evidence.fleet) };
  }

  #bucket(kind: Kind, nodeId: string): Bucket {
    const known = this.#nodes[kind].get(nodeId);
    if (known) return known;
    const bucket = new Bucket(kind === "change" ? this.#policy.changes.node : this.#policy.evidence.node);
    this.#nodes[kind].set(nodeId, bucket);
    return bucket;
  }

  /** How many different nodes may be changed within the window. */
  spreadMax(nodeCount: number): number {
    const { min, ratio, max } = this.#policy.spread;
    return Math.min(max, Math.max(min, Math.floor(nodeCount * ratio)));
  }

  /** Which limit speaks against one more, or null. */
  reached(kind: Kind, nodeId: string, nodeCount: number, now: number): "fleet-rate" | "node-rate" | "spread" | null {
    if (!this.#fleet[kind].hasOne(now)) return "fleet-rate";
    if (!this.#bucket(kind, nodeId).hasOne(now)) return "node-rate";
    if (kind === "evidence" || this.#changed.has(nodeId)) return null;
    return this.#changed.size >= this.spreadMax(nodeCount) ? "spread" : null;
  }

  /** Counts one that was signed; those of a ledger are told in their order. */
  take({ at, nodeId, kind }: Taken): void {
    this.#fleet[kind].take(at);
    this.#bucket(kind, nodeId).take(at);
    if (kind === "change") this.#changed.set(nodeId, at);
  }

  /** Forgets what no longer counts. Call it before a round of decisions. */
  tidy(now: number): void {
    for (const [nodeId, at] of this.#changed)
      if (now - at >= this.#policy.spread.windowMinutes * 60_000) this.#changed.delete(nodeId);
    for (const buckets of Object.values(this.#nodes))
      for (const [nodeId, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(nodeId);
  }
}

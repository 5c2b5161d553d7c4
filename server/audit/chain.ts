// The audit trail as a hash chain, checked link by link. Pure: the same sum as the database's trigger makes, computed here on its own from the raw columns,
// so that whoever changes rows, trigger or function in the database is found.
import { createHash } from "node:crypto";

/** One row as text, the way PostgreSQL prints it; `atMs` is epoch ms. */
export type Link = {
  seq: bigint;
  prevHash: string;
  hash: string;
  id: string;
  atMs: string;
  actor: string;
  actorName: string;
  action: string;
  entity: string;
  entityId: string;
  nodeId: string | null;
  before: string | null;
  after: string | null;
  outcome: string;
  requestId: string | null;
  address: string | null;
};

/** A place in the chain that was written down outside the database. */
export type Anchor = { seq: bigint; hash: string };

export type Fault = {
  /** Place in the chain. */
  seq: bigint;
  /**
   * edited: the row's sum is another; missing: places are empty; unlinked: the row does not follow the one before it; truncated: rows at the end are gone;
   * rewritten: the chain is whole but is another one than was anchored; unguarded: the trigger that makes the chain is off or changed.
   */
  kind: "edited" | "missing" | "unlinked" | "truncated" | "rewritten" | "unguarded";
  detail: string;
};

/** Length in bytes and text, so that nothing can move from one field into the next unseen. */
const field = (value: string | null): string => (value === null ? "-;" : `${Buffer.byteLength(value)}:${value};`);

/** sha-256 (hex) of a row. */
export function linkHash(link: Omit<Link, "hash">): string {
  const { seq, prevHash, id, atMs, actor, actorName, action, entity, entityId, nodeId, before, after } = link;
  const { outcome, requestId, address } = link;
  const fields = [
    seq.toString(),
    prevHash,
    id,
    atMs,
    actor,
    actorName,
    action,
    entity,
    entityId,
    nodeId,
    before,
    after,
  ];
  return createHash("sha256")
    .update([...fields, outcome, requestId, address].map(field).join(""))
    .digest("hex");
}

/** Faults that are kept: a trail that was made anew has one a row. */
const FAULTS_MAX = 100;

/** Takes the rows in the order of `seq`, then the head; says what is wrong. */
export class ChainCheck {
  readonly faults: Fault[] = [];
  /** Faults in all, also those that are not kept. */
  faultCount = 0;
  rows = 0;
  #last: { seq: bigint; hash: string } = { seq: 0n, hash: "" };
  readonly #anchors: Map<bigint, string>;
  readonly #lastAnchor: Anchor | null;

  constructor(anchors: readonly Anchor[]) {
    this.#anchors = new Map(anchors.map(({ seq, hash }) => [seq, hash]));
    this.#lastAnchor = anchors.reduce<Anchor | null>((last, a) => (last && last.seq > a.seq ? last : a), null);
  }

  add(link: Link): void {
    this.rows += 1;
    const { seq, prevHash, hash } = link;
    const expected = this.#last.seq + 1n;
    if (seq !== expected)
      this.#say(expected, "missing", seq > expected ? `${seq - expected} rows are gone before ${seq}` : `${seq} twice`);
    else if (prevHash !== this.#last.hash) this.#say(seq, "unlinked", "it does not follow the row before it");
    if (linkHash(link) !== hash) this.#say(seq, "edited", `${link.action} by ${link.actorName}: the row was changed`);
    const anchored = this.#anchors.get(seq);
    if (anchored !== undefined && anchored !== hash)
      this.#say(seq, "rewritten", "another row stood here when it was anchored");
    this.#last = { seq, hash };
  }

  /** @param head what the database believes to be the end */
  end(head: Anchor): void {
    const { seq, hash } = this.#last;
    if (head.seq > seq) this.#say(seq + 1n, "truncated", `${head.seq - seq} rows at the end are gone`);
    else if (head.seq < seq || head.hash !== hash) this.#say(head.seq, "rewritten", "the chain's head is another one");
    const anchor = this.#lastAnchor;
    if (anchor && anchor.seq > seq && anchor.seq > head.seq)
      this.#say(seq + 1n, "truncated", `${anchor.seq - seq} rows were anchored and are gone`);
  }

  /** The database's own guard does not stand as the migrations made it. */
  unguarded(detail: string): void {
    this.#say(0n, "unguarded", detail);
  }

  #say(seq: bigint, kind: Fault["kind"], detail: string): void {
    this.faultCount += 1;
    if (this.faults.length < FAULTS_MAX) this.faults.push({ seq, kind, detail });
  }
}

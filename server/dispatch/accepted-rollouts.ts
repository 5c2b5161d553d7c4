// The rollouts whose signatures were enough, each in a file of the dispatcher's own folder with the nodes that it is for: neither a row that was changed nor
// a node that was removed makes it another, its way back needs no new signature, and no restart forgets it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Risk } from "../../protocol/statement.ts";
import { writeDurably } from "../core/durable.ts";
import { dispatcherFolder } from "../core/secrets.ts";
import { RolloutPace } from "./rollout-pace.ts";
import { type AcceptedRollout, type Targets, targetsOf } from "./rollout-rules.ts";

/** After so long a rollout must be approved anew, ms: waves with days of soaking and windows at week-ends are done by then. */
export const ROLLOUT_REMEMBER_MS = 30 * 24 * 3_600_000;
/** Sets of ids that are kept in memory; of 100,000 nodes each takes about 15 MB. */
const SETS_MAX = 20;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const File = z.strictObject({
  v: z.literal(1),
  at: z.number(),
  accepted: z.strictObject({
    rolloutId: z.uuid(),
    changeHash: Hash,
    targetHash: Hash,
    policyHash: Hash,
    lane: z.enum(["normal", "fast"]),
    risk: Risk,
  }),
  by: z.array(z.strictObject({ person: z.string(), keyId: z.string(), challenge: z.string() })),
  /** None any more once it is over. */
  nodeIds: z.array(z.uuid()),
  /** It was seen to be over: nothing is signed for it any more, whatever its row says later. */
  isOver: z.boolean().default(false),
});
type Entry = { at: number; accepted: AcceptedRollout; by: By; isOver: boolean };
export type By = z.output<typeof File>["by"];

export class AcceptedRollouts {
  readonly #folder: string;
  readonly #entries = new Map<string, Entry>();
  /** Target hash → the nodes; what a hash names never changes. */
  readonly #sets = new Map<string, Targets>();
  readonly pace: RolloutPace;

  /** @throws Error when a file cannot be read: whoever forgets what was approved might take another for it */
  constructor(dataDir: string, now: number) {
    this.#folder = join(dispatcherFolder(dataDir), "rollouts");
    this.pace = new RolloutPace(this.#folder);
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(".json")) continue; // half-written before a crash: nobody has acted on it
      const { at, accepted, by, isOver } = this.#read(name.slice(0, -".json".length));
      this.#entries.set(accepted.rolloutId, { at, accepted, by, isOver });
    }
    this.tidy(now);
  }

  #path(rolloutId: string): string {
    return join(this.#folder, `${rolloutId}.json`);
  }

  #read(rolloutId: string): z.output<typeof File> {
    const path = this.#path(rolloutId);
    const parsed = File.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (!parsed.success || parsed.data.accepted.rolloutId !== rolloutId) throw new Error(`${path} is damaged`);
    if (parsed.data.isOver) return parsed.data;
    const targets = targetsOf(parsed.data.nodeIds);
    if (targets.hash !== parsed.data.accepted.targetHash) throw new Error(`${path} is damaged: other nodes`);
    this.keep(targets);
    return parsed.data;
  }

  /** Null when it was not accepted, and when it is over. */
  get(rolloutId: string): AcceptedRollout | null {
    const entry = this.#entries.get(rolloutId);
    return entry && !entry.isOver ? entry.accepted : null;
  }

  isOver(rolloutId: string): boolean {
    return this.#entries.get(rolloutId)?.isOver === true;
  }

  /** Ids of those that are not over. */
  open(): string[] {
    return [...this.#entries].flatMap(([id, { isOver }]) => (isOver ? [] : [id]));
  }

  /** Durable when it returns. An approval is for one time: a row that is set back to "running" afterwards brings the change to nobody. */
  end(rolloutId: string): void {
    const entry = this.#entries.get(rolloutId);
    if (!entry || entry.isOver) return;
    entry.isOver = true;
    const { at, accepted, by } = entry;
    this.#write({ v: 1, at, accepted, by, nodeIds: [], isOver: true });
    this.pace.forget(rolloutId);
  }

  #write(file: z.output<typeof File>): void {
    writeDurably(this.#path(file.accepted.rolloutId), JSON.stringify(file));
  }

  /** The nodes of a hash, as far as they are known here. */
  targets(hash: string, rolloutId: string): Targets | null {
    const known = this.#sets.get(hash);
    if (known) {
      this.keep(known);
      return known;
    }
    if (this.get(rolloutId)?.targetHash !== hash) return null;
    return targetsOf(this.#read(rolloutId).nodeIds);
  }

  /** Remembers the nodes of a hash that was worked out here; the least used are forgotten. */
  keep(targets: Targets): void {
    this.#sets.delete(targets.hash);
    this.#sets.set(targets.hash, targets);
    const oldest = this.#sets.keys().next();
    if (this.#sets.size > SETS_MAX && !oldest.done) this.#sets.delete(oldest.value);
  }

  /** Durable when it returns. What was accepted once stays as it was: an id is approved for one content only. */
  add(accepted: AcceptedRollout, targets: Targets, by: By, now: number): void {
    if (this.#entries.has(accepted.rolloutId)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#write({ v: 1, at: now, accepted, by, nodeIds: [...targets.ids], isOver: false });
    this.#entries.set(accepted.rolloutId, { at: now, accepted, by, isOver: false });
    this.keep(targets);
  }

  tidy(now: number): void {
    for (const [rolloutId, { at }] of this.#entries) {
      if (now - at <= ROLLOUT_REMEMBER_MS) continue;
      rmSync(this.#path(rolloutId), { force: true });
      this.pace.forget(rolloutId);
      this.#entries.delete(rolloutId);
    }
  }
}

// The hands of the engine: events go in one after the other, what it decides is carried out and stored with it, all in one transaction.

import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { Text } from "../../protocol/text.ts";
import { step } from "../../rollout/step.ts";
import type { Effect, Event, Phase, State } from "../../rollout/types.ts";
import { writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { finishAtCentre } from "./centre.ts";
import { appendLog, type LogEntry } from "./event-log.ts";
import { readMoves } from "./moves.ts";
import { type Loaded, projection } from "./rows.ts";
import { send } from "./send.ts";
import { sendBack } from "./send-back.ts";
import { release, retryFailed, returnTried, withdraw } from "./withdraw.ts";

/** What is left to do when the transaction is committed; a sweep makes up for what is lost. */
export type Aftermath = {
  /** Runs to be brought forward. */
  runIds: string[];
  /** Waves to be judged. */
  judge: number[];
  /** Sending stopped at the most that one transaction does: the rest follows in the next one, at once. */
  isCut: boolean;
  rollout: Loaded;
};

/** An event, and by whom. */
export type Given = { event: Event; actor: string };

/** One transaction takes in so many events at most: an engine that goes in circles is a mistake of ours, not an endless transaction. */
const EVENTS_MAX = 200;

const system = "system:workers";
/** What only workers do. */
const LATER: ReadonlySet<Effect["type"]> = new Set(["dispatch", "revert", "judge", "ask-gate"]);
/** What brings nodes forth or back. */
const SENDS: ReadonlySet<Effect["type"]> = new Set(["dispatch", "revert"]);

const withoutTime = ({ heardAt: _heardAt, seq: _seq, ...state }: State): string => canonicalJson(state);

/**
 * Takes events in, in their order, each after what has moved until then. The row must be locked (`lockRollout`).
 * @param options.isDeferred for verbs: sending and asking others is left to the workers, who are due at once. The engine asks again at their tick.
 */
export async function drive(
  tx: Tx,
  rollout: Loaded,
  events: readonly Given[],
  now: Date,
  { isDeferred = false }: { isDeferred?: boolean } = {},
): Promise<Aftermath> {
  const driver = new Driver(tx, rollout, now, isDeferred);
  await driver.takeMoves();
  for (const { event, actor } of events)
    await (event.type === "tick" ? driver.takeTick(event, actor) : driver.take(event, actor));
  await driver.store();
  return driver.after;
}

const isBack = (phase: Phase): boolean => phase === "rolling-back" || phase === "rolled-back";

class Driver {
  readonly #tx: Tx;
  readonly #now: Date;
  readonly #log: Omit<LogEntry, "seq">[] = [];
  readonly after: Aftermath;
  readonly #isDeferred: boolean;
  #taken = 0;
  #isDue = false;

  constructor(tx: Tx, rollout: Loaded, now: Date, isDeferred: boolean) {
    this.#tx = tx;
    this.#now = now;
    this.#isDeferred = isDeferred;
    this.after = { runIds: [], judge: [], isCut: false, rollout };
  }

  /** One event, everything that it leads to, and what moves by that. */
  async take(event: Event, actor: string): Promise<void> {
    this.#taken += 1;
    const { rollout } = this.after;
    if (this.#taken > EVENTS_MAX) throw new Error(`rollout ${rollout.id}: more than ${EVENTS_MAX} events at once`);
    const { state, effects } = step(rollout.state, event, rollout.policy);
    if (effects.length === 0 && canonicalJson(state) === canonicalJson(rollout.state)) return;
    if (isBack(state.phase) && !isBack(rollout.state.phase)) {
      const tried = await returnTried(this.#tx, rollout.id, rollout.state.wave, this.#now);
      if (tried > 0) {
        await this.takeMoves();
        return this.take(event, actor);
      }
    }
    this.after.rollout = { ...rollout, state };
    this.#log.push({ at: this.#now, type: event.type, actor, event, effects, phase: state.phase });
    if (state.phase === "succeeded" && rollout.state.phase !== "succeeded")
      await finishAtCentre(this.#tx, rollout, this.#now);
    for (const effect of effects) await this.#carryOut(effect);
  }

  /** A tick that changes nothing but the time leaves no trace: a rollout that waits for room for days would have thousands of them. */
  async takeTick(event: Event, actor: string): Promise<void> {
    const { rollout } = this.after;
    const [logged, begun] = [this.#log.length, this.after.runIds.length];
    await this.take(event, actor);
    const isQuiet =
      this.after.runIds.length === begun &&
      this.#log.slice(logged).every(({ effects }) => effects.every(({ type }) => SENDS.has(type))) &&
      withoutTime(this.after.rollout.state) === withoutTime(rollout.state);
    if (!isQuiet) return;
    this.after.rollout = rollout;
    this.#log.length = logged;
  }

  /** What moved since the engine last heard of it. */
  async takeMoves(): Promise<void> {
    const { id, state } = this.after.rollout;
    const moves = await readMoves(this.#tx, id, state);
    if (moves.length > 0) await this.take({ type: "moved", at: this.#now.getTime(), moves }, system);
  }

  async #carryOut(effect: Effect): Promise<void> {
    const { rollout } = this.after;
    if (this.#isDeferred && LATER.has(effect.type)) {
      this.#isDue = true;
      return;
    }
    // Enough for one transaction, or frozen since it was last looked at: the next tick is due at once, and says so and pauses if it is frozen.
    if (SENDS.has(effect.type) && (this.after.isCut || (await isFrozen(this.#tx)))) {
      this.#isDue = true;
      return;
    }
    switch (effect.type) {
      case "dispatch":
      case "revert": {
        const carry = effect.type === "dispatch" ? send : sendBack;
        const { runIds, sum, isCut } = await carry(this.#tx, rollout, effect, this.#now);
        for (const id of runIds) this.after.runIds.push(id);
        if (isCut) {
          this.after.isCut = true;
          this.#isDue = true;
        }
        return this.#heard(effect.wave, sum);
      }
      case "withdraw":
        this.after.runIds.push(...(await withdraw(this.#tx, rollout.id)));
        return;
      case "retry":
        await retryFailed(this.#tx, rollout.id, effect.wave, this.#now);
        return this.takeMoves();
      case "release":
        await release(this.#tx, rollout.id, effect.wave, this.#now);
        return;
      case "judge":
        this.after.judge.push(effect.wave);
        return;
      case "ask-gate":
        return; // it stands in the state: persons see it, programs are asked by a job of their own
      case "tell":
        return this.#tell(effect.kind, effect.why);
    }
  }

  /** Less was given than asked for: said once, then it is asked again at the next tick. */
  async #heard(wave: number, sum: Text | null): Promise<void> {
    const before = this.#taken;
    await this.takeMoves();
    if (!sum) return;
    // What moved has led to a further ask, which was refused in its turn: it is said already.
    const isSaid = this.#log.some(
      ({ event }, i) => i >= this.#log.length - (this.#taken - before) && event.type === "refused",
    );
    if (!isSaid) await this.take({ type: "refused", at: this.#now.getTime(), wave, sum }, system);
  }

  async #tell(kind: string, why: Text): Promise<void> {
    const { id, origin, state } = this.after.rollout;
    if (origin === "single") return; // its run says all that there is
    await writeAudit(this.#tx, {
      actor: systemActor("workers"),
      action: `rollouts.${kind}`,
      at: this.#now,
      requestId: null,
      outcome: "done",
      entry: { entity: ["rollout", id], after: { why: why.en, wave: state.wave } },
    });
  }

  /** Writes state and log. @throws when somebody else brought the rollout forward in between */
  async store(): Promise<void> {
    const { rollout } = this.after;
    const { count } = await this.#tx.rollout.updateMany({
      where: { id: rollout.id, version: rollout.version },
      data: {
        ...projection(rollout, this.#now),
        ...(this.#isDue ? { dueAt: this.#now } : {}),
        ...(rollout.state.phase === "approved" && !rollout.approvedAt ? { approvedAt: this.#now } : {}),
        version: { increment: 1 },
      },
    });
    if (count !== 1) throw new Error(`rollout ${rollout.id} was brought forward by somebody else`);
    if (this.#log.length === 0) return;
    await appendLog(this.#tx, rollout.id, this.#log);
    await publishChanges(this.#tx, [{ domain: "rollouts", ids: [rollout.id] }]);
  }
}

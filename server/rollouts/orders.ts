// What persons order while a rollout is under way: pause, go on, promote, abort, take back, try again, open a gate. The engine says what it means; workers carry it out.
import type { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import { step } from "../../rollout/step.ts";
import type { Event } from "../../rollout/types.ts";
import type { Permission } from "../core/access.ts";
import { type Actor, actorRef, personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import type { Scope } from "../core/scope.ts";
import { mutation } from "../core/verb.ts";
import { refuseWhileFrozen } from "../freeze/frozen.ts";
import { requireAll } from "./access.ts";
import { drive } from "./drive.ts";
import { advanceRollouts } from "./jobs.ts";
import { type Loaded, lockRollout } from "./rows.ts";
import { DecideGate, RolloutAct } from "./schema.ts";
import { mayRun } from "./stops.ts";

/** Whether an order would do anything now, and the engine's own word where it would not. */
export function wouldDo(
  { state, policy }: Pick<Loaded, "state" | "policy">,
  event: Event,
): { can: boolean; why: Text | null } {
  const { state: next, effects } = step(state, event, policy);
  const can =
    effects.length > 0 || next.phase !== state.phase || next.stage !== state.stage || next.wave !== state.wave;
  const isTold = next.why !== null && next.why.en !== state.why?.en;
  return { can, why: can || !isTold ? null : next.why };
}

type Args = { tx: Tx; actor: Actor; scope: Scope; now: () => Date };
type Made = (at: number, by: string, why: Text, rollout: Loaded) => Event | Promise<Event>;

/** mayWait: it may do nothing yet and count all the same, a second person's word makes it hold; isOwn: who began it may do so wherever its nodes are by now */
type Order = { mayWait?: boolean; isOwn?: boolean };

async function order(
  args: Args,
  id: string,
  reason: string,
  make: Made,
  { mayWait = false, isOwn = false }: Order = {},
) {
  const { tx, actor, scope, now } = args;
  // A change of labels may move nodes out of its author's reach in the middle: what one began one can always end.
  const isBegunByThem =
    isOwn && (await tx.rollout.count({ where: { id, origin: "person", requestedBy: actorRef(actor) } })) > 0;
  if (!isBegunByThem) await requireAll(tx, scope, id);
  const rollout = await lockRollout(tx, id);
  if (!rollout) throw new AppError("not_found", `no rollout ${id}`);
  const at = now();
  const event = await make(at.getTime(), actor.name, { en: reason, zh: reason }, rollout);
  const { can, why } = wouldDo(rollout, event);
  if (!can && !(mayWait && why))
    throw new AppError("conflict", `${event.type}: ${id} is ${rollout.state.phase}`, {
      publicMessage: why?.en ?? "That is not possible as it stands now.",
      details: why ? { refusal: why } : {},
    });
  const owner = await takeOver(tx, rollout, event, actor, at);
  const { rollout: after } = await drive(tx, rollout, [{ event, actor: actorRef(actor) }], at, { isDeferred: true });
  return {
    result: { id, phase: after.state.phase, why: after.state.why },
    audit: {
      entity: ["rollout", id] as const,
      before: { phase: rollout.state.phase, wave: rollout.state.wave },
      after: { phase: after.state.phase, wave: after.state.wave, reason, ...owner },
    },
    changes: [{ domain: "rollouts" as const, ids: [id] }],
    after: () => enqueue(advanceRollouts, { rolloutIds: [id] }),
  };
}

/** Whoever goes on with it in place of somebody who may not any more is the one it runs for from then on. */
async function takeOver(tx: Tx, rollout: Loaded, { type }: Event, actor: Actor, now: Date) {
  if ((type !== "resume" && type !== "roll-back") || (await mayRun(tx, rollout, now))) return {};
  const by = { requestedBy: actorRef(actor), requestedByName: actor.name };
  await tx.rollout.update({ where: { id: rollout.id }, data: by, select: { id: true } });
  return by;
}

type Options = { stepUp?: boolean; access?: Permission; isStop?: boolean; isOwn?: boolean };

const verb = (name: string, make: Made, options: Options = {}) => {
  const { stepUp = false, access = "rollouts:run", isStop = false, isOwn = isStop } = options;
  return mutation({
    name: `rollouts.${name}`,
    access,
    on: "node",
    stepUp,
    input: RolloutAct,
    async run(args, { id, reason }: z.output<typeof RolloutAct>) {
      // To stop is always allowed; to go on is not while the fleet is frozen.
      if (!isStop) await refuseWhileFrozen(args.tx);
      return order(args, id, reason, make, { isOwn });
    },
  });
};

export const pauseRollout = verb("pause", (at, by, why) => ({ type: "pause", at, by, why }), { isStop: true });
export const abortRollout = verb("abort", (at, by, why) => ({ type: "abort", at, by, why }), { isStop: true });
export const resumeRollout = verb("resume", (at, by, why) => ({ type: "resume", at, by, why }), { stepUp: true });
export const rollBackRollout = verb("rollBack", (at, by, why) => ({ type: "roll-back", at, by, why }), {
  stepUp: true,
  isOwn: true,
});
export const retryRollout = verb("retry", (at, by, why) => ({ type: "retry", at, by, why }));

/** Ends the soak of the present wave early. Before the policy's least exposure it takes a second person; the first one's word waits for it. */
export const promoteRollout = mutation({
  name: "rollouts.promote",
  access: "rollouts:run",
  on: "node",
  stepUp: true,
  input: RolloutAct,
  async run(args, { id, reason }) {
    await refuseWhileFrozen(args.tx);
    const make: Made = async (at, by, why, { state }) => {
      const since = new Date(state.waves[state.wave]?.settledAt ?? at);
      const said = await args.tx.rolloutEvent.findMany({
        where: { rolloutId: id, type: "promote", at: { gte: since } },
        select: { actor: true },
      });
      const me = personOf(args.actor);
      const others = said.filter(({ actor }) => actor.startsWith("user:") && actor !== me).map(({ actor }) => actor);
      const persons = me === null ? 1 : new Set([...others, me]).size;
      return { type: "promote", at, by, persons, why };
    };
    return order(args, id, reason, make, { mayWait: true });
  },
});

/** Opens a gate that a person decides, or keeps it shut, which pauses. */
export const decideGate = mutation({
  name: "rollouts.decideGate",
  access: "rollouts:approve",
  on: "node",
  stepUp: true,
  input: DecideGate,
  async run(args, { id, after, isOpen, reason }) {
    if (isOpen) await refuseWhileFrozen(args.tx);
    const make: Made = (at, by, why, { state }) => {
      if (state.gate?.kind === "webhook")
        throw new AppError("conflict", `gate of ${id} is a webhook's`, {
          publicMessage: "A program decides about this gate, not a person.",
        });
      return { type: "gate", at, after, isOpen, by, why };
    };
    return order(args, id, reason, make);
  },
});

// The job of a gate between waves that a program opens: asks it outside of any transaction, and gives its yes to the engine as an event of its own.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Phase } from "../../rollout/types.ts";
import { ADVANCE_TX, enqueueRuns, giveEvents } from "./advance.ts";
import { askGate, waitingGate } from "./gates.ts";
import { rolloutColumns, toLoaded } from "./rows.ts";

/**
 * Asks the gate that the rollout waits for. An answer that comes late, or twice, opens no other gate: it names the one that was asked.
 * @returns the phase that the rollout is in after the gate opened; null while it is shut, or none waits
 */
export async function answerGate(
  db: PrismaClient,
  id: string,
  now: () => Date,
  ask: typeof askGate = askGate,
): Promise<Phase | null> {
  const row = await db.rollout.findUnique({ where: { id }, select: rolloutColumns });
  const rollout = row && toLoaded(row);
  const waiting = rollout && waitingGate(rollout);
  const event = waiting && (await ask(waiting, rollout, now));
  if (!event) return null;
  const given = [{ event, actor: "system:workers" }];
  const after = await db.$transaction((tx) => giveEvents(tx, id, given, now()), ADVANCE_TX);
  if (after) await enqueueRuns(after.runIds);
  return after?.rollout.state.phase ?? null;
}

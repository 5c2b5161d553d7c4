// Brings one rollout as far as it can go now: what happened becomes events, the engine decides, its hands carry it out. Doing it again, or twice at once, does no harm.
import { setTimeout as sleep } from "node:timers/promises";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { dueAt, isFinal } from "../../rollout/step.ts";
import type { Phase } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";
import { addBulk } from "../core/queue.ts";
import { advanceRepairs } from "../repairs/jobs.ts";
import { isOver, RepairState } from "../repairs/schema.ts";
import { type Aftermath, drive, type Given } from "./drive.ts";
import { waitingGate } from "./gates.ts";
import { askGates } from "./jobs.ts";
import { type Loaded, lockRollout, STANDS_MS } from "./rows.ts";
import { stopOf } from "./stops.ts";
import { CLOCK_SLACK_MS } from "./sweep.ts";
import { judgeWave, watchBefore } from "./watch.ts";
import { timeOut } from "./withdraw.ts";

/** A turn takes about a second at most (SEND_MAX); so long on a database that has other things to do. */
export const ADVANCE_TX = { timeout: 60_000, maxWait: 10_000 };
/** Pause between two parts of a wave, ms: time for whoever waits for the rollout's row to wake up and take it. */
const LET_IN_MS = 10;
/** Runs in one job. */
const RUNS_A_JOB = 500;

const WORKERS = "system:workers";

/** Where the judge is asked; tests give their own. */
export type Hands = { judge: typeof judgeWave };
const hands: Hands = { judge: judgeWave };

/** @returns the phase that it is in afterwards; null when there is no such rollout */
export async function advanceRollout(
  db: PrismaClient,
  id: string,
  now: () => Date,
  { judge }: Hands = hands,
): Promise<Phase | null> {
  const asked: number[] = [];
  // A large wave goes out part by part, each in a transaction of its own: whoever wants to stop it has the turn between two.
  const part = async (): Promise<Aftermath | null> => {
    const done = await db.$transaction((tx) => advanceOnce(tx, id, now()), ADVANCE_TX);
    if (!done) return null;
    await enqueueRuns(done.runIds);
    asked.push(...done.judge);
    return done;
  };
  let after = await part();
  while (after?.isCut) {
    await sleep(LET_IN_MS);
    after = await part();
  }
  if (!after) return null;
  await watchBefore(db, after.rollout, now());
  // What takes long, or asks others, happens outside of the transaction; its answer comes in as an event of its own.
  const answers: Given[] = [];
  for (const wave of new Set(asked))
    answers.push(...(await judge(db, after.rollout, wave, now())).map((event) => ({ event, actor: "system:judge" })));
  if (answers.length > 0) {
    after = await db.$transaction((tx) => giveEvents(tx, id, answers, now()), ADVANCE_TX);
    if (after) await enqueueRuns(after.runIds);
    if (after?.isCut) return advanceRollout(db, id, now, { judge });
  }
  // Somebody else's program may take its time, and is asked where nobody waits behind it.
  if (after && waitingGate(after.rollout)) await enqueueGate(id);
  return after?.rollout.state.phase ?? null;
}

async function advanceOnce(tx: Tx, id: string, now: Date): Promise<Aftermath | null> {
  const rollout = await lockRollout(tx, id);
  if (!rollout) return null;
  const { phase } = rollout.state;
  const at = now.getTime();
  const late = isFinal(phase) ? [] : await timeOut(tx, rollout, now);
  const events: Given[] = [];
  if (phase === "running" || phase === "rolling-back") {
    const stop = await stopOf(tx, rollout, now);
    if (stop) events.push(stop);
    else if (isDue(rollout, now)) events.push({ event: { type: "tick", at }, actor: WORKERS });
  }
  if (rollout.origin === "single") events.push(...(await endOfSingle(tx, rollout, now)));
  else if (phase === "planned" && rollout.approveBy && rollout.approveBy <= now)
    events.push({ event: { type: "abort", at, by: WORKERS, why: NOBODY }, actor: WORKERS });
  else if (phase === "paused" && rollout.origin === "auto" && at >= (rollout.state.heardAt ?? at) + STANDS_MS)
    events.push({ event: { type: "abort", at, by: WORKERS, why: LEFT }, actor: WORKERS });
  const after = await drive(tx, rollout, events, now);
  return { ...after, runIds: [...after.runIds, ...late] };
}

/** A clock that was put back must not leave it standing until the old time has come again. */
function isDue({ state, policy, dueAt: stored }: Loaded, now: Date): boolean {
  const at = now.getTime();
  if ((state.heardAt ?? 0) > at + CLOCK_SLACK_MS) return true;
  const due = dueAt(state, policy) ?? Number.POSITIVE_INFINITY;
  return Math.min(due, stored?.getTime() ?? Number.POSITIVE_INFINITY) <= at;
}

const LEFT: Text = {
  en: "It was paused for a day, and nobody looked at it.",
  zh: "已暂停一天，无人处理。",
};
const NOBODY: Text = { en: "Nobody approved it in time.", zh: "没有人在期限内批准。" };

/** A rollout of one run is over when its run is, however that ended. */
async function endOfSingle(tx: Tx, { id, state }: Loaded, now: Date): Promise<Given[]> {
  if (isFinal(state.phase)) return [];
  const run = await tx.repair.findFirst({ where: { rolloutId: id }, select: { state: true, outcome: true } });
  if (!run || !isOver(RepairState.parse(run.state)) || run.state === "succeeded") return [];
  const why = (run.outcome as Text | null) ?? { en: "Its run is over.", zh: "其执行已结束。" };
  return [{ event: { type: "abort", at: now.getTime(), by: WORKERS, why }, actor: WORKERS }];
}

/** Locks the rollout and takes these events in. @returns null when there is no such rollout */
export async function giveEvents(
  tx: Tx,
  id: string,
  events: readonly Given[],
  now: Date,
  options: { isDeferred?: boolean } = {},
): Promise<Aftermath | null> {
  const rollout = await lockRollout(tx, id);
  return rollout && drive(tx, rollout, events, now, options);
}

async function enqueueGate(rolloutId: string): Promise<void> {
  if (!process.env.DATABASE_URL) return;
  await addBulk(askGates, [{ rolloutId }]).catch((err: unknown) => {
    console.warn(JSON.stringify({ level: "warn", msg: "a gate was not asked", rolloutId, err: String(err) }));
  });
}

/** Has these runs brought forward; a queue that does not answer is made up for by the repairs' sweep. */
export async function enqueueRuns(runIds: readonly string[]): Promise<void> {
  const unique = [...new Set(runIds)];
  const jobs = [];
  for (let i = 0; i < unique.length; i += RUNS_A_JOB) jobs.push({ repairIds: unique.slice(i, i + RUNS_A_JOB) });
  if (jobs.length === 0 || !process.env.DATABASE_URL) return;
  await addBulk(advanceRepairs, jobs).catch((err: unknown) => {
    console.warn(JSON.stringify({ level: "warn", msg: "runs were not enqueued", err: String(err) }));
  });
}

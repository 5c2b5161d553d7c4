// Brings one rollout as far as it can go now: what happened becomes events, the engine decides, its hands carry it out. Doing it again, or twice at once, does no harm.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { dueAt, isFinal } from "../../rollout/step.ts";
import type { Event, Phase } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";
import { addBulk } from "../core/queue.ts";
import { isFrozen, standingFreeze } from "../freeze/frozen.ts";
import { advanceRepairs } from "../repairs/jobs.ts";
import { isOver, RepairState } from "../repairs/schema.ts";
import { type Aftermath, drive } from "./drive.ts";
import { askGate } from "./gates.ts";
import { type Loaded, lockRollout } from "./rows.ts";
import { judgeWave } from "./watch.ts";
import { timeOut } from "./withdraw.ts";

const TX = { timeout: 60_000, maxWait: 10_000 };
/** Runs in one job. */
const RUNS_A_JOB = 500;

const WORKERS = "system:workers";

export type Hands = {
  /** Where the judge and the gates are asked; tests give their own. */
  judge: typeof judgeWave;
  gate: typeof askGate;
};
const hands: Hands = { judge: judgeWave, gate: askGate };

/** @returns the phase that it is in afterwards; null when there is no such rollout */
export async function advanceRollout(
  db: PrismaClient,
  id: string,
  now: () => Date,
  { judge, gate }: Hands = hands,
): Promise<Phase | null> {
  let after = await db.$transaction((tx) => advanceOnce(tx, id, now()), TX);
  if (!after) return null;
  await enqueueRuns(after.runIds);
  // What takes long, or asks others, happens outside of the transaction; its answer comes in as an event of its own.
  const answers: { event: Event; actor: string }[] = [];
  for (const wave of after.judge)
    answers.push(...(await judge(db, after.rollout, wave, now())).map((event) => ({ event, actor: "system:judge" })));
  const waiting = after.rollout.state.gate;
  const urls = waiting?.kind === "webhook" ? gatesOf(after.rollout, waiting.after) : [];
  for (const url of urls) {
    const event = await gate(url, after.rollout, waiting?.after ?? 0, now());
    if (event) answers.push({ event, actor: WORKERS });
  }
  if (answers.length > 0) {
    after = await db.$transaction((tx) => giveEvents(tx, id, answers, now()), TX);
    if (after) await enqueueRuns(after.runIds);
  }
  return after?.rollout.state.phase ?? null;
}

/** The web address that is asked now. */
function gatesOf({ policy, state }: Loaded, after: number): string[] {
  const gate = policy.gates.filter((one) => one.after === "each" || one.after === after)[state.gatesOpen];
  return gate?.kind === "webhook" ? [gate.url] : [];
}

async function advanceOnce(tx: Tx, id: string, now: Date): Promise<Aftermath | null> {
  const rollout = await lockRollout(tx, id);
  if (!rollout) return null;
  const { phase } = rollout.state;
  const at = now.getTime();
  const late = isFinal(phase) ? [] : await timeOut(tx, id, rollout.policy.applyTimeoutMs, now);
  const events: { event: Event; actor: string }[] = [];
  const isActive = phase === "running" || phase === "rolling-back";
  if (isActive && (await isFrozen(tx))) {
    const freeze = await standingFreeze(tx);
    const why = {
      en: `The fleet is frozen: ${freeze?.reason ?? ""}`.trim(),
      zh: `机群已冻结：${freeze?.reason ?? ""}`,
    };
    events.push({ event: { type: "freeze", at, why }, actor: freeze?.setBy ?? WORKERS });
  } else if (isActive) {
    const due = Math.min(
      dueAt(rollout.state, rollout.policy) ?? Number.POSITIVE_INFINITY,
      rollout.dueAt?.getTime() ?? Number.POSITIVE_INFINITY,
    );
    if (due <= at) events.push({ event: { type: "tick", at }, actor: WORKERS });
  }
  if (rollout.origin === "single") events.push(...(await endOfSingle(tx, rollout, now)));
  else if (phase === "planned" && rollout.approveBy && rollout.approveBy <= now)
    events.push({ event: { type: "abort", at, by: WORKERS, why: NOBODY }, actor: WORKERS });
  const after = await drive(tx, rollout, events, now);
  return { ...after, runIds: [...after.runIds, ...late] };
}

const NOBODY: Text = { en: "Nobody approved it in time.", zh: "没有人在期限内批准。" };

/** A rollout of one run is over when its run is, however that ended. */
async function endOfSingle(tx: Tx, { id, state }: Loaded, now: Date): Promise<{ event: Event; actor: string }[]> {
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
  events: readonly { event: Event; actor: string }[],
  now: Date,
  options: { isDeferred?: boolean } = {},
): Promise<Aftermath | null> {
  const rollout = await lockRollout(tx, id);
  return rollout && drive(tx, rollout, events, now, options);
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

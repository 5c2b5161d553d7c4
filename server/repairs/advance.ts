// Brings one repair as far as it can go now: rows → events → step.ts → rows, commands and hints, in one transaction. Doing it again, or twice at once, does no harm.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { CommandResult } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import { repairById } from "../../repairs/index.ts";
import { mayStill } from "../approvals/persons.ts";
import type { Permission } from "../core/access.ts";
import { COLLECT_CHANNEL, publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { closeRepaired } from "../inspections/close-repaired.ts";
import { readNodeView } from "../inspections/facts.ts";
import { settleTarget } from "../rollouts/settle-run.ts";
import { awaitingEvent } from "./awaiting.ts";
import { callBack } from "./call-back.ts";
import { dispatch } from "./dispatch.ts";
import { type Ended, endedCommand } from "./ended.ts";
import { isLook, lookPermission } from "./looks.ts";
import { firstRefusal } from "./plan.ts";
import { type StoredPlan, toPlan } from "./rows.ts";
import { isChangeRun, isOfMany, rulesOf, runColumns, runOf, storeRun, VersionConflict } from "./run-row.ts";
import { isOver, type RepairState } from "./schema.ts";
import { type Effect, type Event, step } from "./step.ts";
import { verifyChange } from "./verify-change.ts";
import { verifyRepair } from "./verify-run.ts";

const CONFLICT_RETRIES = 8;

const repairColumns = {
  ...runColumns,
  finding: { select: { checkId: true, subject: true, params: true } },
  commands: {
    select: {
      id: true,
      role: true,
      stepIndex: true,
      state: true,
      keyId: true,
      queuedAt: true,
      expiresAt: true,
      acceptedAt: true,
      endedAt: true,
      result: true,
    },
  },
} as const satisfies Prisma.RepairSelect;

type Row = Prisma.RepairGetPayload<{ select: typeof repairColumns }>;

/** @returns the state it is in afterwards; null when there is no such repair */
export async function advanceRepair(db: PrismaClient, repairId: string, now: () => Date): Promise<RepairState | null> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await db.$transaction((tx) => advanceOnce(tx, repairId, now()), { timeout: 20_000, maxWait: 10_000 });
    } catch (err) {
      // Somebody else brought it forward in between; what they stored is where we start anew.
      if (!(err instanceof VersionConflict) || attempt >= CONFLICT_RETRIES) throw err;
    }
  }
}

async function advanceOnce(tx: Tx, id: string, now: Date): Promise<RepairState | null> {
  const row = await loadRun(tx, id, now);
  if (!row) return null;
  const plan = toPlan(row.plan);
  const rules = rulesOf(row);
  const before = runOf(row);
  if (isOver(before.state)) return before.state;
  let run = before;
  const effects: Effect[] = [];
  const apply = (event: Event): Effect[] => {
    const stepped = step(run, event, now.getTime(), rules);
    run = stepped.run;
    return stepped.effects;
  };
  if (row.isCancelRequested) effects.push(...apply({ type: "cancel" }));
  else for (const event of await orders(tx, row, before.state, now)) effects.push(...apply(event));
  const ended = await endedCommand(tx, row, run, now);
  if (ended) effects.push(...apply(await eventOf(tx, row, ended, now)));
  for (const effect of apply({ type: "tick" })) {
    if (effect.type !== "look") effects.push(effect);
    else effects.push(...(await look(tx, row, now, apply)));
  }
  if (run === before && effects.length === 0) return run.state;
  await storeRun(tx, row, before, run, now);
  if (row.rolloutId && (run.state === "succeeded" || run.state === "failed" || run.state === "cancelled")) {
    const { rolloutId, nodeId, direction } = row;
    await settleTarget(tx, { id, rolloutId, nodeId, direction, state: run.state, outcome: run.outcome }, now);
  }
  for (const effect of effects) await carryOut(tx, row, plan, effect, now);
  await publishChanges(tx, [{ domain: isLook(row) ? "debug" : "repairs", ids: [row.id] }]);
  if (before.state === "awaiting") await publishChanges(tx, [{ domain: "approvals", ids: [row.id] }]);
  if (isOver(run.state) || before.state === "queued" || before.state === "awaiting") {
    await publishChanges(tx, row.findingId ? [{ domain: "findings", ids: [row.findingId] }] : []);
  }
  return run.state;
}

/** The row; of a rollout that called it back, with its step off the way. */
async function loadRun(tx: Tx, id: string, now: Date): Promise<Row | null> {
  const read = () => tx.repair.findUnique({ where: { id }, select: repairColumns });
  const row = await read();
  if (!row?.isCancelRequested || row.state !== "running" || !isOfMany(row)) return row;
  await callBack(tx, id, now);
  return read();
}

/** What persons decided, as events: approval, freeze, rights that were taken away. */
async function orders(tx: Tx, row: Row, state: RepairState, now: Date): Promise<Event[]> {
  if (state === "awaiting") {
    // Approvers and sweeps come one after the other; who was second finds it decided.
    await tx.$queryRaw(sql`SELECT id FROM repair WHERE id = ${row.id}::uuid FOR UPDATE`);
    const event = await awaitingEvent(tx, row, now);
    return event ? [event] : [];
  }
  if (state === "verifying") return [];
  if (await isFrozen(tx)) return [{ type: "cancel", by: "freeze" }];
  // Nobody else's yes was needed: then the requester's own right to run it is what it runs by.
  const isAllowed = await mayStill(tx, row.requestedBy, permissionOf(row), row.nodeId, now);
  return isAllowed ? [] : [{ type: "cancel", by: "rights" }];
}

function permissionOf(row: Row): Permission {
  if (isLook(row)) return lookPermission(row);
  return isOfMany(row) ? "rollouts:run" : row.statement === null ? "repairs:run" : "repairs:request";
}

async function eventOf(tx: Tx, row: Row, { command, end, why }: Ended, now: Date): Promise<Event> {
  if (command.role === "evidence") return { type: "evidence-ended", end, refusal: await refusalNow(tx, row, now), why };
  const result = CommandResult.safeParse(command.result);
  const message = result.success ? [result.data.code, result.data.message].filter(Boolean).join(": ") : "no result";
  return { type: "step-ended", step: command.stepIndex, end, message, why };
}

/** Guards once more, right before the first step: what held at the preview may hold no longer. */
async function refusalNow(tx: Tx, row: Row, now: Date): Promise<Text | null> {
  const definition = repairById(row.repairId);
  if (row.undoOfId !== null || !definition || !row.finding) return null;
  const view = await readNodeView(tx, row.nodeId, now);
  if (!view) return { en: "The node was removed.", zh: "节点已被移除。" };
  const { checkId, subject, params } = row.finding;
  const finding = { checkId, subject, params: params as Record<string, unknown> }; // written by the check
  return firstRefusal(definition.guards({ node: view.node, finding, facts: view.facts, now: view.now }));
}

/** Verification: asks the checks; asks the agent to look again while they do not say yes. */
async function look(tx: Tx, row: Row, now: Date, apply: (event: Event) => Effect[]): Promise<Effect[]> {
  const verification = isChangeRun(row) ? await verifyChange(tx, row, now) : await verifyRepair(tx, row, now);
  const effects = apply({ type: "looked", wrong: verification.wrong });
  if (verification.wrong && verification.collect.length > 0) {
    await tx.$executeRaw(
      sql`SELECT pg_notify(${COLLECT_CHANNEL}, ${JSON.stringify({ nodeId: row.nodeId, kinds: verification.collect })})`,
    );
  }
  return effects;
}

async function carryOut(tx: Tx, row: Row, plan: StoredPlan, effect: Effect, now: Date): Promise<void> {
  const order = { repairId: row.id, nodeId: row.nodeId };
  switch (effect.type) {
    case "dispatch-evidence":
      await dispatch(
        tx,
        { ...order, role: "evidence", stepIndex: 0, action: { type: "evidence.capture", params: plan.evidence } },
        now,
      );
      return;
    case "dispatch-step": {
      const planned = plan.steps[effect.step];
      if (!planned) throw new Error(`repair ${row.id} has no step ${effect.step}`);
      await dispatch(tx, { ...order, role: "step", stepIndex: effect.step, action: planned.action }, now);
      return;
    }
    case "close-finding":
      if (row.findingId) await closeRepaired(tx, row.nodeId, row.findingId, now);
      return;
    case "look":
      return;
  }
}

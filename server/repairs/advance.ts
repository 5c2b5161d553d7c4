// Brings one repair as far as it can go now: rows → events → step.ts → rows, commands and hints, in one transaction. Doing it again, or twice at once, does no harm.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { CommandResult } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import { repairById } from "../../repairs/index.ts";
import { toJson } from "../core/audit.ts";
import { COLLECT_CHANNEL, publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { closeRepaired } from "../inspections/close-repaired.ts";
import { readNodeView } from "../inspections/facts.ts";
import { type DispatchKey, dispatch } from "./dispatch.ts";
import { firstRefusal } from "./plan.ts";
import { type StoredPlan, timesOf, toOutcome, toPlan } from "./rows.ts";
import { isOver, RepairState } from "./schema.ts";
import { type CommandEnd, type Effect, type Event, type Rules, type Run, step } from "./step.ts";
import { verifyRepair } from "./verify-run.ts";

/** Past its expiry a command waits this long for an acceptance that is on its way, ms. */
const ACCEPTANCE_GRACE_MS = 5_000;
/** An accepted command without a result for this long has an unknown outcome, ms; no command of the catalogue runs longer than three minutes. */
const RESULT_WITHIN_MS = 300_000;
const CONFLICT_RETRIES = 8;

const repairColumns = {
  id: true,
  repairId: true,
  nodeId: true,
  findingId: true,
  undoOfId: true,
  plan: true,
  planHash: true,
  state: true,
  step: true,
  outcome: true,
  isCancelRequested: true,
  startedAt: true,
  verifyingAt: true,
  endedAt: true,
  version: true,
  finding: { select: { checkId: true, subject: true, params: true } },
  commands: {
    select: {
      id: true,
      role: true,
      stepIndex: true,
      state: true,
      expiresAt: true,
      acceptedAt: true,
      endedAt: true,
      result: true,
    },
  },
} as const satisfies Prisma.RepairSelect;

type Row = Prisma.RepairGetPayload<{ select: typeof repairColumns }>;
type CommandRow = Row["commands"][number];

class VersionConflict extends Error {
  override name = "VersionConflict";
}

/** @returns the state it is in afterwards; null when there is no such repair */
export async function advanceRepair(
  db: PrismaClient,
  key: DispatchKey,
  repairId: string,
  now: () => Date,
): Promise<RepairState | null> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await db.$transaction((tx) => advanceOnce(tx, key, repairId, now()), { timeout: 20_000, maxWait: 10_000 });
    } catch (err) {
      // Somebody else brought it forward in between; what they stored is where we start anew.
      if (!(err instanceof VersionConflict) || attempt >= CONFLICT_RETRIES) throw err;
    }
  }
}

const ms = (date: Date | null): number | null => date?.getTime() ?? null;
const date = (at: number | null): Date | null => (at === null ? null : new Date(at));

async function advanceOnce(tx: Tx, key: DispatchKey, id: string, now: Date): Promise<RepairState | null> {
  const row = await tx.repair.findUnique({ where: { id }, select: repairColumns });
  if (!row) return null;
  const plan = toPlan(row.plan);
  const rules: Rules = {
    stepCount: plan.steps.length,
    ...timesOf(repairById(row.repairId)),
    isVerified: row.undoOfId === null,
  };
  const before: Run = {
    state: RepairState.parse(row.state),
    step: row.step,
    isCancelRequested: row.isCancelRequested,
    startedAt: ms(row.startedAt),
    verifyingAt: ms(row.verifyingAt),
    endedAt: ms(row.endedAt),
    outcome: toOutcome(row.outcome),
  };
  if (isOver(before.state)) return before.state;
  let run = before;
  const effects: Effect[] = [];
  const apply = (event: Event): Effect[] => {
    const stepped = step(run, event, now.getTime(), rules);
    run = stepped.run;
    return stepped.effects;
  };
  if (row.isCancelRequested) effects.push(...apply({ type: "cancel" }));
  const ended = await endedCommand(tx, row, run, now);
  if (ended) effects.push(...apply(await eventOf(tx, row, ended, now)));
  for (const effect of apply({ type: "tick" })) {
    if (effect.type !== "look") effects.push(effect);
    else effects.push(...(await look(tx, row, now, apply)));
  }
  if (run === before && effects.length === 0) return run.state;
  await store(tx, row, run, now);
  for (const effect of effects) await carryOut(tx, key, row, plan, effect, now);
  await publishChanges(tx, [{ domain: "repairs", ids: [row.id] }]);
  if (isOver(run.state) || before.state === "queued") {
    await publishChanges(tx, row.findingId ? [{ domain: "findings", ids: [row.findingId] }] : []);
  }
  return run.state;
}

/** The command in flight, when it has ended, expired or fallen silent. */
async function endedCommand(
  tx: Tx,
  row: Row,
  run: Run,
  now: Date,
): Promise<{ command: CommandRow; end: CommandEnd } | null> {
  const role = run.state === "capturing" ? "evidence" : run.state === "running" ? "step" : null;
  const stepIndex = role === "step" ? run.step : 0;
  const command = row.commands.find((c) => c.role === role && c.stepIndex === stepIndex);
  if (!command) return null;
  switch (command.state) {
    case "done":
    case "refused":
    case "failed":
    case "unknown":
    case "expired":
      return { command, end: command.state };
    case "accepted":
      return now.getTime() - (ms(command.acceptedAt) ?? 0) > RESULT_WITHIN_MS ? { command, end: "unknown" } : null;
    case "signed": {
      if (now.getTime() < (ms(command.expiresAt) ?? 0) + ACCEPTANCE_GRACE_MS) return null;
      // Node before command, as ingest takes them: an acceptance that arrives right now must not wait for us while we wait for it.
      await tx.$queryRaw(sql`SELECT id FROM node WHERE id = ${row.nodeId}::uuid FOR NO KEY UPDATE`);
      const { count } = await tx.command.updateMany({
        where: { id: command.id, state: "signed" },
        data: { state: "expired", endedAt: now },
      });
      return count === 1 ? { command, end: "expired" } : null; // accepted at the last moment
    }
    default:
      return null;
  }
}

async function eventOf(
  tx: Tx,
  row: Row,
  { command, end }: { command: CommandRow; end: CommandEnd },
  now: Date,
): Promise<Event> {
  if (command.role === "evidence") return { type: "evidence-ended", end, refusal: await refusalNow(tx, row, now) };
  const result = CommandResult.safeParse(command.result);
  const message = result.success ? [result.data.code, result.data.message].filter(Boolean).join(": ") : "no result";
  return { type: "step-ended", step: command.stepIndex, end, message };
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
  const verification = await verifyRepair(tx, row, now);
  const effects = apply({ type: "looked", wrong: verification.wrong });
  if (verification.wrong && verification.collect.length > 0) {
    await tx.$executeRaw(
      sql`SELECT pg_notify(${COLLECT_CHANNEL}, ${JSON.stringify({ nodeId: row.nodeId, kinds: verification.collect })})`,
    );
  }
  return effects;
}

async function store(tx: Tx, row: Row, run: Run, now: Date): Promise<void> {
  const { count } = await tx.repair.updateMany({
    where: { id: row.id, version: row.version },
    data: {
      state: run.state,
      step: run.step,
      ...(run.outcome ? { outcome: toJson(run.outcome) } : {}),
      startedAt: date(run.startedAt),
      verifyingAt: date(run.verifyingAt),
      endedAt: date(run.endedAt),
      ...(isOver(run.state) ? { activeKey: null } : {}),
      version: { increment: 1 },
    },
  });
  if (count !== 1) throw new VersionConflict(`repair ${row.id} changed at ${now.toISOString()}`);
}

async function carryOut(
  tx: Tx,
  key: DispatchKey,
  row: Row,
  plan: StoredPlan,
  effect: Effect,
  now: Date,
): Promise<void> {
  const order = { repairId: row.id, nodeId: row.nodeId, planHash: row.planHash };
  switch (effect.type) {
    case "dispatch-evidence":
      await dispatch(
        tx,
        key,
        { ...order, role: "evidence", stepIndex: 0, action: { type: "evidence.capture", params: plan.evidence } },
        now,
      );
      return;
    case "dispatch-step": {
      const planned = plan.steps[effect.step];
      if (!planned) throw new Error(`repair ${row.id} has no step ${effect.step}`);
      await dispatch(tx, key, { ...order, role: "step", stepIndex: effect.step, action: planned.action }, now);
      return;
    }
    case "close-finding":
      if (row.findingId) await closeRepaired(tx, row.nodeId, row.findingId, now);
      return;
    case "look":
      return;
  }
}

// Rollouts that wait for a person in the caller's part of the fleet, oldest first: for signatures, at a gate, or for a second person's word.
import { parseChange } from "../../changes/list.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { Risk } from "../../protocol/statement.ts";
import type { State } from "../../rollout/types.ts";
import { holds } from "../core/access.ts";
import { actorNames } from "../core/actor-names.ts";
import { type Actor, actorRef, type Context } from "../core/context.ts";
import { query } from "../core/verb.ts";
import { Where } from "../rollouts/schema.ts";
import { rolloutApproval, rolloutApprovalColumns } from "./rollout-standing.ts";
import { ListWaitingRollouts, type WaitingRollout } from "./schema.ts";

const WAITING_MAX = 200;

const columns = {
  ...rolloutApprovalColumns,
  title: true,
  kind: true,
  change: true,
  where: true,
  risk: true,
  lane: true,
  reason: true,
  stage: true,
  wave: true,
  waveCount: true,
  state: true,
  requestedBy: true,
  requestedByName: true,
  createdAt: true,
} as const satisfies Prisma.RolloutSelect;
type Row = Prisma.RolloutGetPayload<{ select: typeof columns }>;

/** The first person's word to end the present soak, which counts once another one says the same; null when nobody said so. */
async function earlyEnd(db: Context["db"], id: string, state: State): Promise<WaitingRollout["secondPerson"]> {
  const wave = state.waves[state.wave];
  if (state.phase !== "running" || state.stage !== "soak" || !wave?.settledAt) return null;
  const said = await db.rolloutEvent.findFirst({
    where: { rolloutId: id, type: "promote", at: { gte: new Date(wave.settledAt) } },
    orderBy: { seq: "asc" },
    select: { at: true, actor: true, event: true },
  });
  if (!said) return null;
  const nameOf = await actorNames(db, [said.actor]);
  const { why } = said.event as unknown as { why: { en: string } }; // written by us: a promote carries its reason
  return { wave: state.wave, by: said.actor, byName: nameOf(said.actor), reason: why.en, at: said.at };
}

async function toWaiting(db: Context["db"], row: Row, actor: Actor, now: Date): Promise<WaitingRollout | null> {
  const state = row.state as unknown as State; // written by the engine
  const gate = state.gate?.kind === "manual" && state.stage === "gate" ? state.gate : null;
  const approval = row.phase === "planned" ? await rolloutApproval(db, row, actor, now) : null;
  const secondPerson = await earlyEnd(db, row.id, state);
  if (!approval && !gate && !secondPerson) return null;
  const parsed = parseChange(row.change as { kind: string; params: unknown });
  const { selector, nodes, checkId } = Where.parse(row.where);
  return {
    id: row.id,
    title: row.title,
    summary: "error" in parsed ? { en: row.kind, zh: row.kind } : parsed.definition.summary(parsed.params),
    risk: Risk.catch("destructive").parse(row.risk),
    lane: row.lane === "fast" ? "fast" : "normal",
    selector,
    namedCount: nodes.length,
    checkId,
    targetCount: row.targetCount,
    waveCount: row.waveCount,
    domains: [...new Set(state.waves.map(({ domain }) => domain).filter(Boolean))],
    reason: row.reason,
    targetHash: row.targetHash,
    changeHash: row.changeHash,
    policyHash: row.policyHash,
    requestedByName: row.requestedByName,
    isYours: row.requestedBy === actorRef(actor),
    createdAt: row.createdAt,
    waitsSince: gate ? new Date(gate.askedAt) : (secondPerson?.at ?? row.createdAt),
    approval,
    gate: gate && { after: gate.after, askedAt: new Date(gate.askedAt), canDecide: holds(actor, "rollouts:approve") },
    secondPerson,
  };
}

export const waitingRollouts = query({
  name: "approvals.waitingRollouts",
  access: "rollouts:read",
  on: "node",
  input: ListWaitingRollouts,
  async run({ db, actor, now, scope }): Promise<WaitingRollout[]> {
    const rows = await db.rollout.findMany({
      where: {
        origin: { not: "single" },
        OR: [{ phase: "planned" }, { phase: "running", stage: { in: ["gate", "soak"] } }],
        targets: { some: { node: scope.where } },
      },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      take: WAITING_MAX,
      select: columns,
    });
    const at = now();
    const waiting = await Promise.all(rows.map((row) => toWaiting(db, row, actor, at)));
    return waiting.filter((one) => one !== null);
  },
});

// What can be done about the findings of an answer: repairs of their checks, best first, with what is known of them and who may start them.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Risk } from "../../repairs/define.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { approvalNeed } from "../approvals/ask.ts";
import { mayOn } from "../approvals/persons.ts";
import type { ApprovalNeed } from "../approvals/schema.ts";
import { readModes } from "../check-modes/modes.ts";
import type { Actor } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { rankRepairs, repairRecords } from "../repairs/records.ts";
import type { CauseBook } from "./engine.ts";
import type { CaseFinding, Suggestion } from "./schema.ts";

const SUGGESTIONS_MAX = 6;

type Args = { db: PrismaClient; actor: Actor; now: Date; scope: Scope };

/** @param causes ids of the answer, likeliest first: what their articles name goes first */
export async function suggestionsFor(
  { db, actor, now, scope }: Args,
  nodeId: string,
  findings: readonly CaseFinding[],
  causes: readonly string[],
  book: CauseBook,
): Promise<Suggestion[]> {
  const present = findings.filter(({ isPresent }) => isPresent);
  if (present.length === 0) return [];
  const node = await db.node.findUnique({ where: { id: nodeId }, select: { kernel: true, pool: true } });
  if (!node) return [];
  const modeOf = await readModes(db, [nodeId]);
  const offered = present
    .filter(({ checkId }) => modeOf(checkId, node.pool, nodeId) !== "observe")
    .flatMap(({ id, checkId }) => repairsForCheck(checkId).map((repair) => ({ findingId: id, checkId, repair })));
  if (offered.length === 0) return [];
  const records = await repairRecords(db, [...new Set(offered.map(({ repair }) => repair.id))], node.kernel, scope);
  const runs = await db.repair.findMany({
    where: { nodeId, endedAt: null, undoOfId: null },
    select: { id: true, findingId: true, repairId: true },
  });
  const isStarter = await mayOn(db, actor, "repairs:run", nodeId);
  const isAsker = await mayOn(db, actor, "repairs:request", nodeId);
  const needs = new Map<Risk, ApprovalNeed>();
  for (const { repair } of offered)
    if (!needs.has(repair.risk))
      needs.set(repair.risk, await approvalNeed(db, actor, { nodeId, risk: repair.risk }, now));
  const causeOf = (checkId: string) => causes.find((id) => book.checks(id).includes(checkId)) ?? null;
  const named = new Set(causes.flatMap((id) => book.repairs(id)));
  const suggestions = offered.flatMap(({ findingId, checkId, repair }): Suggestion[] => {
    const approval = needs.get(repair.risk);
    if (!approval) return [];
    const run = runs.find((one) => one.findingId === findingId && one.repairId === repair.id);
    return [
      {
        findingId,
        repairId: repair.id,
        checkId,
        causeId: causeOf(checkId),
        title: repair.title,
        risk: repair.risk,
        record: records(repair.id),
        kernel: node.kernel,
        way: isStarter ? "start" : isAsker ? "request" : "none",
        approval,
        runId: run?.id ?? null,
      },
    ];
  });
  const isNamed = ({ repairId }: Suggestion) => named.has(repairId);
  const byFinding = present.flatMap(({ id }) => {
    const own = rankRepairs(suggestions.filter(({ findingId }) => findingId === id));
    return [...own.filter(isNamed), ...own.filter((one) => !isNamed(one))];
  });
  return byFinding.slice(0, SUGGESTIONS_MAX);
}

// Loads what a verification needs and asks the checks: by the engine while it verifies, and by the repair's page.

import { checkById } from "../../checks/index.ts";
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { CommandResult } from "../../protocol/commands.ts";
import { verifiedChecks } from "../../repairs/define.ts";
import { repairById } from "../../repairs/index.ts";
import type { Tx } from "../core/context.ts";
import { readNodeView } from "../inspections/facts.ts";
import { type Verification, verify } from "./verify.ts";

export type VerifiedRow = {
  repairId: string;
  nodeId: string;
  verifyingAt: Date | null;
  finding: { checkId: string; subject: string } | null;
  commands: { role: string; result: Prisma.JsonValue | null; endedAt: Date | null }[];
};

/** How the verified checks stand on facts newer than the last step. */
export async function verifyRepair(tx: Tx | PrismaClient, row: VerifiedRow, now: Date): Promise<Verification> {
  const view = await readNodeView(tx, row.nodeId, now);
  const removed = { en: "the node was removed", zh: "节点已被移除" };
  if (!view) return { checks: [], wrong: removed, collect: [] };
  const definition = repairById(row.repairId);
  const verifies = definition ? verifiedChecks(definition, row.finding?.checkId) : [];
  const checks = verifies.flatMap((checkId) => checkById(checkId) ?? []);
  // The agent's own end times, so that they compare with its facts' times; without any, our clock with the node's offset.
  const ends = row.commands.flatMap(({ role, result }) => {
    const parsed = role === "step" ? CommandResult.safeParse(result) : null;
    return parsed?.success ? [parsed.data.endedAt] : [];
  });
  const offset = view.now - now.getTime();
  const after = ends.length > 0 ? Math.max(...ends) : (row.verifyingAt?.getTime() ?? now.getTime()) + offset;
  const had = await tx.finding.findMany({
    where: {
      nodeId: row.nodeId,
      subject: row.finding?.subject ?? "",
      checkId: { in: checks.map(({ id }) => id) },
      state: { notIn: ["pending", "closed"] },
    },
    select: { checkId: true },
  });
  const known = new Set(had.map(({ checkId }) => checkId));
  if (row.finding && checks.some(({ id }) => id === row.finding?.checkId)) known.add(row.finding.checkId);
  return verify({ checks, view, subject: row.finding?.subject ?? null, had: known, after });
}

// Closes a finding that a verified repair has ended, in the repair's own transaction: the proof is there, no clear time needs to pass.

import { publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { refreshNodeStates } from "../nodes/set-state.ts";
import { lockFindings } from "./lock.ts";
import { partialDigest } from "./survey.ts";

/** Does nothing to a finding that is closed already. */
export async function closeRepaired(tx: Tx, nodeId: string, findingId: string, now: Date): Promise<void> {
  await lockFindings(tx, [nodeId]);
  const { count } = await tx.finding.updateMany({
    where: { id: findingId, state: { notIn: ["pending", "closed"] } },
    data: { state: "closed", liveKey: null, closedAt: now, closeReason: "repaired" },
  });
  if (count === 0) return;
  // The outcome that is noted for the node rests on a finding that is no more.
  const row = await tx.nodeInspection.findUnique({ where: { nodeId }, select: { digest: true } });
  const digest = partialDigest(row?.digest ?? "");
  await tx.nodeInspection.updateMany({ where: { nodeId }, data: { digest, dueAt: now } });
  await publishChanges(tx, [{ domain: "findings", ids: [findingId] }]);
  await refreshNodeStates(tx, [nodeId], now);
}

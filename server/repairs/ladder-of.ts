// The ladder of one finding, read from the tables: for its page and its preview.

import type { PrismaClient } from "../../generated/prisma/client.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { modeOf } from "../check-modes/modes.ts";
import type { Tx } from "../core/context.ts";
import { FindingState, isPresent } from "../findings/schema.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { readAttempts } from "./attempts.ts";
import { waitsForRollout } from "./auto-rollouts.ts";
import { holdColumns, holdOf } from "./hold.ts";
import { ladderState } from "./ladder.ts";
import type { LadderState } from "./schema.ts";

/** Null where the product has no say: the finding is not present, muted or only observed. */
export async function ladderOf(db: PrismaClient | Tx, findingId: string, now: Date): Promise<LadderState | null> {
  const finding = await db.finding.findUnique({
    where: { id: findingId },
    select: {
      nodeId: true,
      checkId: true,
      subject: true,
      state: true,
      muteId: true,
      incident: holdColumns,
      node: { select: { pool: true } },
    },
  });
  if (!finding || !isPresent(FindingState.parse(finding.state)) || finding.muteId !== null) return null;
  const mode = await modeOf(db, finding.checkId, { id: finding.nodeId, pool: finding.node.pool });
  if (mode === "observe") return null;
  const attempts = await readAttempts(db, [finding], now);
  const check = (await activeChecks(db)).checks.find(({ id }) => id === finding.checkId);
  const ladder = ladderState({
    repairs: repairsForCheck(finding.checkId),
    attempts: attempts(finding),
    hold: holdOf(finding.incident),
    mode,
    area: check?.area ?? "",
    now: now.getTime(),
  });
  // Automatic repairs of one check go gray: while such a rollout stands, no other begins (auto.ts), and the finding says why.
  const waits = mode === "auto" && ladder.state === "next" ? await waitsForRollout(db, finding.checkId) : null;
  return waits ? { ...ladder, state: waits.needsPerson ? "person" : "wait", text: waits.text } : ladder;
}

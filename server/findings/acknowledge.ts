// "Seen": a person takes a finding over. It changes nothing about the finding's life.
import { actorNames } from "../core/actor-names.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { visibleStates } from "./rows.ts";
import { FindingRef } from "./schema.ts";

/** Marks a visible finding as seen. The first one wins; the same person again changes nothing; another one gets `conflict`. */
export const acknowledgeFinding = mutation({
  name: "findings.acknowledge",
  access: "findings:write",
  on: "node",
  input: FindingRef,
  async run({ tx, actor, now, scope }, { id }) {
    const columns = { id: true, nodeId: true, state: true, acknowledgedBy: true, acknowledgedAt: true } as const;
    await scope.finding(tx, id);
    const before = await tx.finding.findUniqueOrThrow({ where: { id }, select: columns });
    const by = actorRef(actor);
    if (before.acknowledgedBy === null) {
      await tx.finding.updateMany({
        where: { id, state: { in: visibleStates }, acknowledgedAt: null },
        data: { acknowledgedBy: by, acknowledgedAt: now() },
      });
    }
    const after = await tx.finding.findFirstOrThrow({ where: { id }, select: columns });
    if (after.acknowledgedBy === null) {
      throw new AppError("conflict", `finding ${id} is ${after.state}`, {
        publicMessage: "This finding is closed already.",
      });
    }
    if (after.acknowledgedBy !== by) {
      throw new AppError("conflict", `finding ${id} was acknowledged by ${after.acknowledgedBy}`, {
        publicMessage: `${(await actorNames(tx, [after.acknowledgedBy]))(after.acknowledgedBy)} has acknowledged it already.`,
      });
    }
    return {
      result: { id, acknowledgedBy: by, acknowledgedAt: after.acknowledgedAt },
      audit: { entity: ["finding", id], nodeId: before.nodeId, before, after },
      changes: [{ domain: "findings", ids: [id] }],
    };
  },
});

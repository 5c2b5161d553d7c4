// "Seen": a person takes an incident over. It changes nothing about its life.
import { actorNames } from "../core/actor-names.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { GetIncident } from "./schema.ts";

const noSuch = (id: string, isForeign: boolean) =>
  new AppError("not_found", `no incident ${id}`, {
    publicMessage: "There is no such incident.",
    entity: ["incident", id],
    isForeign,
  });

/** Marks an open incident as seen. The first one wins; the same person again changes nothing; another one gets `conflict`. */
export const acknowledgeIncident = mutation({
  name: "incidents.acknowledge",
  access: "findings:write",
  on: "node",
  input: GetIncident,
  async run({ tx, actor, now, scope }, { id }) {
    const columns = { id: true, state: true, acknowledgedBy: true, acknowledgedAt: true } as const;
    const before = await tx.incident.findUnique({ where: { id }, select: columns });
    if (!before) throw noSuch(id, false);
    // Whoever may act on a part of its nodes may say that somebody looks at it.
    const touches =
      scope.isWhole || (await tx.finding.count({ where: { incidentId: id, isShadow: false, node: scope.where } })) > 0;
    if (!touches) throw noSuch(id, true);
    const by = actorRef(actor);
    if (before.acknowledgedBy === null)
      await tx.incident.updateMany({
        where: { id, state: "open", acknowledgedAt: null },
        data: { acknowledgedBy: by, acknowledgedAt: now() },
      });
    const after = await tx.incident.findUniqueOrThrow({ where: { id }, select: columns });
    if (after.acknowledgedBy === null)
      throw new AppError("conflict", `incident ${id} is ${after.state}`, {
        publicMessage: "This incident is over already.",
      });
    if (after.acknowledgedBy !== by)
      throw new AppError("conflict", `incident ${id} was acknowledged by ${after.acknowledgedBy}`, {
        publicMessage: `${(await actorNames(tx, [after.acknowledgedBy]))(after.acknowledgedBy)} has acknowledged it already.`,
      });
    return {
      result: { id, acknowledgedBy: by, acknowledgedAt: after.acknowledgedAt },
      audit: { entity: ["incident", id], before, after },
      changes: [{ domain: "incidents", ids: [id] }],
    };
  },
});

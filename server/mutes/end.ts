// Ends a mute before its time: what it covered counts again at once.
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { mutation } from "../core/verb.ts";
import { mayMute } from "./access.ts";
import { settleMutesJob } from "./jobs.ts";
import { MuteRef } from "./schema.ts";

export const endMute = mutation({
  name: "mutes.end",
  access: "findings:write",
  on: "node",
  input: MuteRef,
  async run({ tx, actor, now }, { id }) {
    const at = now();
    const columns = { checkId: true, selector: true, subject: true, expiresAt: true, endedAt: true } as const;
    const before = await tx.mute.findUnique({ where: { id }, select: columns });
    // What lies outside of the caller's part is answered like what does not exist.
    if (!before || !mayMute(actor, before.selector))
      throw new AppError("not_found", `no mute ${id}`, {
        publicMessage: "There is no such mute.",
        entity: ["mute", id],
        isForeign: before !== null,
      });
    const { count } = await tx.mute.updateMany({
      where: { id, endedAt: null, expiresAt: { gt: at } },
      data: { endedAt: at, endedBy: actorRef(actor) },
    });
    if (count === 0)
      throw new AppError("conflict", `mute ${id} is over`, { publicMessage: "This mute is over already." });
    return {
      result: { id },
      audit: { entity: ["mute", id], before, after: { endedAt: at } },
      changes: [{ domain: "checks", ids: [] }],
      after: () => enqueue(settleMutesJob, {}),
    };
  },
});

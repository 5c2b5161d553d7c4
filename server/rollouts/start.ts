// Starts what was planned and approved, or refuses: the nodes must still be those that were shown.
import { sha256Of } from "../../changes/hashes.ts";
import { targetText } from "../../rollout/plan.ts";
import { actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { refuseWhileFrozen } from "../freeze/frozen.ts";
import { requireAll } from "./access.ts";
import { refuseAtCentre, selectConcerned } from "./centre.ts";
import { drive } from "./drive.ts";
import { advanceRollouts } from "./jobs.ts";
import { type Loaded, lockRollout } from "./rows.ts";
import { StartRollout } from "./schema.ts";

/** The targets as they are stored, and what the selection gives now. */
export async function liveTargets(tx: Tx, rollout: Loaded, scope: Scope) {
  const rows = await tx.$queryRaw<{ ids: string[] | null; left: string[] | null }[]>(sql`
    SELECT array_agg(node_id::text) FILTER (WHERE wave >= 0) AS ids, array_agg(node_id::text) FILTER (WHERE wave < 0) AS left
    FROM rollout_target WHERE rollout_id = ${rollout.id}::uuid`);
  const ids = rows[0]?.ids ?? [];
  const leftOut = new Set(rows[0]?.left ?? []);
  const now = new Set(
    (await selectConcerned(tx, rollout.change, rollout.where, { scope, seed: rollout.seed })).map(({ id }) => id),
  );
  const missing = ids.filter((id) => !now.has(id)).length;
  const fresh = [...now].filter((id) => !leftOut.has(id)).length;
  return { targetHash: sha256Of(targetText(ids)), count: fresh, missing };
}

export const startRollout = mutation({
  name: "rollouts.start",
  access: "rollouts:run",
  on: "node",
  stepUp: true,
  input: StartRollout,
  async run({ tx, actor, scope, now }, { id, targetHash }) {
    await requireAll(tx, scope, id);
    await refuseWhileFrozen(tx);
    const rollout = await lockRollout(tx, id);
    if (!rollout) throw new AppError("not_found", `no rollout ${id}`);
    if (rollout.targetHash !== targetHash)
      throw new AppError("conflict", `${id}: other targets were shown`, {
        publicMessage: "The nodes are not those that you were shown. Look at the plan again.",
      });
    if (rollout.state.phase !== "approved")
      throw new AppError("conflict", `${id} is ${rollout.state.phase}`, {
        publicMessage:
          rollout.state.phase === "planned" ? "It is not approved yet." : "It was started already, or is over.",
      });
    const at = now();
    const refusal = await refuseAtCentre(tx, rollout.change.kind, rollout.change.params, rollout.where, at);
    if (refusal)
      throw new AppError("conflict", `${id}: ${refusal.en}`, { publicMessage: refusal.en, details: { refusal } });
    const live = await liveTargets(tx, rollout, scope);
    const event = { type: "start", at: at.getTime(), live, by: actor.name } as const;
    const { rollout: after } = await drive(tx, rollout, [{ event, actor: actorRef(actor) }], at, {
      isDeferred: true,
    });
    if (after.state.phase === "approved") {
      const why = after.state.why ?? { en: "It cannot start.", zh: "无法启动。" };
      throw new AppError("conflict", `${id}: ${why.en}`, { publicMessage: why.en, details: { refusal: why } });
    }
    return {
      result: { id, phase: after.state.phase },
      audit: { entity: ["rollout", id], after: { targetHash, count: after.state.count, live } },
      changes: [{ domain: "rollouts", ids: [id] }],
      after: () => enqueue(advanceRollouts, { rolloutIds: [id] }),
    };
  },
});

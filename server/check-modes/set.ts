// Says how far the product may go by itself for a check in a pool. Auto must have been earned.
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { readEarned } from "./earned.ts";
import { endNodeModes } from "./modes.ts";
import { type Earned, SetMode } from "./schema.ts";

const NO_REPAIR = { en: "The check has no repair that could start by itself.", zh: "该检查没有可自动启动的修复。" };

/** Replaces what was said before. `mode` null takes it back. */
export const setMode = mutation({
  name: "modes.set",
  access: "checks:mode",
  on: "fleet",
  stepUp: true,
  input: SetMode,
  async run({ tx, actor, now }, { checkId, pool, mode, reason }) {
    if (!(await activeChecks(tx)).checks.some(({ id }) => id === checkId))
      throw new AppError("not_found", `no check ${checkId}`, { publicMessage: "There is no such check." });
    const where = { checkId_pool: { checkId, pool } };
    const before = await tx.checkMode.findUnique({ where, select: { mode: true, reason: true } });
    const earned = (await readEarned(tx, [checkId], now())).get(checkId) ?? null;
    if (mode === "auto") refuseUnearned(checkId, earned);
    await endNodeModes(tx, checkId, pool);
    if (mode === null) await tx.checkMode.deleteMany({ where: { checkId, pool } });
    else {
      const data = { mode, reason, setBy: actorRef(actor), setByName: actor.name, setAt: now() };
      await tx.checkMode.upsert({ where, create: { checkId, pool, ...data }, update: data });
    }
    return {
      result: { checkId, pool, mode },
      audit: {
        entity: ["check", checkId],
        before,
        after: { pool, mode, reason, ...(mode === "auto" ? { earned } : {}) },
      },
      changes: [{ domain: "checks", ids: [] }],
    };
  },
});

/** @throws AppError("conflict") with the figures */
function refuseUnearned(checkId: string, earned: Earned | null): void {
  if (earned?.isEarned) return;
  const refusal = earned?.why ?? NO_REPAIR;
  throw new AppError("conflict", `auto of ${checkId} is not earned`, {
    publicMessage: refusal.en,
    details: { refusal, earned },
  });
}

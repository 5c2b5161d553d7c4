// Whether the fleet is frozen, as the console's own processes see it: a row that nobody has lifted. The dispatcher keeps its own word on it.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";

type Db = PrismaClient | Tx;

/** Columns of the freeze that stands. */
const columns = { epoch: true, reason: true, setBy: true, setByName: true, setAt: true } as const;

/** The newest freeze that is not lifted, null when the fleet may act. */
export const standingFreeze = (db: Db) =>
  db.freeze.findFirst({ where: { liftedAt: null }, orderBy: { epoch: "desc" }, select: columns });

export const isFrozen = async (db: Db): Promise<boolean> => (await standingFreeze(db)) !== null;

/** @throws AppError("conflict") while the fleet is frozen */
export async function refuseWhileFrozen(db: Db): Promise<void> {
  const freeze = await standingFreeze(db);
  if (!freeze) return;
  throw new AppError("conflict", `frozen since ${freeze.setAt.toISOString()}`, {
    publicMessage: `The fleet is frozen (${freeze.reason}, ${freeze.setByName}); nothing is started until the freeze is lifted.`,
    details: {
      refusal: {
        en: `The fleet is frozen: ${freeze.reason} (${freeze.setByName}).`,
        zh: `机群已冻结：${freeze.reason}（${freeze.setByName}）。`,
      },
    },
  });
}

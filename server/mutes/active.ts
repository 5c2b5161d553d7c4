// Mutes as inspections apply them: which one covers a finding of this check and subject on this node. Matching is pure.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { parseSelector } from "../../selectors/parse.ts";
import { matches, nothing, type Selector, type SelectorNode } from "../../selectors/selector.ts";
import type { Tx } from "../core/context.ts";
import { EVERY_CHECK } from "./schema.ts";

export type ActiveMute = { id: string; checkId: string; subject: string; selector: Selector; expiresAt: number };

/** Those in force at `now`, the longest first, so that a finding changes its mute as rarely as may be. */
export async function activeMutes(db: PrismaClient | Tx, now: Date): Promise<ActiveMute[]> {
  const rows = await db.mute.findMany({
    where: { endedAt: null, expiresAt: { gt: now } },
    orderBy: [{ expiresAt: "desc" }, { id: "asc" }],
    select: { id: true, checkId: true, subject: true, selector: true, expiresAt: true },
  });
  return rows.map(({ selector, expiresAt, ...row }) => {
    const parsed = parseSelector(selector);
    // A selector that cannot be read any more mutes nothing.
    return { ...row, selector: parsed.ok ? parsed.selector : nothing, expiresAt: expiresAt.getTime() };
  });
}

/** Mutes that can cover something on this node. */
export const mutesOn = (mutes: readonly ActiveMute[], node: SelectorNode): ActiveMute[] =>
  mutes.filter(({ selector }) => matches(selector, node));

/**
 * Id of the mute that covers a finding, null for none.
 * @param mutes of the node, as `mutesOn` gives them
 * @param current the one that covered it so far: it stays as long as it may
 */
export function muteFor(
  mutes: readonly ActiveMute[],
  { checkId, subject }: { checkId: string; subject: string },
  current: string | null = null,
): string | null {
  const covering = mutes.filter(
    (mute) =>
      (mute.checkId === EVERY_CHECK || mute.checkId === checkId) && (mute.subject === "" || mute.subject === subject),
  );
  return (covering.find(({ id }) => id === current) ?? covering[0])?.id ?? null;
}

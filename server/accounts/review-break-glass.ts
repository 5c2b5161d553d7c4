// Emergency access seen from the console: the notice for everybody, the list, ending it early, and its review by somebody else.
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import { type Actor, actorRef, personOf } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { CODE_TTL_MS, accountsChanged as changes } from "./break-glass.ts";
import { endSessions } from "./end-sessions.ts";
import { type BreakGlassNotice, BreakGlassRef, type BreakGlassRow, ReviewBreakGlass } from "./schema.ts";

type Stored = {
  id: string;
  userId: string;
  createdAt: Date;
  usedAt: Date | null;
  expiresAt: Date;
  endedAt: Date | null;
  reviewedAt: Date | null;
};

/** Still usable: in use, or its code waits to be used. */
const isOpen = (row: Stored, now: Date): boolean =>
  row.endedAt === null &&
  row.expiresAt > now &&
  (row.usedAt !== null || now.getTime() - row.createdAt.getTime() <= CODE_TTL_MS);

/** What was never used needs no review. */
const needsReview = (row: Stored, now: Date): boolean =>
  row.usedAt !== null && row.reviewedAt === null && !isOpen(row, now);

/** Not by its own user, unless nobody else could. */
async function mayReview(db: Pick<PrismaClient, "user">, row: Stored, actor: Actor): Promise<boolean> {
  if (personOf(actor) !== `user:${row.userId}`) return !(actor.kind === "user" && actor.breakGlassUntil);
  const others = await db.user.count({ where: { role: "admin", disabledAt: null, id: { not: row.userId } } });
  return others === 0;
}

/** Everybody sees it: who, until when, and whether it waits for a review. */
export const breakGlassNotice = query({
  name: "accounts.breakGlassNotice",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, now }): Promise<BreakGlassNotice> {
    const at = now();
    const rows = await db.breakGlass.findMany({
      where: {
        OR: [
          { endedAt: null, expiresAt: { gt: at } },
          { usedAt: { not: null }, reviewedAt: null },
        ],
      },
      orderBy: { createdAt: "desc" },
      take: 20,
    });
    const open = rows.filter((row) => isOpen(row, at));
    const waiting = rows.filter((row) => needsReview(row, at));
    const shown = open[0] ?? waiting[0];
    if (!shown) return null;
    const name = await actorNames(db, [`user:${shown.userId}`]);
    return {
      personName: name(`user:${shown.userId}`),
      state: open.length > 0 ? "open" : "unreviewed",
      until: shown.expiresAt,
      count: open.length > 0 ? open.length : waiting.length,
    };
  },
});

export const listBreakGlass = query({
  name: "accounts.breakGlass",
  access: "accounts:read",
  on: "fleet",
  input: z.void(),
  async run({ db, actor, now }): Promise<BreakGlassRow[]> {
    const at = now();
    const rows = await db.breakGlass.findMany({ orderBy: { createdAt: "desc" }, take: 100 });
    const name = await actorNames(
      db,
      rows.flatMap((row) => [`user:${row.userId}`, row.reviewedBy]),
    );
    return Promise.all(
      rows.map(async (row) => ({
        id: row.id,
        personName: name(`user:${row.userId}`),
        reason: row.reason,
        createdAt: row.createdAt,
        usedAt: row.usedAt,
        expiresAt: row.expiresAt,
        endedAt: row.endedAt,
        reviewedBy: row.reviewedBy === null ? null : name(row.reviewedBy),
        reviewedAt: row.reviewedAt,
        reviewNote: row.reviewNote,
        canReview: needsReview(row, at) && (await mayReview(db, row, actor)),
        isOpen: isOpen(row, at),
      })),
    );
  },
});

/** Ends it now, with its session. Idempotent. */
export const endBreakGlass = mutation({
  name: "accounts.endBreakGlass",
  access: "accounts:write",
  on: "fleet",
  input: BreakGlassRef,
  async run({ tx, now }, { id }) {
    const entity = ["break-glass", id] as const;
    if (!(await tx.breakGlass.findUnique({ where: { id }, select: { id: true } })))
      throw new AppError("not_found", "no such emergency access", { entity });
    const { count } = await tx.breakGlass.updateMany({
      where: { id, endedAt: null },
      data: { endedAt: now(), codeHash: null },
    });
    await endSessions(tx, { breakGlassId: id });
    return { result: { id }, audit: { entity, after: { ended: count === 1 } }, changes };
  },
});

export const reviewBreakGlass = mutation({
  name: "accounts.reviewBreakGlass",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: ReviewBreakGlass,
  async run({ tx, actor, now }, { id, note }) {
    const entity = ["break-glass", id] as const;
    const row = await tx.breakGlass.findUnique({ where: { id } });
    if (!row) throw new AppError("not_found", "no such emergency access", { entity });
    if (!needsReview(row, now())) throw new AppError("conflict", "there is nothing to review (yet)", { entity });
    if (!(await mayReview(tx, row, actor)))
      throw new AppError("forbidden", "somebody else has to review it", {
        publicMessage: "Somebody other than its user has to review emergency access.",
        entity,
      });
    const { count } = await tx.breakGlass.updateMany({
      where: { id, reviewedAt: null },
      data: { reviewedAt: now(), reviewedBy: actorRef(actor), reviewNote: note, endedAt: row.endedAt ?? row.expiresAt },
    });
    if (count !== 1) throw new AppError("conflict", "somebody was faster", { entity });
    return { result: { id }, audit: { entity, after: { note } }, changes };
  },
});

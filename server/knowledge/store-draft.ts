// Stores a new version of an article that counts only once it is published. Also what a closed case proposes comes in here.
import { Prisma } from "../../generated/prisma/client.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Drafted } from "./report.ts";
import type { Saved } from "./schema.ts";

export const NEWER = {
  en: "Somebody has saved a newer version meanwhile. Yours is not lost: copy it, look at theirs, and save again.",
  zh: "期间有人保存了更新的版本。你的内容没有丢失：请先复制，查看对方的版本后再保存。",
};

/**
 * A draft of the same writer is written over; anything else gets a new version. What was in review once is never written over:
 * whoever looks at it publishes what they see.
 * @param seen the newest version that the writer knows, 0 for none
 * @throws AppError("conflict") when there is a newer one
 */
export async function storeDraft(
  tx: Tx,
  actor: Actor,
  at: Date,
  { articleId, en, zh, cause }: Drafted,
  { seen, note = "", caseId = null }: { seen: number; note?: string; caseId?: string | null },
): Promise<Saved> {
  const newest = await tx.articleVersion.findFirst({
    where: { articleId },
    orderBy: { version: "desc" },
    select: { version: true, state: true, author: true, reviewedAt: true },
  });
  if ((newest?.version ?? 0) !== seen) throw newer(articleId);
  const author = writerOf(actor);
  const content = { en, zh, cause: cause === null ? Prisma.DbNull : toJson(cause), note, updatedAt: at };
  if (newest?.state === "draft" && newest.author === author && newest.reviewedAt === null) {
    const ref = { articleId, version: newest.version, state: "draft", reviewedAt: null };
    const { count } = await tx.articleVersion.updateMany({ where: ref, data: content });
    if (count === 0) throw newer(articleId);
    return { articleId, version: newest.version };
  }
  const version = seen + 1;
  try {
    await tx.articleVersion.create({
      data: { articleId, version, ...content, state: "draft", author, authorName: actor.name, createdAt: at, caseId },
      select: { version: true },
    });
  } catch (err) {
    const isTaken = err instanceof Prisma.PrismaClientKnownRequestError && err.code === "P2002";
    throw isTaken ? newer(articleId, err) : err;
  }
  return { articleId, version };
}

const newer = (articleId: string, cause?: unknown): AppError =>
  new AppError("conflict", `${articleId}: a newer version`, {
    publicMessage: NEWER.en,
    details: { refusal: NEWER },
    cause,
  });

/** Whoever writes or reviews: the person, also behind a token. */
export const writerOf = (actor: Actor): string => personOf(actor) ?? actorRef(actor);

/** The newest version's number; 0 for none. */
export async function newestVersion(tx: Tx, articleId: string): Promise<number> {
  const { _max } = await tx.articleVersion.aggregate({ where: { articleId }, _max: { version: true } });
  return _max.version ?? 0;
}

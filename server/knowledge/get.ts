// One article as it counts now, with its links, versions and what is being written.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { articleIdOf, parseArticleId } from "../../knowledge/article-id.ts";
import { parseCauseArticle } from "../../knowledge/cause-article.ts";
import { OwnCause } from "../../knowledge/own-cause.ts";
import { repairById, repairsForCheck } from "../../repairs/index.ts";
import { holdsFleetWide } from "../core/access.ts";
import type { Actor } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { query } from "../core/verb.ts";
import { checkTitles } from "../inspections/titles.ts";
import { hasOtherReviewer } from "./decide.ts";
import { type Effective, effectiveKnowledge, frontMatter } from "./effective.ts";
import { openVersions, rowOf, seesDrafts } from "./list.ts";
import { type ArticlePage, ArticleRef, type VersionRow, type VersionState } from "./schema.ts";
import { writerOf } from "./store-draft.ts";

const VERSIONS_MAX = 100;

export const getArticle = query({
  name: "knowledge.get",
  access: "knowledge:read",
  on: "self",
  input: ArticleRef,
  async run({ db, actor, now }, { articleId, mayBeNew }): Promise<ArticlePage> {
    const named = parseArticleId(articleId);
    const knowledge = await effectiveKnowledge(db);
    const article = knowledge.articles.get(articleId);
    const [open, versions, titles] = await Promise.all([
      openVersions(db, actor),
      readVersions(db, articleId),
      checkTitles(db),
    ]);
    const isHidden = !article && (versions.length === 0 ? !mayBeNew : false);
    if (!named || isHidden || (!article && !seesDrafts(actor)))
      throw new AppError("not_found", `no article ${articleId}`, { publicMessage: "There is no such article." });
    const sides = new Map(knowledge.causes.map((cause) => [cause.id, cause.side]));
    const cause = named.kind === "cause" ? knowledge.causes.find(({ id }) => id === named.id) : undefined;
    const links = linksOf(articleId, article);
    const checks = named.kind === "check" ? [] : [...new Set([...links.checks, ...(cause?.checks ?? [])])];
    const repairs = named.kind === "check" ? repairsForCheck(named.id).map(({ id }) => id) : links.repairs;
    const mayWrite = seesDrafts(actor);
    return {
      ...rowOf(articleId, article, open.get(articleId), sides),
      articleId: articleIdOf(named.kind, named.id),
      text: article ? { en: article.en, zh: article.zh } : null,
      body: article ? { en: frontMatter(article.en).body, zh: frontMatter(article.zh).body } : null,
      checks: checks.map((id) => ({ id, title: titles(id) })),
      repairs: repairs.flatMap((id) => repairById(id) ?? []).map(({ id, title }) => ({ id, title })),
      sources: links.sources,
      exitCodes: links.exitCodes,
      signatures: (cause?.signatures ?? []).map(({ match, strength }) => ({ match, strength })),
      // Its proofs are what people pasted, of whatever part of the fleet: for writers.
      cause: mayWrite ? (article?.cause ?? null) : null,
      versions: mayWrite ? versions : [],
      ...(mayWrite ? await readDraft(db, actor, articleId, now()) : { draft: null, canPublish: false }),
    };
  },
});

function linksOf(articleId: string, article: Effective | undefined) {
  const none = { checks: [], repairs: [], sources: [], exitCodes: [] };
  if (!article || !articleId.startsWith("cause/")) return none;
  try {
    return parseCauseArticle(article.en, "en");
  } catch {
    return none; // it was right when it was published; a built-in one is tested
  }
}

async function readVersions(db: PrismaClient, articleId: string): Promise<VersionRow[]> {
  const found = await db.articleVersion.findMany({
    where: { articleId },
    orderBy: { version: "desc" },
    take: VERSIONS_MAX,
    select: {
      version: true,
      state: true,
      note: true,
      authorName: true,
      createdAt: true,
      reviewedByName: true,
      reviewedAt: true,
      reviewNote: true,
    },
  });
  return found.map((row) => ({ ...row, state: row.state as VersionState })); // the verbs write no others
}

async function readDraft(
  db: PrismaClient,
  actor: Actor,
  articleId: string,
  now: Date,
): Promise<Pick<ArticlePage, "draft" | "canPublish">> {
  const newest = await db.articleVersion.findFirst({ where: { articleId }, orderBy: { version: "desc" } });
  if (!newest || (newest.state !== "draft" && newest.state !== "review")) return { draft: null, canPublish: false };
  const { version, en, zh, note, author } = newest;
  const cause = OwnCause.safeParse(newest.cause).data ?? null;
  const reader = writerOf(actor);
  const mayPublish = newest.state === "review" && holdsFleetWide(actor, "knowledge:review");
  return {
    draft: { version, state: newest.state, en, zh, note, cause },
    canPublish: mayPublish && (author !== reader || !(await hasOtherReviewer(db, reader, now))),
  };
}

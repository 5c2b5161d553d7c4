// Articles as they count now, found by words or by title, with what is being written on them.

import type { PrismaClient } from "../../generated/prisma/client.ts";
import { articleIdOf, parseArticleId } from "../../knowledge/article-id.ts";
import { holdsFleetWide } from "../core/access.ts";
import type { Actor } from "../core/context.ts";
import { query } from "../core/verb.ts";
import { type Effective, effectiveKnowledge, type Knowledge, titleOf } from "./effective.ts";
import { type ArticleList, type ArticleRow, ListArticles } from "./schema.ts";
import { excerptOf, searchArticles } from "./search.ts";

type Open = { articleId: string; state: string; en: string; zh: string; updatedAt: Date };

export const listArticles = query({
  name: "knowledge.list",
  access: "knowledge:read",
  on: "self",
  input: ListArticles,
  async run({ db, actor }, { search, kind, side, origin, page, pageSize }): Promise<ArticleList> {
    const [knowledge, open] = await Promise.all([effectiveKnowledge(db), openVersions(db, actor)]);
    const sides = new Map(knowledge.causes.map((cause) => [cause.id, cause.side]));
    const rows = idsFor(knowledge, open, search).map((articleId) =>
      rowOf(articleId, knowledge.articles.get(articleId), open.get(articleId), sides),
    );
    const fitting = rows.filter(
      (row) =>
        (kind === "all" || row.kind === kind) &&
        (side === "all" || row.side === side) &&
        (origin === "all" || (origin === "own" ? row.origin !== "built-in" : row.open !== null)),
    );
    const shown = fitting.slice((page - 1) * pageSize, page * pageSize).map((row) => {
      const article = search === "" ? undefined : knowledge.articles.get(row.articleId);
      return article ? { ...row, excerpt: excerptOf(article, search) } : row;
    });
    return { rows: shown, total: fitting.length, page, pageSize };
  },
});

/** Found ones best first; all of them by name. Drafts of new articles are found by their name only. */
function idsFor(knowledge: Knowledge, open: ReadonlyMap<string, Open>, search: string): string[] {
  const isNew = (articleId: string): boolean => !knowledge.articles.has(articleId);
  if (search === "") {
    const fresh = [...open.keys()].filter(isNew);
    return [...fresh, ...knowledge.articles.keys()].sort((a, b) => nameOf(a).localeCompare(nameOf(b), "en"));
  }
  const named = [...open.keys()].filter((id) => isNew(id) && id.includes(search.toLowerCase()));
  return [...searchArticles(knowledge, search), ...named];
}

const nameOf = (articleId: string): string => parseArticleId(articleId)?.id ?? articleId;

/** Whether somebody writes or reviews; others see what counts and nothing else. */
export const seesDrafts = (actor: Actor): boolean =>
  holdsFleetWide(actor, "knowledge:write") || holdsFleetWide(actor, "knowledge:review");

/** The newest version of each article that is a draft or waits for review; none for those who only read. */
export async function openVersions(db: PrismaClient, actor: Actor): Promise<Map<string, Open>> {
  if (!seesDrafts(actor)) return new Map();
  const found = await db.articleVersion.findMany({
    where: { state: { in: ["draft", "review"] } },
    orderBy: { version: "asc" },
    select: { articleId: true, state: true, en: true, zh: true, updatedAt: true },
  });
  return new Map(found.map((one) => [one.articleId, one]));
}

export function rowOf(
  articleId: string,
  article: Effective | undefined,
  open: Open | undefined,
  sides: ReadonlyMap<string, ArticleRow["side"]>,
): ArticleRow {
  const { kind, id } = parseArticleId(articleId) ?? { kind: "cause" as const, id: articleId };
  const text = article ?? open ?? { en: "", zh: "" };
  return {
    articleId: articleIdOf(kind, id),
    kind,
    title: titleOf(text, id),
    side: kind === "cause" ? (sides.get(id) ?? article?.cause?.side ?? null) : null,
    origin: article?.origin ?? "own",
    open: open ? (open.state === "review" ? "review" : "draft") : null,
    updatedAt: open?.updatedAt ?? article?.updatedAt ?? null,
    excerpt: null,
  };
}

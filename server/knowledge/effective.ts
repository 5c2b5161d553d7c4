// What counts now: built-in articles, those changed here in their stead, and those written here; causes of both for the diagnosis.

import type { Cause } from "../../diagnosis/cause.ts";
import { causes as builtInCauses } from "../../diagnosis/causes/list.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { parseArticleId } from "../../knowledge/article-id.ts";
import { readFrontMatter } from "../../knowledge/front-matter.ts";
import { OwnCause } from "../../knowledge/own-cause.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { builtInArticles } from "./built-in.ts";
import type { ArticleText } from "./schema.ts";

export type Effective = ArticleText & {
  origin: "built-in" | "changed" | "own";
  cause: OwnCause | null;
  updatedAt: Date | null;
};
/** `mark` differs whenever anything in it does. */
export type Knowledge = { mark: string; articles: ReadonlyMap<string, Effective>; causes: readonly Cause[] };

type Db = PrismaClient | Tx;

/** The same object as long as nothing changed, so that what is derived from it is made once. A process has one database. */
let last: Knowledge | undefined;

/** One small query where nothing has changed since the last call. */
export async function effectiveKnowledge(db: Db): Promise<Knowledge> {
  const { _max, _count } = await db.articleVersion.aggregate({
    where: { state: "published" },
    _max: { updatedAt: true },
    _count: true,
  });
  const mark = `${_count} ${_max.updatedAt?.toISOString() ?? ""}`;
  const known = last;
  if (known?.mark === mark) return known;
  const published = await db.articleVersion.findMany({
    where: { state: "published" },
    orderBy: [{ articleId: "asc" }, { version: "asc" }],
    select: { articleId: true, en: true, zh: true, cause: true, updatedAt: true },
  });
  const articles = new Map<string, Effective>();
  for (const [id, text] of builtInArticles())
    articles.set(id, { ...text, origin: "built-in", cause: null, updatedAt: null });
  for (const { articleId, en, zh, cause, updatedAt } of published)
    articles.set(articleId, {
      en,
      zh,
      origin: builtInArticles().has(articleId) ? "changed" : "own",
      cause: OwnCause.safeParse(cause).data ?? null,
      updatedAt,
    });
  last = { mark, articles, causes: [...builtInCauses, ...ownCauses(articles)] };
  return last;
}

function ownCauses(articles: ReadonlyMap<string, Effective>): Cause[] {
  const own: Cause[] = [];
  for (const [articleId, article] of articles) {
    const named = parseArticleId(articleId);
    if (named?.kind !== "cause" || article.origin !== "own" || !article.cause) continue;
    own.push(causeOf(named.id, article, article.cause));
  }
  return own;
}

/** A cause as the diagnosis takes it, from an article of one's own. */
export function causeOf(id: string, text: ArticleText, { side, signatures, words }: OwnCause): Cause {
  const { checks } = frontMatter(text.en);
  return { id, title: titleOf(text, id), side, signatures, words, ...(checks.length > 0 ? { checks } : {}) };
}

/** Front matter as far as it can be read. */
export function frontMatter(markdown: string): { title: string; checks: string[]; body: string } {
  try {
    const { data, content } = readFrontMatter(markdown);
    const checks: unknown = data.checks;
    return {
      title: typeof data.title === "string" ? data.title : "",
      checks: Array.isArray(checks) ? checks.filter((one) => typeof one === "string") : [],
      body: content.trim(),
    };
  } catch {
    return { title: "", checks: [], body: markdown }; // the draft's report says what is wrong with it
  }
}

/** Titles of both languages; each stands in for the other, the id for both. */
export function titleOf({ en, zh }: ArticleText, id: string): Text {
  const [english, chinese] = [frontMatter(en).title, frontMatter(zh).title];
  return { en: english || chinese || id, zh: chinese || english || id };
}

/** Markdown to read, without front matter; English where Chinese is missing. Null when there is no such article. */
export async function articleBody(db: Db, articleId: string): Promise<Text | null> {
  const article = (await effectiveKnowledge(db)).articles.get(articleId);
  if (!article) return null;
  const en = frontMatter(article.en).body;
  return { en, zh: frontMatter(article.zh).body || en };
}

// The name of an article: what kind of thing it explains, and that thing's id. Pure, client-safe.
import { causeArticleFile } from "./cause-article.ts";
import { articleFile, type Language } from "./loader.ts";

export type ArticleKind = "check" | "cause";

/** `cause/oom-killed`, `check/runtime-down`: as it is stored, and the end of its page's address. */
export const ARTICLE_ID = /^(check|cause)\/([a-z0-9]+(?:-[a-z0-9]+)*)$/;

export const articleIdOf = (kind: ArticleKind, id: string): string => `${kind}/${id}`;

/** @returns null for anything that is no name of an article */
export function parseArticleId(articleId: string): { kind: ArticleKind; id: string } | null {
  const found = ARTICLE_ID.exec(articleId);
  return found?.[1] && found[2] ? { kind: found[1] as ArticleKind, id: found[2] } : null; // the pattern allows these two only
}

/** Path of its file in the language, below knowledge/: built-in ones lie there, exported ones are named so. */
export function articlePath(kind: ArticleKind, id: string, language: Language): string {
  return kind === "check" ? `articles/${articleFile(id, language)}` : `causes/${causeArticleFile(id, language)}`;
}

/** The article and language of such a path, whatever folders stand before it; null for other files. */
export function articleOfPath(path: string): { kind: ArticleKind; id: string; language: Language } | null {
  const found = /(?:^|[\\/])(articles|causes)[\\/]([a-z0-9]+(?:-[a-z0-9]+)*)(\.zh)?\.md$/.exec(path);
  if (!found?.[2]) return null;
  return { kind: found[1] === "articles" ? "check" : "cause", id: found[2], language: found[3] ? "zh" : "en" };
}

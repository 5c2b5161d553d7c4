// Articles that come with the product, read from disk once per process.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { articleIdOf, articleOfPath } from "../../knowledge/article-id.ts";
import type { ArticleText } from "./schema.ts";

/** Sources run from server/knowledge, bundles from dist: the repository's root is two or one above. */
const roots = [join(import.meta.dirname, "../.."), join(import.meta.dirname, ".."), process.cwd()];

let known: ReadonlyMap<string, ArticleText> | undefined;

/** Whole Markdown of both languages by article id. Where Chinese is missing the text is empty. */
export function builtInArticles(): ReadonlyMap<string, ArticleText> {
  known ??= read();
  return known;
}

function read(): Map<string, ArticleText> {
  const folder = roots.map((root) => join(root, "knowledge")).find((path) => existsSync(join(path, "articles")));
  const found = new Map<string, ArticleText>();
  if (!folder) return found;
  for (const part of ["articles", "causes"]) {
    const path = join(folder, part);
    for (const file of existsSync(path) ? readdirSync(path) : []) {
      const named = articleOfPath(`${part}/${file}`);
      if (!named) continue;
      const articleId = articleIdOf(named.kind, named.id);
      const text = found.get(articleId) ?? { en: "", zh: "" };
      found.set(articleId, { ...text, [named.language]: readFileSync(join(path, file), "utf8") });
    }
  }
  return found;
}

// Articles of the knowledge base, read from disk once per process: <check-id>.md in English, <check-id>.zh.md in Chinese.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { articleFile } from "../../knowledge/loader.ts";
import type { Text } from "../../protocol/text.ts";

const FOLDER = "knowledge/articles";
/** Sources run from server/findings, bundles from dist: the repository's root is two or one above. */
const roots = [join(import.meta.dirname, "../.."), join(import.meta.dirname, ".."), process.cwd()];

function readBody(file: string): string | null {
  const path = roots.map((root) => join(root, FOLDER, file)).find((candidate) => existsSync(candidate));
  return path ? matter(readFileSync(path, "utf8")).content.trim() : null;
}

const cache = new Map<string, Text | null>();

/** Markdown of a check's article in both languages (English where the Chinese one is missing); null when there is none. */
export function articleOf(checkId: string): Text | null {
  if (!/^[a-z0-9-]+$/.test(checkId)) return null;
  const known = cache.get(checkId);
  if (known !== undefined) return known;
  const en = readBody(articleFile(checkId, "en"));
  const article = en === null ? null : { en, zh: readBody(articleFile(checkId, "zh")) ?? en };
  cache.set(checkId, article);
  return article;
}

// Articles of causes: what people read when a diagnosis names one. From the text of one file to title, sections and links. Pure.

import { z } from "zod";
import { readFrontMatter } from "./front-matter.ts";
import type { Language } from "./loader.ts";
import { sectionsOf } from "./sections.ts";

export type CauseSectionId = "see" | "meaning" | "side" | "safe" | "sre";

/** Headings that every article of a cause has, in this order. `safe` is for people without rights on nodes, `sre` for those with. */
export const causeHeadings: Record<Language, Record<CauseSectionId, string>> = {
  en: {
    see: "What you see",
    meaning: "What it means",
    side: "Yours or ours",
    safe: "What you can do",
    sre: "What an SRE does",
  },
  zh: {
    see: "你会看到",
    meaning: "这意味着什么",
    side: "你的容器还是节点",
    safe: "你可以做什么",
    sre: "SRE 怎么做",
  },
};

const order: readonly CauseSectionId[] = ["see", "meaning", "side", "safe", "sre"];
const Id = z
  .string({ error: "is missing" })
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case words joined by hyphens");

/** Lists stand in the English file only. */
const FrontMatter = z.strictObject({
  title: z.string({ error: "is missing" }).min(1, "is missing").max(200),
  cause: Id,
  /** Exit codes of a container that show it. */
  exitCodes: z.array(z.number().int().min(0).max(4_294_967_295)).default([]),
  /** Checks of the catalogue that find the same thing on a node. */
  checks: z.array(Id).default([]),
  /** Repairs of the catalogue that end it. */
  repairs: z.array(Id).default([]),
  sources: z.array(z.url({ protocol: /^https?$/ })).default([]),
});

export type CauseArticle = z.output<typeof FrontMatter> & { body: string; sections: Record<CauseSectionId, string> };

/** File name of an article below knowledge/causes. */
export const causeArticleFile = (causeId: string, language: Language): string =>
  `${causeId}${language === "zh" ? ".zh" : ""}.md`;

/**
 * Parses one article of a cause.
 * @throws Error naming what is wrong: the front matter, a heading, or the text under it
 */
export function parseCauseArticle(text: string, language: Language): CauseArticle {
  const { data, content } = readFrontMatter(text);
  const parsed = FrontMatter.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`front matter: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}`);
  }
  const wanted = order.map((id) => [id, causeHeadings[language][id]] as const);
  return { ...parsed.data, body: content.trim(), sections: sectionsOf(parsed.data.cause, content, wanted) };
}

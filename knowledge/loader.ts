// Knowledge articles from file contents to title and sections. Pure: whoever has the files (server, docs, tests) hands them in.
import { readFrontMatter } from "./front-matter.ts";
import { sectionsOf } from "./sections.ts";

export type Language = "en" | "zh";
export type SectionId = "meaning" | "impact" | "diagnosis" | "mitigation" | "thresholds";

/** An article in one language. Section texts are markdown without their heading. */
export type Article = { check: string; title: string; body: string; sections: Record<SectionId, string> };

/** Headings that every article has, in this order. */
export const headings: Record<Language, Record<SectionId, string>> = {
  en: {
    meaning: "Meaning",
    impact: "Impact",
    diagnosis: "Diagnosis",
    mitigation: "Mitigation",
    thresholds: "Thresholds",
  },
  zh: { meaning: "含义", impact: "影响", diagnosis: "诊断", mitigation: "处置", thresholds: "阈值" },
};

const sectionIds: readonly SectionId[] = ["meaning", "impact", "diagnosis", "mitigation", "thresholds"];

/** File name of an article below knowledge/articles. */
export const articleFile = (checkId: string, language: Language): string =>
  `${checkId}${language === "zh" ? ".zh" : ""}.md`;

/**
 * Parses one article.
 * @throws Error naming what is missing: the front matter's `title` or `check`, a heading, or the text under it
 */
export function parseArticle(text: string, language: Language): Article {
  const { data, content } = readFrontMatter(text);
  const { title, check } = data;
  if (typeof title !== "string" || title === "") throw new Error("the front matter has no title");
  if (typeof check !== "string" || check === "") throw new Error("the front matter has no check");
  const sections = sectionsOf(
    check,
    content,
    sectionIds.map((id) => [id, headings[language][id]] as const),
  );
  return { check, title, body: content.trim(), sections };
}

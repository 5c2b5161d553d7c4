// The fields of the article editor, and the form that the server takes. Pure.
import { parseArticleId } from "../../../../../../../knowledge/article-id.ts";
import { causeHeadings } from "../../../../../../../knowledge/cause-article.ts";
import { headings, type Language } from "../../../../../../../knowledge/loader.ts";
import type { OwnCause } from "../../../../../../../knowledge/own-cause.ts";
import type { ArticlePage } from "../../../../../../../server/knowledge/schema.ts";

export type SignatureFields = {
  id: number;
  match: string;
  strength: "proof" | "strong" | "hint";
  also: string;
  unless: string;
};
export type TextField = { id: number; text: string };
export type CauseFields = {
  side: OwnCause["side"];
  words: string;
  signatures: SignatureFields[];
  fits: TextField[];
  fitsNot: TextField[];
};
/** `cause` null: signatures come with the product, or it is an article of a check. */
export type Fields = { en: string; zh: string; cause: CauseFields | null };

let lastId = 0;
/** Keys of rows: places change as rows come and go. */
export const nextId = (): number => ++lastId;
export const newSignature = (): SignatureFields => ({
  id: nextId(),
  match: "",
  strength: "strong",
  also: "",
  unless: "",
});
export const newText = (text = ""): TextField => ({ id: nextId(), text });

/** What an empty editor begins with: front matter and every heading, in their order. */
export function emptyText(articleId: string, language: Language): string {
  const named = parseArticleId(articleId);
  const isCheck = named?.kind === "check";
  const wanted = Object.values(isCheck ? headings[language] : causeHeadings[language]);
  const lists = !isCheck && language === "en" ? "checks: []\nrepairs: []\nsources: []\n" : "";
  return `---\ntitle: \n${isCheck ? "check" : "cause"}: ${named?.id ?? ""}\n${lists}---\n\n${wanted.map((heading) => `## ${heading}\n\n`).join("\n")}`;
}

/** Fields of an article: its draft first, else as it counts now. @param isBuiltIn its signatures come with the product */
export function fieldsOf(articleId: string, page: ArticlePage | null): Fields {
  const { draft, text } = page ?? { draft: null, text: null };
  const from = draft ?? text;
  const isOwnCause = articleId.startsWith("cause/") && (page === null || page.origin === "own");
  const cause = draft ? draft.cause : (page?.cause ?? null);
  return {
    en: from?.en || emptyText(articleId, "en"),
    zh: from?.zh ?? "",
    cause: isOwnCause
      ? {
          side: cause?.side ?? "either",
          words: cause?.words ?? "",
          signatures: (cause?.signatures ?? []).map((one) => ({ ...newSignature(), ...one })),
          fits: (cause?.fits ?? []).map(newText),
          fitsNot: (cause?.fitsNot ?? []).map(newText),
        }
      : null,
  };
}

/** As the server takes it: empty rows are left out. */
export function draftOf(articleId: string, { en, zh, cause }: Fields) {
  const texts = (rows: readonly TextField[]): string[] =>
    rows.map(({ text }) => text).filter((text) => text.trim() !== "");
  return {
    articleId,
    en,
    zh,
    cause: cause && {
      side: cause.side,
      words: cause.words,
      signatures: cause.signatures
        .filter(({ match }) => match.trim().length > 2)
        .map(({ match, strength, also, unless }) => ({
          match,
          strength,
          ...(also.trim().length > 2 ? { also } : {}),
          ...(unless.trim().length > 2 ? { unless } : {}),
        })),
      fits: texts(cause.fits),
      fitsNot: texts(cause.fitsNot),
    },
  };
}

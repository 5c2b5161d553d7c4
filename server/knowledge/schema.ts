// Inputs and outputs of the knowledge base: articles as they count now, their versions, drafts and what is wrong with them. Client-safe.
import { z } from "zod";
import type { Side } from "../../diagnosis/cause.ts";
import { ARTICLE_ID, type ArticleKind } from "../../knowledge/article-id.ts";
import { OwnCause } from "../../knowledge/own-cause.ts";
import type { Text } from "../../protocol/text.ts";
import { Page, type Paged } from "../core/paging.ts";

/** One language of an article, characters. The longest built-in one has some 4,000. */
export const MARKDOWN_CHARS_MAX = 40_000;
/** Files of one import. Built-in ones are some 900. */
export const IMPORT_FILES_MAX = 2_000;

export const ArticleId = z
  .string()
  .max(120)
  .regex(ARTICLE_ID, "check/… or cause/…, lower-case words joined by hyphens");
const Markdown = z.string().max(MARKDOWN_CHARS_MAX);

export const ListArticles = Page.extend({
  /** Words in either language; misspelt ones are found as well. Empty: all, by title. */
  search: z.string().trim().max(300).default(""),
  kind: z.enum(["all", "check", "cause"]).default("all"),
  side: z.enum(["all", "yours", "ours", "either"]).default("all"),
  /** own: written or changed here. open: with a draft, or a version that waits for review. */
  origin: z.enum(["all", "own", "open"]).default("all"),
});
export const ArticleRef = z.object({
  articleId: ArticleId,
  /** For writers: one that nobody has written yet is an empty one, not an error. */
  mayBeNew: z.boolean().default(false),
});
export const VersionRef = z.object({ articleId: ArticleId, version: z.number().int().positive() });
export const Draft = z.object({ articleId: ArticleId, en: Markdown, zh: Markdown, cause: OwnCause.nullable() });
export const SaveDraft = Draft.extend({
  /** The newest version that the writer has seen; 0: none. Somebody else's newer one is never overwritten. */
  seen: z.number().int().min(0),
  note: z.string().trim().max(500).default(""),
});
export const ReviewVersion = VersionRef.extend({
  /** publish: it counts from now on. return: back to its writer. withdraw: what is published counts no more. */
  act: z.enum(["publish", "return", "withdraw"]),
  note: z.string().trim().max(500).default(""),
});
export const ImportFiles = z.object({
  files: z
    .array(z.object({ path: z.string().max(500), text: Markdown }))
    .min(1)
    .max(IMPORT_FILES_MAX),
  /** Only say what would come of it. */
  isTrial: z.boolean(),
});
export const ExportFiles = z.object({ origin: z.enum(["all", "own"]).default("all") });

export type VersionState = "draft" | "review" | "published" | "replaced" | "withdrawn";

export type ArticleRow = {
  articleId: string;
  kind: ArticleKind;
  title: Text;
  /** Whose it is to end; null for articles of checks. */
  side: Side | null;
  /** built-in, changed here, or written here. */
  origin: "built-in" | "changed" | "own";
  /** State of a version that is not published yet. */
  open: "draft" | "review" | null;
  updatedAt: Date | null;
  /** Passage around what was searched for, in the language in which it was found. */
  excerpt: string | null;
};
export type ArticleList = Paged<ArticleRow>;

export type VersionRow = {
  version: number;
  state: VersionState;
  note: string;
  authorName: string;
  createdAt: Date;
  reviewedByName: string | null;
  reviewedAt: Date | null;
  reviewNote: string;
};

/** Where something is wrong: in which text, or in which signature or proof text (by its place). */
export type DraftProblem = { at: "id" | "en" | "zh" | "cause"; path: string; text: Text };
/** What a proof text is answered with now. */
export type ProofResult = { list: "fits" | "fitsNot"; at: number; isOk: boolean; answer: string | null };
export type DraftReport = { problems: DraftProblem[]; proofs: ProofResult[] };

export type ArticleText = { en: string; zh: string };
export type VersionDetail = ArticleText & {
  version: number;
  state: VersionState;
  note: string;
  cause: OwnCause | null;
};
export type ArticlePage = ArticleRow & {
  /** Whole Markdown with front matter as it counts now; null when only a draft exists. */
  text: ArticleText | null;
  /** The part that is read: without front matter. */
  body: ArticleText | null;
  checks: { id: string; title: Text }[];
  repairs: { id: string; title: Text }[];
  sources: string[];
  exitCodes: number[];
  /** Patterns that give the cause away. */
  signatures: { match: string; strength: string }[];
  cause: OwnCause | null;
  versions: VersionRow[];
  /** The newest version while it is a draft or waits for review, whole. */
  draft: VersionDetail | null;
  /** Whether the caller may publish the version that waits: its writer may not. */
  canPublish: boolean;
};
export type Saved = { articleId: string; version: number };
export type ImportReport = {
  /** What each file is: unchanged, a new draft, or refused and why. */
  files: { path: string; outcome: "unchanged" | "draft" | "refused"; articleId: string | null; why: Text | null }[];
  drafts: number;
};
export type Exported = { files: { path: string; text: string }[] };

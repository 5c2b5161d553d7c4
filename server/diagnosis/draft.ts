// A draft of an article made of closed cases: title, signature, proof texts and the sections to fill in. A person finishes it, another one publishes it.
import type { z } from "zod";
import { normalise } from "../../diagnosis/normalise.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { articleIdOf } from "../../knowledge/article-id.ts";
import { type CauseSectionId, causeHeadings } from "../../knowledge/cause-article.ts";
import type { Language } from "../../knowledge/loader.ts";
import { OwnCause } from "../../knowledge/own-cause.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { toAnswer } from "./cases.ts";
import { type CauseBook, causeBook } from "./engine.ts";
import { reviewedSql } from "./review.ts";
import type { DraftWish, ProposedDraft } from "./schema.ts";
import { fitsText, guessSignature } from "./signature.ts";

type Db = PrismaClient | Tx;

/** Texts that go into the draft as proof, each cut. */
const FITS_MAX = 5;
const FIT_CHARS_MAX = 8_000;
/** Texts of other causes that a guess is tried on. */
const OTHERS_MAX = 200;
const FITS_NOT_MAX = 5;
const WORDS_MAX = 12;

const t = (en: string, zh: string): Text => ({ en, zh });

type Case = { id: string; input: string; answer: unknown; createdAt: Date };

/** @throws AppError("not_found") unless every one of them is there and may be reviewed */
export async function reviewedCases(db: Db, scope: Scope, ids: readonly string[]): Promise<Case[]> {
  const wanted = [...new Set(ids.map((id) => id.toLowerCase()))];
  const found = await db.$queryRaw<Case[]>(sql`
    SELECT c.id::text, c.input, c.answer, c.created_at AS "createdAt" FROM diagnosis_case c LEFT JOIN node n ON n.id = c.node_id
    WHERE c.id = ANY(${wanted}::uuid[]) AND ${reviewedSql(scope)}
    ORDER BY c.created_at DESC`);
  if (found.length === wanted.length) return found;
  const isForeign = (await db.diagnosisCase.count({ where: { id: { in: wanted } } })) > found.length;
  throw new AppError("not_found", "no such case", {
    publicMessage: "There is no such case.",
    entity: ["diagnosis", wanted[0] ?? ""],
    isForeign,
  });
}

/** Texts that a cause was known and confirmed for, or that reviewers gave another one: what a new signature must leave alone. */
async function otherTexts(db: Db, scope: Scope, caseIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ input: string }[]>(sql`
    SELECT left(c.input, ${FIT_CHARS_MAX}) AS input FROM diagnosis_case c LEFT JOIN node n ON n.id = c.node_id
    WHERE c.input <> '' AND NOT c.id = ANY(${[...caseIds]}::uuid[]) AND ${reviewedSql(scope)}
      AND ((c.is_known AND c.feedback = 'solved') OR (c.state = 'closed' AND c.right_cause IS NOT NULL))
    ORDER BY c.created_at DESC LIMIT ${OTHERS_MAX}`);
  // They were pasted anywhere in the fleet.
  const versions = scope.isWhole
    ? await db.articleVersion.findMany({ where: { state: "published" }, select: { cause: true } })
    : [];
  const proofs = versions.flatMap(({ cause }) => OwnCause.safeParse(cause).data?.fits ?? []);
  return [...rows.map(({ input }) => input), ...proofs];
}

/** What `close` would store; nothing is written. */
export async function proposedDraft(
  db: Db,
  scope: Scope,
  caseIds: readonly string[],
  wish: z.output<typeof DraftWish>,
): Promise<ProposedDraft> {
  const cases = await reviewedCases(db, scope, caseIds);
  const book = await causeBook(db);
  const texts = cases
    .map(({ input }) => input.slice(0, FIT_CHARS_MAX).toWellFormed())
    .filter((text) => text.trim() !== "");
  const others = await otherTexts(db, scope, caseIds);
  const signature = wish.signature ?? guessSignature(texts, others);
  const fits = signature === null ? texts : texts.filter((text) => fitsText(signature, normalise(text)));
  const said = firstError(cases);
  const title: Text = {
    en: wish.title?.en || sentence(said) || "A new trouble",
    zh: wish.title?.zh || sentence(said) || "新问题",
  };
  const id = wish.id ?? (await freeId(db, book, slugOf(signature ?? said)));
  return {
    articleId: articleIdOf("cause", id),
    title,
    side: wish.side ?? "either",
    signature,
    fits: fits.slice(0, FITS_MAX),
    fitsNot: others.slice(0, FITS_NOT_MAX),
    words: wordsOf(texts[0] ?? ""),
    problems: problemsOf({ id, signature, fits, texts, others }, book),
  };
}

/** The innermost error of the newest case, else its first line. */
function firstError(cases: readonly Case[]): string {
  const [newest] = cases;
  if (!newest) return "";
  const { chain } = toAnswer(newest.answer as Parameters<typeof toAnswer>[0]);
  return chain.at(-1)?.text ?? newest.input.split("\n").find((line) => line.trim() !== "") ?? "";
}

const sentence = (text: string): string => {
  const short = text.replace(/\s+/g, " ").trim().slice(0, 120).toWellFormed();
  return short === "" ? "" : `${short[0]?.toUpperCase()}${short.slice(1)}`;
};

const slugOf = (text: string): string => {
  const words = text
    .replace(/\\S\+|\\/g, " ")
    .toLowerCase()
    .match(/[a-z][a-z]+/g);
  return (words ?? ["cause"]).slice(0, 5).join("-").slice(0, 60).replace(/-+$/, "") || "cause";
};

async function freeId(db: Db, book: CauseBook, wanted: string): Promise<string> {
  const taken = async (id: string) =>
    book.cause(id) !== undefined ||
    (await db.articleVersion.count({ where: { articleId: articleIdOf("cause", id) } })) > 0;
  for (let number = 1; ; number++) {
    const id = number === 1 ? wanted : `${wanted}-${number}`;
    if (!(await taken(id))) return id;
  }
}

/** Words that say what it is about, without names and numbers. */
function wordsOf(text: string): string {
  const words = text.toLowerCase().match(/[a-z]{4,}|[\u3400-\u9fff]{2,8}/g) ?? [];
  return [...new Set(words)].slice(0, WORDS_MAX).join(" ");
}

type Draftable = { id: string; signature: string | null; fits: string[]; texts: string[]; others: string[] };

function problemsOf({ id, signature, fits, texts, others }: Draftable, book: CauseBook): Text[] {
  const problems: Text[] = [];
  if (book.cause(id)) problems.push(t(`There is a cause ${id} already.`, `已存在名为 ${id} 的原因。`));
  if (signature === null) {
    problems.push(
      t(
        "Nothing in these texts is long enough and their own; write the signature yourself.",
        "这些文本中没有足够长且独有的片段，请自行填写特征。",
      ),
    );
    return problems;
  }
  if (fits.length < texts.length)
    problems.push(
      t(
        `The signature fits ${fits.length} of ${texts.length} texts.`,
        `特征只匹配 ${texts.length} 条文本中的 ${fits.length} 条。`,
      ),
    );
  const wrong = others.filter((text) => fitsText(signature, normalise(text))).length;
  if (wrong > 0)
    problems.push(t(`The signature fits ${wrong} texts of other causes.`, `特征还匹配了其他原因的 ${wrong} 条文本。`));
  return problems;
}

const FILL_IN: Record<Language, Record<CauseSectionId, string>> = {
  en: {
    see: "What does one see? The texts below were reported.",
    meaning: "What does it mean, in two sentences?",
    side: "Container or node, and how can one tell?",
    safe: "What can somebody without rights on nodes do safely?",
    sre: "What does an SRE do, step by step, and how does one see that it helped?",
  },
  zh: {
    see: "用户会看到什么？以下为上报的文本。",
    meaning: "用两句话说明含义。",
    side: "是容器还是节点的问题？如何区分？",
    safe: "没有节点权限的人可以安全地做什么？",
    sre: "SRE 逐步怎么做？如何确认已生效？",
  },
};

/** Markdown with every heading that an article needs. */
export function draftMarkdown(draft: ProposedDraft, language: Language): string {
  const cause = draft.articleId.replace(/^cause\//, "");
  const quoted = draft.fits.slice(0, 2).map((text) => text.slice(0, 800).toWellFormed().replaceAll("```", "'''"));
  const sample = quoted.map((text) => `\n\n\`\`\`text\n${text}\n\`\`\``).join("");
  const parts = (["see", "meaning", "side", "safe", "sre"] as const).map(
    (id) => `## ${causeHeadings[language][id]}\n\n${FILL_IN[language][id]}${id === "see" ? sample : ""}\n`,
  );
  return `---\ntitle: ${JSON.stringify(draft.title[language])}\ncause: ${cause}\n---\n\n${parts.join("\n")}`;
}

/** What is stored beside the text. */
export const draftCause = ({ side, signature, words, fits, fitsNot }: ProposedDraft): OwnCause => ({
  side,
  signatures: signature === null ? [] : [{ match: signature, strength: "strong" }],
  words,
  fits: [...fits],
  fitsNot: [...fitsNot],
});

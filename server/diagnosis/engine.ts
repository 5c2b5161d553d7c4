// The engine as it counts now: causes that come with the product and those published here, their articles, and which checks find the same thing.
import type { Cause } from "../../diagnosis/cause.ts";
import { causes as builtInCauses } from "../../diagnosis/causes/list.ts";
import { Engine, engineOf } from "../../diagnosis/diagnose.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { articleIdOf } from "../../knowledge/article-id.ts";
import { type CauseArticle, parseCauseArticle } from "../../knowledge/cause-article.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { effectiveKnowledge, type Knowledge } from "../knowledge/effective.ts";
import { causeOfCheck } from "./cause-of-check.ts";
import type { CauseArticleText } from "./schema.ts";

export type CauseBook = {
  engine: Engine;
  cause: (id: string) => Cause | undefined;
  title: (id: string) => Text;
  /** Null where nobody has written it, or what was written cannot be read. */
  article: (id: string) => CauseArticleText | null;
  /** Checks of the catalogue that find the same thing: the cause's own and its article's. */
  checks: (id: string) => readonly string[];
  /** Repairs that its article names. */
  repairs: (id: string) => readonly string[];
  /** The cause that a finding of this check shows; null where none does, or several may. */
  causeOfCheck: (checkId: string) => string | null;
};

const books = new WeakMap<Knowledge, CauseBook>();

/** Made once for each state of the knowledge; one small query where nothing has changed. */
export async function causeBook(db: PrismaClient | Tx): Promise<CauseBook> {
  const knowledge = await effectiveKnowledge(db);
  let book = books.get(knowledge);
  if (!book) {
    book = bookOf(knowledge);
    books.set(knowledge, book);
  }
  return book;
}

/** An own signature that cannot be used was refused when it was published; should one be there all the same, it is left out, not everything. */
export function usableEngine(causes: readonly Cause[]): { engine: Engine; left: readonly string[] } {
  try {
    return { engine: checked(causes), left: [] };
  } catch {
    const own = causes.filter((cause) => !builtInCauses.includes(cause));
    const bad = new Set(own.filter((cause) => !isUsable(cause)).map(({ id }) => id));
    const left = [...bad];
    if (left.length === 0) return { engine: engineOf(builtInCauses), left: own.map(({ id }) => id) };
    return { engine: new Engine(causes.filter(({ id }) => !bad.has(id))), left };
  }
}

/** Own causes are compiled at once, those of the product when first needed: their tests have compiled them. */
function checked(causes: readonly Cause[]): Engine {
  for (const cause of causes) if (!builtInCauses.includes(cause)) new Engine([cause]).index.verify();
  return engineOf(causes);
}

function isUsable(cause: Cause): boolean {
  try {
    new Engine([cause]).index.verify();
    return true;
  } catch {
    return false;
  }
}

function bookOf(knowledge: Knowledge): CauseBook {
  const { engine, left } = usableEngine(knowledge.causes);
  if (left.length > 0)
    console.warn(JSON.stringify({ level: "warn", msg: "own causes cannot be used and are left out", causes: left }));
  const byId = new Map(knowledge.causes.map((cause) => [cause.id, cause]));
  const articles = new Map(knowledge.causes.map(({ id }) => [id, articleOf(knowledge, id)]));
  const checks = (id: string) => [
    ...new Set([...(byId.get(id)?.checks ?? []), ...(articles.get(id)?.en.checks ?? [])]),
  ];
  const named = knowledge.causes.map(({ id, checks: own = [] }) => ({
    id,
    own,
    others: articles.get(id)?.en.checks ?? [],
  }));
  const byCheck = new Map<string, string | null>();
  for (const checkId of new Set(named.flatMap(({ own, others }) => [...own, ...others])))
    byCheck.set(checkId, causeOfCheck(checkId, named));
  return {
    engine,
    cause: (id) => byId.get(id),
    title: (id) => byId.get(id)?.title ?? { en: id, zh: id },
    article: (id) => {
      const found = articles.get(id);
      return found ? textOf(found) : null;
    },
    checks,
    repairs: (id) => articles.get(id)?.en.repairs ?? [],
    causeOfCheck: (checkId) => byCheck.get(checkId) ?? null,
  };
}

type Parsed = { en: CauseArticle; zh: CauseArticle };

function articleOf(knowledge: Knowledge, causeId: string): Parsed | null {
  const found = knowledge.articles.get(articleIdOf("cause", causeId));
  if (!found) return null;
  try {
    const en = parseCauseArticle(found.en, "en");
    return { en, zh: found.zh.trim() === "" ? en : parseCauseArticle(found.zh, "zh") };
  } catch {
    return null; // the knowledge pages say what is wrong with it
  }
}

function textOf({ en, zh }: Parsed): CauseArticleText {
  const both = (id: keyof CauseArticle["sections"]): Text => ({ en: en.sections[id], zh: zh.sections[id] });
  return {
    title: { en: en.title, zh: zh.title },
    sections: {
      see: both("see"),
      meaning: both("meaning"),
      side: both("side"),
      safe: both("safe"),
      sre: both("sre"),
    },
    sources: en.sources,
    exitCodes: en.exitCodes,
  };
}

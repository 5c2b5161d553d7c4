// Full-text search over articles in both languages that forgives misspelling: English words by edit distance, Chinese by pairs of characters.
import MiniSearch from "minisearch";
import { parseArticleId } from "../../knowledge/article-id.ts";
import { type Effective, frontMatter, type Knowledge, titleOf } from "./effective.ts";

type Document = { id: string; name: string; title: string; signatures: string; body: string };

/** Fields of an article that are searched, and what a word in each weighs: what it is called before what it mentions. */
const BOOST = { title: 6, name: 5, signatures: 2, body: 1 };
/** Letters that may be wrong, as a share of a word's: one in words of four and more, two from eight on. */
const TYPOS = 0.25;
const TYPO_CHARS_MIN = 4;
const HAN = /[\u3400-\u9fff]/;
const EXCERPT_CHARS = 160;

const WORDS = /[\p{Script=Latin}\d][\p{Script=Latin}\d_]*|[\u3400-\u9fff]+/gu;

/** Words of Latin script in lower case, joined ones also in parts; Chinese as pairs of characters, so that one wrong character spoils two of many. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(WORDS)) {
    if (!HAN.test(word)) words.push(...word.toLowerCase().split("_"));
    else if (word.length === 1) words.push(word);
    else for (let at = 0; at + 1 < word.length; at++) words.push(word.slice(at, at + 2));
  }
  return words.filter((word) => word !== "");
}

function indexOf({ articles, causes }: Knowledge): MiniSearch<Document> {
  const patterns = new Map(causes.map(({ id, signatures }) => [id, signatures.map(({ match }) => match).join(" ")]));
  const index = new MiniSearch<Document>({
    fields: Object.keys(BOOST),
    tokenize: wordsOf,
    // `tokenize` has done it; the library's own would do it again.
    processTerm: (term) => term,
    searchOptions: {
      boost: BOOST,
      prefix: (term) => !HAN.test(term) && term.length > 2,
      fuzzy: (term) => (HAN.test(term) || term.length < TYPO_CHARS_MIN ? false : TYPOS),
      maxFuzzy: 2,
    },
  });
  const documents: Document[] = [];
  for (const [articleId, article] of articles) {
    const id = parseArticleId(articleId)?.id ?? articleId;
    const title = titleOf(article, id);
    const body = `${frontMatter(article.en).body}\n${frontMatter(article.zh).body}`;
    // A pattern's letters are words as well: people search for what was printed.
    const signatures = (patterns.get(id) ?? "").replace(/\\[a-zA-Z]|\(\?:/g, " ");
    documents.push({ id: articleId, name: id, title: `${title.en} ${title.zh}`, signatures, body });
  }
  index.addAll(documents);
  return index;
}

const indexes = new WeakMap<Knowledge, MiniSearch<Document>>();

/** Ids of the articles that fit, best first. Linear in the words asked for; the index is made once for each state of the knowledge. */
export function searchArticles(knowledge: Knowledge, query: string): string[] {
  let index = indexes.get(knowledge);
  if (!index) {
    index = indexOf(knowledge);
    indexes.set(knowledge, index);
  }
  const words = wordsOf(query).length;
  if (words === 0) return [];
  // All words first; some of them only where no article has all.
  const all = index.search(query, { combineWith: "AND" });
  const found = all.length > 0 ? all : index.search(query);
  return found.map(({ id }) => String(id));
}

/** The passage of an article around the first word that was asked for; null when none of them stands there as it was typed. */
export function excerptOf(article: Pick<Effective, "en" | "zh">, query: string): string | null {
  const isChinese = HAN.test(query);
  const body = plain(frontMatter(isChinese && article.zh ? article.zh : article.en).body);
  const lower = body.toLowerCase();
  const at = wordsOf(query)
    .map((word) => lower.indexOf(word))
    .filter((place) => place >= 0)
    .sort((a, b) => a - b)[0];
  if (at === undefined) return null;
  const from = Math.max(0, at - EXCERPT_CHARS / 3);
  const cut = body.slice(from, from + EXCERPT_CHARS);
  return `${from > 0 ? "…" : ""}${cut}${from + EXCERPT_CHARS < body.length ? "…" : ""}`;
}

const plain = (markdown: string): string =>
  markdown
    .replace(/^#+ .*$/gm, " ")
    .replace(/[`*_>]/g, "")
    .replace(/\s+/g, " ")
    .trim();

// Articles as files: out as they count now; in as drafts, each file judged for itself so that one bad one keeps nothing else out.
import { articleIdOf, articleOfPath, articlePath, parseArticleId } from "../../knowledge/article-id.ts";
import type { Text } from "../../protocol/text.ts";
import { mutation, query } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { effectiveKnowledge, type Knowledge } from "./effective.ts";
import { type Drafted, reportOn } from "./report.ts";
import { type Exported, ExportFiles, ImportFiles, type ImportReport } from "./schema.ts";
import { newestVersion, storeDraft } from "./store-draft.ts";

export const exportFiles = query({
  name: "knowledge.export",
  access: "knowledge:read",
  on: "self",
  input: ExportFiles,
  async run({ db }, { origin }): Promise<Exported> {
    const { articles } = await effectiveKnowledge(db);
    const files: Exported["files"] = [];
    for (const [articleId, article] of articles) {
      const named = parseArticleId(articleId);
      if (!named || (origin === "own" && article.origin === "built-in")) continue;
      for (const language of ["en", "zh"] as const)
        if (article[language] !== "")
          files.push({ path: articlePath(named.kind, named.id, language), text: article[language] });
    }
    return { files };
  },
});

type File = { path: string; text: string };
type Judged = { draft: Drafted; paths: string[]; outcome: "unchanged" | "draft" | "refused"; why: Text | null };

export const importFiles = mutation({
  name: "knowledge.import",
  access: "knowledge:write",
  on: "fleet",
  input: ImportFiles,
  async run({ tx, actor, now }, { files, isTrial }) {
    const [knowledge, { checks }] = [await effectiveKnowledge(tx), await activeChecks(tx)];
    const checkIds = new Set(checks.map(({ id }) => id));
    const { articles, strays } = gather(files, knowledge);
    const judged = articles.map((one) => judge(one, knowledge, checkIds));
    const drafts = judged.filter(({ outcome }) => outcome === "draft");
    if (!isTrial)
      for (const { draft } of drafts)
        await storeDraft(tx, actor, now(), draft, { seen: await newestVersion(tx, draft.articleId), note: "imported" });
    const result: ImportReport = {
      files: [
        ...strays.map(({ path }) => ({ path, outcome: "refused" as const, articleId: null, why: STRAY })),
        ...judged.flatMap(({ paths, outcome, draft, why }) =>
          paths.map((path) => ({ path, outcome, articleId: draft.articleId, why })),
        ),
      ],
      drafts: drafts.length,
    };
    return {
      result,
      audit: {
        entity: ["article", "import"],
        after: { isTrial, files: files.length, drafts: drafts.map(({ draft }) => draft.articleId) },
      },
      changes: isTrial || drafts.length === 0 ? [] : [{ domain: "knowledge" as const, ids: [] }],
    };
  },
});

const STRAY: Text = {
  en: "Not named as an article is: articles/<check>.md, causes/<cause>.md, with .zh.md for Chinese.",
  zh: "文件名不符合文章规则：articles/<检查>.md、causes/<原因>.md，中文为 .zh.md。",
};

/** Files of one article together; a language that was not brought stays as it is. */
function gather(
  files: readonly File[],
  { articles }: Knowledge,
): { articles: (Drafted & { paths: string[] })[]; strays: File[] } {
  const found = new Map<string, Drafted & { paths: string[] }>();
  const strays: File[] = [];
  for (const file of files) {
    const named = articleOfPath(file.path);
    if (!named) {
      strays.push(file);
      continue;
    }
    const articleId = articleIdOf(named.kind, named.id);
    const present = articles.get(articleId);
    const one = found.get(articleId) ?? {
      articleId,
      en: present?.en ?? "",
      zh: present?.zh ?? "",
      cause: present?.cause ?? null,
      paths: [],
    };
    found.set(articleId, { ...one, [named.language]: file.text, paths: [...one.paths, file.path] });
  }
  return { articles: [...found.values()], strays };
}

function judge(
  { paths, ...draft }: Drafted & { paths: string[] },
  knowledge: Knowledge,
  checkIds: ReadonlySet<string>,
): Judged {
  const present = knowledge.articles.get(draft.articleId);
  if (present?.en === draft.en && present.zh === draft.zh) return { draft, paths, outcome: "unchanged", why: null };
  const [problem] = reportOn(draft, knowledge, checkIds).problems;
  return problem
    ? { draft, paths, outcome: "refused", why: problem.text }
    : { draft, paths, outcome: "draft", why: null };
}

// What is wrong with a draft, and what its proof texts are answered with now. Publishing asks for a report without problems; saving does not.
import type { Cause } from "../../diagnosis/cause.ts";
import { causes as builtInCauses } from "../../diagnosis/causes/list.ts";
import { Engine } from "../../diagnosis/diagnose.ts";
import { parseArticleId } from "../../knowledge/article-id.ts";
import { parseCauseArticle } from "../../knowledge/cause-article.ts";
import { type Language, parseArticle } from "../../knowledge/loader.ts";
import type { OwnCause } from "../../knowledge/own-cause.ts";
import type { Text } from "../../protocol/text.ts";
import { repairById } from "../../repairs/index.ts";
import { causeOf, type Knowledge } from "./effective.ts";
import type { ArticleText, DraftProblem, DraftReport, ProofResult } from "./schema.ts";

export type Drafted = ArticleText & { articleId: string; cause: OwnCause | null };

const said = (err: unknown): string => (err instanceof Error ? err.message : String(err));
const words = (en: string, zh: string): Text => ({ en, zh });

/** @param checkIds every check there is, also those written here */
export function reportOn(draft: Drafted, knowledge: Knowledge, checkIds: ReadonlySet<string>): DraftReport {
  const named = parseArticleId(draft.articleId);
  if (!named) return { problems: [problem("id", "", words("no name of an article", "不是文章名"))], proofs: [] };
  const problems: DraftProblem[] = [];
  if (named.kind === "check" && !checkIds.has(named.id))
    problems.push(problem("id", "", words(`There is no check ${named.id}.`, `不存在检查 ${named.id}。`)));
  for (const language of ["en", "zh"] as const) {
    // Chinese may follow later; until then English stands in.
    if (language === "zh" && draft.zh.trim() === "") continue;
    problems.push(...textProblems(draft[language], language, named, checkIds));
  }
  if (draft.cause === null) return { problems, proofs: [] };
  if (named.kind === "check" || builtInCauses.some(({ id }) => id === named.id)) {
    const text = words(
      "Signatures belong to causes written here; this one's come with the product.",
      "只有在此新建的原因才能带特征；该原因的特征随产品提供。",
    );
    return { problems: [...problems, problem("cause", "", text)], proofs: [] };
  }
  const { faults, proofs } = proved(causeOf(named.id, draft, draft.cause), draft.cause, knowledge);
  return { problems: [...problems, ...faults], proofs };
}

const problem = (at: DraftProblem["at"], path: string, text: Text): DraftProblem => ({ at, path, text });

function textProblems(
  markdown: string,
  language: Language,
  named: { kind: "check" | "cause"; id: string },
  checkIds: ReadonlySet<string>,
): DraftProblem[] {
  try {
    if (named.kind === "check") {
      const { check } = parseArticle(markdown, language);
      return check === named.id ? [] : [wrongName(language, "check", check, named.id)];
    }
    const { cause, checks, repairs } = parseCauseArticle(markdown, language);
    return [
      ...(cause === named.id ? [] : [wrongName(language, "cause", cause, named.id)]),
      ...checks
        .filter((id) => !checkIds.has(id))
        .map((id) => problem(language, "checks", words(`There is no check ${id}.`, `不存在检查 ${id}。`))),
      ...repairs
        .filter((id) => !repairById(id))
        .map((id) => problem(language, "repairs", words(`There is no repair ${id}.`, `不存在修复 ${id}。`))),
    ];
  } catch (err) {
    return [problem(language, "", words(said(err), said(err)))];
  }
}

const wrongName = (language: Language, field: string, is: string, should: string): DraftProblem =>
  problem(
    language,
    field,
    words(`It says ${field}: ${is}; it must be ${should}.`, `${field} 写的是 ${is}，应为 ${should}。`),
  );

/** Signatures that can be used, and every proof text answered as it must be, by an engine in which this cause stands beside all others. */
function proved(cause: Cause, own: OwnCause, knowledge: Knowledge): { faults: DraftProblem[]; proofs: ProofResult[] } {
  const faults = own.signatures.flatMap((signature, at) => {
    try {
      new Engine([{ ...cause, signatures: [signature] }]).index.verify();
      return [];
    } catch (err) {
      return [problem("cause", `signatures.${at}`, words(said(err), said(err)))];
    }
  });
  if (faults.length > 0) return { faults, proofs: [] };
  const engine = new Engine([...knowledge.causes.filter(({ id }) => id !== cause.id), cause]);
  const proofs = (["fits", "fitsNot"] as const).flatMap((list) =>
    own[list].map((text, at): ProofResult => {
      const answer = engine.diagnose(text).causes[0]?.id ?? null;
      return { list, at, isOk: (answer === cause.id) === (list === "fits"), answer };
    }),
  );
  const wrong = proofs.filter(({ isOk }) => !isOk).map(({ list, at, answer }) => notProved(list, at, answer));
  const unproved =
    own.signatures.length > 0 && own.fits.length === 0
      ? [
          problem(
            "cause",
            "fits",
            words("A signature needs a text that it must fit.", "特征至少需要一条应当匹配的文本。"),
          ),
        ]
      : [];
  return { faults: [...wrong, ...unproved], proofs };
}

function notProved(list: "fits" | "fitsNot", at: number, answer: string | null): DraftProblem {
  const text =
    list === "fitsNot"
      ? words("This text is answered with it, and must not be.", "这条文本不应由该原因回答。")
      : words(
          answer ? `This text is answered with ${answer}.` : "This text is answered with “don't know”.",
          answer ? `这条文本的答案是 ${answer}。` : "这条文本的答案是“不知道”。",
        );
  return problem("cause", `${list}.${at}`, text);
}

// Whether a new signature takes answers away from other causes: asked once, when a version is to count, since it diagnoses a text of every cause.
import type { Cause } from "../../diagnosis/cause.ts";
import { Engine, engineOf } from "../../diagnosis/diagnose.ts";
import { parseArticleId } from "../../knowledge/article-id.ts";
import { parseCauseArticle } from "../../knowledge/cause-article.ts";
import type { Knowledge } from "./effective.ts";

/** A text that people see of a cause, and that cause. */
type Known = { causeId: string; text: string };

/** "What you see" of each article, and the texts that causes written here must fit. */
function knownTexts(knowledge: Knowledge): Known[] {
  return [...knowledge.articles].flatMap(([articleId, { en, cause }]): Known[] => {
    const named = parseArticleId(articleId);
    if (named?.kind !== "cause") return [];
    const own = (cause?.fits ?? []).map((text) => ({ causeId: named.id, text }));
    return [...own, ...seen(en).map((text) => ({ causeId: named.id, text }))];
  });
}

function seen(markdown: string): string[] {
  try {
    return [parseCauseArticle(markdown, "en").sections.see];
  } catch {
    return []; // its own page says what is wrong with it
  }
}

/** Causes whose texts were answered with them, and would be answered with `cause` if it counted. */
export function takesOver(cause: Cause, knowledge: Knowledge): string[] {
  const isKnown = knowledge.causes.some(({ id }) => id === cause.id);
  // The list itself where it can be: its engine is made already.
  const others = isKnown ? knowledge.causes.filter(({ id }) => id !== cause.id) : knowledge.causes;
  const [before, after] = [engineOf(others), new Engine([...others, cause])];
  const taken = knownTexts(knowledge).filter(
    ({ causeId, text }) =>
      causeId !== cause.id &&
      after.diagnose(text).causes[0]?.id === cause.id &&
      before.diagnose(text).causes[0]?.id === causeId,
  );
  return [...new Set(taken.map(({ causeId }) => causeId))];
}

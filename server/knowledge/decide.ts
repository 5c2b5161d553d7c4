// What becomes of a version: it asks for review, counts, goes back, counts no more. Who wrote it does not publish it, unless there is nobody else.
import { parseArticleId } from "../../knowledge/article-id.ts";
import { OwnCause } from "../../knowledge/own-cause.ts";
import type { Text } from "../../protocol/text.ts";
import { GRANT_FIELDS, grantsOf } from "../accounts/rights.ts";
import { holdsFleetWide, permissions } from "../core/access.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { causeOf, effectiveKnowledge } from "./effective.ts";
import { reportOn } from "./report.ts";
import { ReviewVersion, type Saved, VersionRef, type VersionState } from "./schema.ts";
import { writerOf } from "./store-draft.ts";
import { takesOver } from "./takes-over.ts";

type Ref = { articleId: string; version: number };

const OTHER: Text = {
  en: "Whoever wrote a version does not publish it: ask somebody else who may.",
  zh: "作者不能发布自己写的版本：请让其他有权限的人发布。",
};
const MOVED: Text = {
  en: "This version has moved on meanwhile. Look again.",
  zh: "该版本的状态已变化，请重新查看。",
};
const refused = (why: string, refusal: Text, more: Record<string, unknown> = {}): AppError =>
  new AppError("conflict", why, { publicMessage: refusal.en, details: { refusal, ...more } });

export const submitVersion = mutation({
  name: "knowledge.submit",
  access: "knowledge:write",
  on: "fleet",
  input: VersionRef,
  async run({ tx, now }, ref) {
    await requireSound(tx, await readVersion(tx, ref, "draft"), ref);
    return move(tx, ref, "draft", "review", { updatedAt: now() }, "");
  },
});

const from = { publish: "review", return: "review", withdraw: "published" } as const;
const to = { publish: "published", return: "draft", withdraw: "withdrawn" } as const;

export const reviewVersion = mutation({
  name: "knowledge.review",
  access: "knowledge:review",
  on: "fleet",
  input: ReviewVersion,
  async run({ tx, actor, now }, { act, note, ...ref }) {
    const row = await readVersion(tx, ref, from[act]);
    const reviewer = writerOf(actor);
    const at = now();
    if (act === "publish") {
      if (row.author === reviewer && (await hasOtherReviewer(tx, reviewer, at)))
        throw refused(`${ref.articleId} ${ref.version}: its writer publishes it`, OTHER);
      await requireSound(tx, row, ref);
      await tx.articleVersion.updateMany({
        // With what counted until now go drafts that it has overtaken: nobody publishes an older text over it later.
        where: {
          articleId: ref.articleId,
          OR: [{ state: "published" }, { state: { in: ["draft", "review"] }, version: { lt: ref.version } }],
        },
        data: { state: "replaced", updatedAt: at },
      });
    }
    const review = { reviewedBy: reviewer, reviewedByName: actor.name, reviewedAt: at, reviewNote: note };
    return move(tx, ref, from[act], to[act], { ...review, updatedAt: at }, note);
  },
});

/** Whether anybody but this one could publish, by role or by grant: where one person runs everything, waiting for a second would be waiting for ever. */
export async function hasOtherReviewer(tx: Pick<Tx, "user">, writer: string, now: Date): Promise<boolean> {
  const roles = [...permissions["knowledge:review"]];
  const people = await tx.user.findMany({
    where: { disabledAt: null, OR: [{ role: { in: roles } }, { grants: { some: { role: { in: roles } } } }] },
    select: { id: true, role: true, grants: { select: GRANT_FIELDS } },
  });
  return people.some(
    ({ id, role, grants }) =>
      `user:${id}` !== writer && holdsFleetWide({ grants: grantsOf(role, grants, now) }, "knowledge:review"),
  );
}

async function readVersion(tx: Tx, { articleId, version }: Ref, wanted: VersionState) {
  const row = await tx.articleVersion.findUnique({
    where: { articleId_version: { articleId, version } },
    select: { en: true, zh: true, cause: true, state: true, author: true },
  });
  if (!row) throw new AppError("not_found", `no version ${version} of ${articleId}`);
  if (row.state !== wanted) throw refused(`${articleId} ${version} is ${row.state}`, MOVED);
  return row;
}

async function requireSound(tx: Tx, row: { en: string; zh: string; cause: unknown }, ref: Ref): Promise<void> {
  const cause = row.cause === null ? null : OwnCause.parse(row.cause);
  const draft = { articleId: ref.articleId, en: row.en, zh: row.zh, cause };
  const [knowledge, { checks }] = [await effectiveKnowledge(tx), await activeChecks(tx)];
  const { problems } = reportOn(draft, knowledge, new Set(checks.map(({ id }) => id)));
  const named = parseArticleId(ref.articleId);
  // Only what is sound otherwise: it takes about a second.
  if (problems.length === 0 && named && cause && cause.signatures.length > 0) {
    const taken = takesOver(causeOf(named.id, draft, cause), knowledge);
    const ids = taken.join(", ");
    if (taken.length > 0)
      problems.push({
        at: "cause",
        path: "signatures",
        text: {
          en: `Its signatures are too wide: what is said of ${ids} would be answered with it.`,
          zh: `特征过宽：关于 ${ids} 的文本会被它抢答。`,
        },
      });
  }
  const [first] = problems;
  if (first) throw refused(`${ref.articleId} ${ref.version}: ${first.text.en}`, first.text, { problems });
}

async function move(tx: Tx, ref: Ref, before: VersionState, after: VersionState, data: object, note: string) {
  const { count } = await tx.articleVersion.updateMany({
    where: { ...ref, state: before },
    data: { ...data, state: after },
  });
  if (count === 0) throw refused(`${ref.articleId} ${ref.version} moved on`, MOVED);
  const result: Saved = ref;
  return {
    result,
    audit: {
      entity: ["article", ref.articleId] as const,
      before: { version: ref.version, state: before },
      after: { version: ref.version, state: after, note },
    },
    changes: [{ domain: "knowledge" as const, ids: [] }],
  };
}

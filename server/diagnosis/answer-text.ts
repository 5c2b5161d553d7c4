// The answer to a pasted text: the engine's, weighed by what is open on the node that the text names and by what people said; secrets left out last.

import type { LikelyCause } from "../../diagnosis/answer.ts";
import { exitCodesIn } from "../../diagnosis/exit-codes.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { type Answered, answerLive, type LiveAnswer } from "./answer-live.ts";
import type { StoredAnswer } from "./cases.ts";
import { mentioned } from "./containers.ts";
import type { CauseBook } from "./engine.ts";
import { causeRecords, reorder } from "./measured.ts";
import { mentionsIn } from "./mentions.ts";
import { type Redacted, redactText } from "./redact.ts";
import type { Verdict, VerdictSide } from "./schema.ts";
import { lowerFirst } from "./symptom-parts.ts";
import { templateOf } from "./template.ts";

const t = (en: string, zh: string): Text => ({ en, zh });

const WHOSE: Record<VerdictSide, Text> = {
  yours: t("It is the container", "是容器自身的问题"),
  ours: t("It is our node", "是节点的问题"),
  either: t("It may be the container or our node", "可能是容器，也可能是节点"),
  unsure: t("We are not sure", "无法确定"),
};

type Args = { db: PrismaClient | Tx; scope: Scope; book: CauseBook; now: Date };

export async function answerText({ db, scope, book, now }: Args, text: string): Promise<Answered> {
  const diagnosis = book.engine.diagnose(text);
  const redacted = redactText(text);
  const about = await mentioned(db, scope, mentionsIn(text));
  const live = about ? await answerLive({ db, book, now }, about.subject, about.container) : null;
  const recordOf = await causeRecords(
    db,
    scope,
    diagnosis.causes.map(({ id }) => id),
  );
  const openOf = (id: string) => live?.present.find(({ checkId }) => book.checks(id).includes(checkId)) ?? null;
  const causes = reorder(diagnosis.causes, recordOf, (id) => openOf(id) !== null);
  const { verdict, named, isKnown } = verdictOf(causes, openOf, live, book);
  const chain = diagnosis.chain.map(({ start, end }) => placed(redacted, start, end));
  const { rpc, code, components, cutChars, isCutShort } = diagnosis;
  const answer: StoredAnswer = {
    verdict,
    causes: named.map(({ id, confidence, basis, evidence }) => ({
      id,
      confidence,
      basis,
      evidence: evidence.map(({ start, end }) => ({ start: redacted.at(start), end: redacted.at(end) })),
    })),
    redacted: redacted.count,
    chain,
    rpc,
    code,
    components,
    exitCodes: exitCodesIn(text),
    cutChars,
    isCutShort,
    subject: live?.answer.subject ?? null,
    observations: live?.answer.observations ?? [],
    findingIds: findingsOf(live, causes, book),
  };
  return { answer, isKnown, input: redacted.text, template: templateOf(redacted.text, chain) };
}

/** Links keep their places and get their words from the text as stored: what was left out there is left out here. */
function placed({ text, at }: Redacted, start: number, end: number) {
  const place = { start: at(start), end: at(end) };
  return { ...place, text: text.slice(place.start, place.end).replace(/\s+/g, " ").trim().toWellFormed() };
}

type Named = Pick<LikelyCause, "id" | "confidence" | "evidence"> & { basis: LikelyCause["basis"] | "live" };

function verdictOf(
  causes: readonly LikelyCause[],
  openOf: (id: string) => { side: VerdictSide } | null,
  live: LiveAnswer | null,
  book: CauseBook,
): { verdict: Verdict; named: Named[]; isKnown: boolean } {
  const [first] = causes;
  if (!first) {
    // What was printed tells nothing; what is seen of the container may.
    const isSeen = live !== null && !live.answer.verdict.isWell && live.answer.verdict.side !== "unsure";
    if (live && isSeen)
      return {
        verdict: live.answer.verdict,
        named: live.answer.causes.map((cause) => ({ ...cause, evidence: [] })),
        isKnown: true,
      };
    const text = t(
      "We don't know: nothing in this text is certain enough to be said.",
      "无法判断：文中没有足以确定原因的内容。",
    );
    const because = live ? [live.answer.verdict.text] : [];
    return { verdict: { side: "unsure", isWell: false, text, because }, named: [], isKnown: false };
  }
  const cause = book.cause(first.id);
  const own = cause?.side ?? "either";
  const open = openOf(first.id);
  // Where it may be either's, an open finding of the same thing on the node decides.
  const side: VerdictSide = own === "either" && open ? open.side : own;
  const title = book.title(first.id);
  const because: Text[] = [];
  if (open) because.push(t("The same trouble is open on the node right now.", "该节点上此刻正存在同样的问题。"));
  else if (live && !live.answer.verdict.isWell) because.push(live.answer.verdict.text);
  return {
    verdict: {
      side,
      isWell: false,
      text: t(`${WHOSE[side].en}: ${lowerFirst(title.en)}.`, `${WHOSE[side].zh}：${title.zh}。`),
      because,
    },
    named: [...causes],
    isKnown: true,
  };
}

/** Findings that the causes name first, then what the live look rests on. */
function findingsOf(live: LiveAnswer | null, causes: readonly LikelyCause[], book: CauseBook): string[] {
  if (!live) return [];
  const byCause = causes.flatMap(({ id }) =>
    live.present.filter(({ checkId }) => book.checks(id).includes(checkId)).map((finding) => finding.id),
  );
  return [...new Set([...byCause, ...live.answer.findingIds])];
}

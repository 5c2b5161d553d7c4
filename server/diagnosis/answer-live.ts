// The answer to "what is wrong with this container, pod or node": from what is known of it now.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import type { StoredAnswer } from "./cases.ts";
import type { ContainerRow } from "./containers.ts";
import type { CauseBook } from "./engine.ts";
import { lookAtContainer, lookAtNode } from "./evidence.ts";
import { presentFindings, seenFindings } from "./findings.ts";
import type { CaseSubject, VerdictSide } from "./schema.ts";
import { templateOf } from "./template.ts";
import { decide, type SaidCause } from "./verdict.ts";

export type Answered = {
  answer: StoredAnswer;
  isKnown: boolean;
  /** The question as stored. */
  input: string;
  template: string;
};
export type LiveAnswer = Answered & {
  /** Findings that are open on the node. */
  present: readonly { id: string; checkId: string; side: VerdictSide }[];
};

/** Findings that are shown although the verdict does not rest on them. */
const OTHERS_MAX = 5;

type Args = { db: PrismaClient | Tx; book: CauseBook; now: Date };

/** @param row the container that is asked about; null for a question about a node */
export async function answerLive(
  { db, book, now }: Args,
  subject: CaseSubject,
  row: ContainerRow | null,
): Promise<LiveAnswer> {
  const own = await lookAtNode(db, subject.nodeId);
  const look = row ? await lookAtContainer(db, row, now) : null;
  const present = await presentFindings(db, subject.nodeId);
  const findings = await seenFindings(db, present, subject);
  const said = look && look.lines !== "" ? saidIn(look.lines, book) : [];
  const decision = decide({ node: own.node, container: look?.container ?? null, findings, said }, book.causeOfCheck);
  const about = findings.filter(({ isAboutSubject, severity }) => isAboutSubject && severity !== "info");
  const others = row ? about : findings.filter(({ severity }) => severity !== "info");
  const findingIds = [...new Set([...decision.restsOn, ...others.slice(0, OTHERS_MAX).map(({ id }) => id)])];
  const causes = decision.causes
    .filter(({ id }) => book.cause(id) !== undefined)
    .map((cause) => ({ ...cause, basis: "live" as const, evidence: [] }));
  const { side, isWell, text, because } = decision;
  const answer: StoredAnswer = {
    verdict: { side, isWell, text, because },
    causes,
    redacted: 0,
    chain: [],
    rpc: null,
    code: null,
    components: [],
    exitCodes: look?.container.state === "exited" && look.container.exitCode !== null ? [look.container.exitCode] : [],
    cutChars: 0,
    isCutShort: false,
    subject,
    observations: [...(look?.observations ?? []), ...own.observations],
    findingIds,
  };
  const shown = look
    ? `${look.container.state} ${look.container.exitCode ?? ""} ${look.container.reason ?? ""}`
    : "node";
  return {
    answer,
    isKnown: isWell || side !== "unsure",
    input: "",
    template: templateOf(`live: ${shown}`, []),
    present: findings.map(({ id, checkId, side }) => ({ id, checkId, side })),
  };
}

function saidIn(lines: string, book: CauseBook): SaidCause[] {
  return book.engine.diagnose(lines).causes.flatMap(({ id, confidence, basis }) => {
    const cause = book.cause(id);
    // Lines of a log that sound like something are no ground for a verdict.
    return cause && basis !== "words" ? [{ id, confidence, side: cause.side, title: cause.title }] : [];
  });
}

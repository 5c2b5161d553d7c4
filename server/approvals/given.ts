// What approvals of runs and of rollouts have in common: whose word was given and still counts, what speaks against one's own, and how pages show it.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type PlanStatement, type RolloutStatement, statementChallenge } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import { type Actor, personOf, type Tx } from "../core/context.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { type ApprovalRule, countedSigners } from "./needed.ts";
import { approverRefs } from "./persons.ts";
import type { ApprovalState, GivenApproval } from "./schema.ts";

export type Db = PrismaClient | Tx;

type Signable = PlanStatement | RolloutStatement;

/** What is to be approved, and by whom. */
export type Approvable<S extends Signable> = {
  subject: string;
  isWaiting: boolean;
  approveBy: Date | null;
  /** Null: what stands in the row is none, or is about something else. */
  statement: S | null;
  /** Somebody's word releases it, without a signature. */
  isRelease: boolean;
  ruleOf: (statement: S, approvers: ReadonlySet<string>) => ApprovalRule;
  /** Whether that person may say so still. */
  mayStill: (person: string) => Promise<boolean>;
  mayNow: (actor: Actor) => Promise<boolean>;
  /** The words for whom it is not. */
  stranger: Text;
};

export type Standing<S extends Signable = Signable> = {
  statement: S;
  rule: ApprovalRule;
  given: GivenApproval[];
  /** Persons whose word counts now: their rights hold still, and so do their keys. */
  counted: string[];
  needed: number;
};

/** Null when its statement cannot be read: then nothing can be approved. */
export async function standingOn<S extends Signable>(
  db: Db,
  asked: Approvable<S>,
  now: Date,
): Promise<Standing<S> | null> {
  const { subject, statement, isRelease, ruleOf, mayStill } = asked;
  if (!statement) return null;
  const rows = await db.approval.findMany({
    where: { kind: statement.kind, subject, challenge: statementChallenge(statement) },
    orderBy: { at: "asc" },
    select: { person: true, personName: true, at: true, keyId: true },
  });
  const [approvers, keys] = await Promise.all([
    approverRefs(db, now),
    db.approvalKey.findMany({
      where: { id: { in: rows.flatMap(({ keyId }) => keyId ?? []) }, state: "active" },
      select: { id: true, person: true },
    }),
  ]);
  const still: string[] = [];
  for (const { person, keyId } of rows) {
    const isHeld = isRelease || keys.some((key) => key.id === keyId && key.person === person);
    if (isHeld && (await mayStill(person))) still.push(person);
  }
  const rule = ruleOf(statement, approvers);
  const given = rows.map(({ keyId, ...rest }) => ({ ...rest, isSigned: keyId !== null }));
  const counted = countedSigners(rule, statement.requestedBy, still);
  // Nothing that waits for a word is ever enough without one.
  return { statement, rule, given, counted, needed: Math.max(1, rule.needed) };
}

export const isEnough = ({ counted, needed }: Standing): boolean => counted.length >= needed;

/** Why somebody may not approve, in words. */
export const refusals = {
  notWaiting: { en: "It does not wait for approval any more.", zh: "它已不再等待批准。" },
  late: { en: "Its time for approval is over.", zh: "批准期限已过。" },
  frozen: {
    en: "The fleet is frozen; nothing is approved until the freeze is lifted.",
    zh: "机群已冻结，解除之前不能批准。",
  },
  unreadable: { en: "What is to be approved cannot be read.", zh: "待批准的内容无法读取。" },
  own: { en: "You asked for it; another person has to approve.", zh: "该请求由您发起，须由另一人批准。" },
  twice: { en: "You approved it already.", zh: "您已批准。" },
  nobody: { en: "A program without an owner cannot approve.", zh: "无所有者的程序不能批准。" },
  noKey: {
    en: "You have no accepted approval key. Register a passkey under Account and have it accepted.",
    zh: "您还没有被接受的批准密钥。请在“账户”中注册通行密钥，并请人接受它。",
  },
} satisfies Record<string, Text>;

/** What speaks against the actor's own approval or release; null when nothing does. */
export async function refusalOn<S extends Signable>(
  db: Db,
  asked: Approvable<S>,
  standing: Standing<S> | null,
  actor: Actor,
  now: Date,
): Promise<Text | null> {
  if (!asked.isWaiting) return refusals.notWaiting;
  if (!standing) return refusals.unreadable;
  if (!asked.approveBy || asked.approveBy <= now) return refusals.late;
  if (await isFrozen(db)) return refusals.frozen;
  if (!(await asked.mayNow(actor))) return asked.stranger;
  const person = personOf(actor);
  if (person === null) return refusals.nobody;
  if (!standing.rule.countsRequester && person === standing.statement.requestedBy) return refusals.own;
  if (standing.given.some((one) => one.person === person)) return refusals.twice;
  if (asked.isRelease) return null;
  const keys = await db.approvalKey.count({ where: { person, state: "active" } });
  return keys > 0 ? null : refusals.noKey;
}

/** The state as pages and command line show it to this actor. */
export async function stateOn<S extends Signable>(
  db: Db,
  asked: Approvable<S>,
  actor: Actor,
  now: Date,
): Promise<ApprovalState> {
  const standing = await standingOn(db, asked, now);
  const refusal = await refusalOn(db, asked, standing, actor, now);
  const needsSignature = !asked.isRelease;
  const { statement } = asked;
  return {
    needed: standing?.needed ?? 1,
    needsSignature,
    given: standing?.given ?? [],
    canApprove: refusal === null,
    refusal,
    toSign:
      refusal === null && needsSignature && statement ? { statement, challenge: statementChallenge(statement) } : null,
    approveBy: asked.approveBy ?? now,
  };
}

// Approves or releases one waiting run, or says no to it. What is approved is the statement: this plan, in this run, on this node.
import { statementChallenge } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import { toJson } from "../core/audit.ts";
import { APPROVALS_CHANNEL } from "../core/changes.ts";
import { type Actor, personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { awaitingEvent, decideAwaiting } from "../repairs/awaiting.ts";
import { advanceRepairs } from "../repairs/jobs.ts";
import type { Event, Run } from "../repairs/step.ts";
import { refusals } from "./given.ts";
import { ApproveRun, type Decided, RejectRun, RunRef } from "./schema.ts";
import { isSignedBy } from "./signature.ts";
import { type ApprovalRow, isRelease, refusalFor, standingOf } from "./standing.ts";

type Given = { signature: unknown; keyId: string | null; person: string; personName: string };

const refused = (message: string, refusal: Text) =>
  new AppError("conflict", message, { publicMessage: refusal.en, details: { refusal } });

/** What the page needs after a decision, and what must be read again. */
function outcomeOf(id: string, nodeId: string, run: Run, after: Record<string, unknown>) {
  const result: Decided = { id, state: run.state, outcome: run.outcome };
  return {
    result,
    audit: {
      entity: ["repair", id] as const,
      nodeId,
      before: { state: "awaiting" },
      after: { ...after, state: run.state },
    },
    changes: [
      { domain: "approvals" as const, ids: [id] },
      { domain: "repairs" as const, ids: [id] },
      { domain: "findings" as const, ids: [] },
    ],
    after: () => enqueue(advanceRepairs, { repairIds: [id] }),
  };
}

/** Writes the approval down and starts the run when that was the last one needed. @throws AppError("conflict" | "forbidden") */
async function give(
  tx: Tx,
  actor: Actor,
  id: string,
  now: Date,
  wants: "signature" | "release",
  read: (row: ApprovalRow, person: string) => Promise<Given>,
) {
  const record = async (row: ApprovalRow & Parameters<typeof awaitingEvent>[1]): Promise<Event | null> => {
    const standing = await standingOf(tx, row, now);
    const refusal = await refusalFor(tx, row, standing, actor, now);
    const person = personOf(actor);
    if (refusal || !standing || person === null)
      throw refused(`${person ?? actor.id} may not approve ${id}`, refusal ?? refusals.notWaiting);
    if (isRelease(standing.statement) !== (wants === "release"))
      throw refused(`${id} needs a ${wants === "release" ? "signature" : "release"}`, WRONG_KIND[wants]);
    const { signature, ...given } = await read(row, person);
    const challenge = statementChallenge(standing.statement);
    const data = {
      kind: "plan",
      subject: id,
      challenge,
      statement: toJson(standing.statement),
      ...(signature === null ? {} : { signature: toJson(signature) }),
      ...given,
      at: now,
    };
    await tx.approval.create({ data, select: { id: true } });
    await tx.$executeRaw(sql`SELECT pg_notify(${APPROVALS_CHANNEL}, 'plan')`);
    return awaitingEvent(tx, row, now);
  };
  const run = await decideAwaiting(tx, id, now, record);
  if (!run) throw refused(`${id} does not wait`, refusals.notWaiting);
  return run;
}

const WRONG_KIND = {
  release: { en: "This plan needs a signature.", zh: "该计划需要签名。" },
  signature: { en: "This plan needs no signature, only a release.", zh: "该计划无需签名，只需放行。" },
};

/** Signs for a run that waits. The signature is of a key of yours that is accepted; the dispatcher checks it again before it signs any command. */
export const approveRun = mutation({
  name: "approvals.approve",
  access: "repairs:approve",
  on: "node",
  input: ApproveRun,
  async run({ tx, actor, now, scope }, { id, signature }) {
    const { nodeId } = await scope.repair(tx, id);
    const run = await give(tx, actor, id, now(), "signature", async (row, person) => {
      const key = await tx.approvalKey.findUnique({
        where: { id: signature.keyId },
        select: { id: true, type: true, publicKey: true, person: true, personName: true, state: true },
      });
      const standing = await standingOf(tx, row, now());
      if (key?.state !== "active")
        throw refused(`key ${signature.keyId} is not active`, {
          en: "This key is not accepted for approvals.",
          zh: "该密钥未被接受用于批准。",
        });
      if (key.person !== person)
        throw refused(`key ${key.id} belongs to ${key.person}`, {
          en: "This key belongs to somebody else.",
          zh: "该密钥属于他人。",
        });
      if (!standing || !(await isSignedBy(key, standing.statement, signature)))
        throw refused(`signature of ${key.id} does not fit ${id}`, {
          en: "The signature does not fit this plan.",
          zh: "签名与该计划不符。",
        });
      return { signature, keyId: key.id, person, personName: key.personName };
    });
    return outcomeOf(id, nodeId, run, { approvedWith: signature.keyId });
  },
});

/** Lets a safe plan go that somebody asked for who may not start it. */
export const releaseRun = mutation({
  name: "approvals.release",
  access: "repairs:run",
  on: "node",
  input: RunRef,
  async run({ tx, actor, now, scope }, { id }) {
    const { nodeId } = await scope.repair(tx, id);
    const given = async (_row: ApprovalRow, person: string): Promise<Given> => ({
      signature: null,
      keyId: null,
      person,
      personName: actor.name,
    });
    const run = await give(tx, actor, id, now(), "release", given);
    return outcomeOf(id, nodeId, run, { released: true });
  },
});

/** Says no; the run is cancelled with the reason. Of an approval and a no at once, one finds that it is decided. */
export const rejectRun = mutation({
  name: "approvals.reject",
  access: "repairs:approve",
  on: "node",
  input: RejectRun,
  async run({ tx, actor, now, scope }, { id, reason }) {
    const { nodeId } = await scope.repair(tx, id);
    const why = {
      en: `Rejected by ${actor.name}${reason ? `: ${reason}` : "."}`,
      zh: `已被 ${actor.name} 拒绝${reason ? `：${reason}` : "。"}`,
    };
    const run = await decideAwaiting(tx, id, now(), async () => ({ type: "rejected", why }));
    if (!run) throw refused(`${id} does not wait`, refusals.notWaiting);
    return outcomeOf(id, nodeId, run, { rejected: true, reason });
  },
});

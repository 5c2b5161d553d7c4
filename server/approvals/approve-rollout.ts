// Approves one planned rollout: this change, by these rules, on exactly these nodes. The dispatcher checks the signature again before it signs any command.
import { statementChallenge } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import { toJson } from "../core/audit.ts";
import { APPROVALS_CHANNEL } from "../core/changes.ts";
import { personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { giveEvents } from "../rollouts/advance.ts";
import { isEnough, refusals } from "./given.ts";
import {
  type RolloutApprovalRow,
  rolloutApprovalColumns,
  rolloutRefusal,
  rolloutStanding,
} from "./rollout-standing.ts";
import { ApproveRun, type RolloutDecided } from "./schema.ts";
import { isSignedBy } from "./signature.ts";

const refused = (message: string, refusal: Text) =>
  new AppError("conflict", message, { publicMessage: refusal.en, details: { refusal } });

const KEY: Text = { en: "This key is not accepted for approvals of yours.", zh: "该密钥未被接受用于您的批准。" };
const UNFIT: Text = { en: "The signature does not fit this rollout.", zh: "签名与该发布不符。" };

/** Locked until the transaction ends: of two last signatures at once one sees the other. */
async function locked(tx: Tx, id: string): Promise<RolloutApprovalRow> {
  await tx.$queryRaw(sql`SELECT id FROM rollout WHERE id = ${id}::uuid FOR UPDATE`);
  const row = await tx.rollout.findUnique({ where: { id }, select: rolloutApprovalColumns });
  if (!row)
    throw new AppError("not_found", `no rollout ${id}`, {
      publicMessage: "There is no such rollout.",
      entity: ["rollout", id],
    });
  return row;
}

export const approveRollout = mutation({
  name: "approvals.approveRollout",
  access: "rollouts:approve",
  on: "node",
  input: ApproveRun,
  async run({ tx, actor, now, scope }, { id, signature }) {
    // What lies wholly outside of one's part is not there.
    const visible = await tx.rolloutTarget.count({ where: { rolloutId: id, node: scope.where } });
    if (visible === 0)
      throw new AppError("not_found", `no rollout ${id}`, {
        publicMessage: "There is no such rollout.",
        entity: ["rollout", id],
        isForeign: (await tx.rollout.count({ where: { id } })) > 0,
      });
    const at = now();
    const row = await locked(tx, id);
    const before = await rolloutStanding(tx, row, at);
    const refusal = await rolloutRefusal(tx, row, before, actor, at);
    const person = personOf(actor);
    if (refusal || !before || person === null)
      throw refused(`${person ?? actor.id} may not approve ${id}`, refusal ?? refusals.notWaiting);
    const key = await tx.approvalKey.findUnique({
      where: { id: signature.keyId },
      select: { id: true, type: true, publicKey: true, person: true, personName: true, state: true },
    });
    if (key?.state !== "active" || key.person !== person)
      throw refused(`key ${signature.keyId} is not ${person}'s`, KEY);
    const { statement } = before;
    if (!(await isSignedBy(key, statement, signature)))
      throw refused(`signature of ${key.id} does not fit ${id}`, UNFIT);
    const data = {
      kind: "rollout",
      subject: id,
      challenge: statementChallenge(statement),
      statement: toJson(statement),
      signature: toJson(signature),
      keyId: key.id,
      person,
      personName: key.personName,
      at,
    };
    await tx.approval.create({ data, select: { id: true } });
    await tx.$executeRaw(sql`SELECT pg_notify(${APPROVALS_CHANNEL}, 'rollout')`);
    const standing = await rolloutStanding(tx, row, at);
    const by = standing?.counted ?? [];
    const event = { type: "approved", at: at.getTime(), targetHash: row.targetHash, by } as const;
    const isApproved = standing !== null && isEnough(standing);
    const after = isApproved ? await giveEvents(tx, id, [{ event, actor: person }], at) : null;
    const phase = after?.rollout.state.phase ?? "planned";
    const result: RolloutDecided = { id, phase };
    return {
      result,
      audit: {
        entity: ["rollout", id] as const,
        before: { phase: row.phase },
        after: { approvedWith: key.id, by, phase, targetHash: row.targetHash, changeHash: row.changeHash },
      },
      changes: [
        { domain: "approvals" as const, ids: [id] },
        { domain: "rollouts" as const, ids: [id] },
      ],
    };
  },
});

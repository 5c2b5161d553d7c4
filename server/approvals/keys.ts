// The keys that may sign approvals, as the console mirrors them. A key is added or removed by a signed statement; the dispatcher decides.
import { z } from "zod";
import type { Prisma } from "../../generated/prisma/client.ts";
import { type Statement, statementChallenge } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import { toJson } from "../core/audit.ts";
import { APPROVALS_CHANNEL } from "../core/changes.ts";
import { personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { mutation, query } from "../core/verb.ts";
import { signedOffer, toSign } from "./offer.ts";
import { type ApprovalKeyRow, RequestKey, SignKey } from "./schema.ts";

const KEYS_MAX = 500;

const columns = {
  id: true,
  type: true,
  person: true,
  personName: true,
  label: true,
  publicKey: true,
  state: true,
  reason: true,
  requestedAt: true,
  changedAt: true,
} as const satisfies Prisma.ApprovalKeySelect;
type Row = Prisma.ApprovalKeyGetPayload<{ select: typeof columns }>;

const typeOf = (type: string): ApprovalKeyRow["type"] => (type === "ed25519" ? "ed25519" : "webauthn");

/** What signs a requested key in, or an accepted one out. */
const contentOf = ({ id, type, publicKey, person, personName, state }: Row) =>
  state === "active"
    ? ({ v: 1, kind: "key-remove", keyId: id } as const)
    : ({ v: 1, kind: "key-add", keyId: id, type: typeOf(type), publicKey, person, personName } as const);

const refused = (message: string, refusal: Text) =>
  new AppError("conflict", message, { publicMessage: refusal.en, details: { refusal } });

export const listKeys = query({
  name: "approvals.keys",
  access: "keys:read",
  on: "self",
  input: z.void(),
  async run({ db, actor, now }): Promise<ApprovalKeyRow[]> {
    const rows = await db.approvalKey.findMany({
      orderBy: [{ changedAt: "desc" }, { id: "asc" }],
      take: KEYS_MAX,
      select: columns,
    });
    const own = personOf(actor);
    return rows.map((row) => {
      return {
        ...row,
        type: typeOf(row.type),
        state: row.state as ApprovalKeyRow["state"], // written by us and by the dispatcher, from that very list
        isYours: row.person === own,
        toSign: toSign(contentOf(row), now()),
      };
    });
  },
});

/** Asks for one of your passkeys to be accepted. Idempotent; one that was refused or removed stays so, and another passkey takes its place. */
export const requestKey = mutation({
  name: "approvals.requestKey",
  access: "keys:sign",
  on: "self",
  input: RequestKey,
  async run({ tx, actor, now }, { passkeyId }) {
    const passkey = await tx.passkey.findFirst({
      where: { id: passkeyId, userId: actor.kind === "user" ? actor.id : "" },
      select: { id: true, name: true, publicKey: true },
    });
    if (!passkey || actor.kind !== "user")
      throw new AppError("not_found", `no own passkey ${passkeyId}`, { publicMessage: "You have no such passkey." });
    const at = now();
    const before = await tx.approvalKey.findUnique({ where: { id: passkey.id }, select: { state: true } });
    if (before && before.state !== "requested")
      throw refused(`${passkey.id} is ${before.state}`, {
        en: `This key is ${before.state} already. Register another passkey if you need one.`,
        zh: "该密钥已有结论。如需其他密钥，请注册新的通行密钥。",
      });
    const person = `user:${actor.id}`;
    const data = {
      id: passkey.id,
      type: "webauthn",
      person,
      personName: actor.name,
      label: passkey.name,
      publicKey: passkey.publicKey,
      state: "requested",
      requestedAt: at,
      changedAt: at,
    };
    await tx.approvalKey.createMany({ data: [data], skipDuplicates: true });
    return {
      result: { id: passkey.id },
      audit: { entity: ["key", passkey.id], before, after: { state: "requested", person } },
      changes: [
        { domain: "approvals", ids: [] },
        { domain: "accounts", ids: [] },
      ],
    };
  },
});

/**
 * Hands in a signature of an accepted key of yours: it accepts a requested key or removes an accepted one. The dispatcher carries it out; until then
 * the key's state is what it was.
 */
export const signKey = mutation({
  name: "approvals.signKey",
  access: "keys:sign",
  on: "fleet",
  input: SignKey,
  async run({ tx, actor, now }, { keyId, signature }) {
    const at = now();
    const [row, signer] = await Promise.all([
      tx.approvalKey.findUnique({ where: { id: keyId }, select: columns }),
      tx.approvalKey.findUnique({ where: { id: signature.keyId }, select: columns }),
    ]);
    if (!row) throw new AppError("not_found", `no key ${keyId}`, { publicMessage: "There is no such key." });
    if (row.state !== "requested" && row.state !== "active")
      throw refused(`${keyId} is ${row.state}`, {
        en: "This key is not asked for; its owner has to ask again.",
        zh: "该密钥当前没有申请；须由其所有者重新申请。",
      });
    if (signer?.state !== "active" || signer.person !== personOf(actor))
      throw refused(`${signature.keyId} is no accepted key of the actor`, {
        en: "You have to sign with an accepted key of your own.",
        zh: "须使用您自己的、已被接受的密钥签名。",
      });
    if (row.state === "active" && (await tx.approvalKey.count({ where: { state: "active" } })) < 2)
      throw refused("the last key", {
        en: "It is the last accepted key; without it nothing could be approved any more.",
        zh: "这是最后一个被接受的密钥；移除后将无法再批准任何操作。",
      });
    const statement = await signedOffer(contentOf(row), signer, signature, at);
    if (!statement)
      throw refused(`signature over ${keyId} does not fit`, {
        en: "The signature does not fit this key, or is too old.",
        zh: "签名与该密钥不符，或已过期。",
      });
    await storeSigned(tx, { statement, subject: keyId, signature, signer }, at);
    return {
      result: { id: keyId },
      audit: {
        entity: ["key", keyId],
        before: { state: row.state },
        after: { kind: statement.kind, signedWith: signer.id },
      },
      changes: [{ domain: "approvals", ids: [] }],
    };
  },
});

/** One signature over a statement for the dispatcher, which is told at the commit. Handing it in again changes nothing. */
export async function storeSigned(
  tx: Tx,
  signed: {
    statement: Statement;
    subject: string;
    signature: unknown;
    signer: { id: string; person: string; personName: string };
  },
  at: Date,
): Promise<void> {
  const { statement, subject, signature, signer } = signed;
  const { person, personName } = signer;
  const challenge = statementChallenge(statement);
  const data = {
    kind: statement.kind,
    subject,
    statement: toJson(statement),
    signature: toJson(signature),
    keyId: signer.id,
    personName,
    at,
  };
  await tx.approval.createMany({ data: [{ ...data, challenge, person }], skipDuplicates: true });
  await tx.$executeRaw(sql`SELECT pg_notify(${APPROVALS_CHANNEL}, ${statement.kind})`);
}

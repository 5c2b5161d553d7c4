// The freeze: one row stops all acting at every layer; enough signatures lift it. Who froze, who signed the lift, and whether the dispatcher obeys.
import { z } from "zod";
import { UnfreezeStatement } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import { storeSigned } from "../approvals/keys.ts";
import { liftsNeeded } from "../approvals/needed.ts";
import { signedOffer, toSign } from "../approvals/offer.ts";
import { approverRefs } from "../approvals/persons.ts";
import { FREEZE_CHANNEL } from "../core/changes.ts";
import { actorRef, type Context, personOf } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { sql } from "../core/sql.ts";
import { mutation, query } from "../core/verb.ts";
import { sweepRepairs } from "../repairs/jobs.ts";
import { standingFreeze } from "./frozen.ts";
import { type FreezeState, LiftFreeze, SetFreeze } from "./schema.ts";

const refused = (message: string, refusal: Text) =>
  new AppError("conflict", message, { publicMessage: refusal.en, details: { refusal } });

/** What the dispatcher tells of itself in its beat. */
const DispatcherDetail = z.object({ frozenEpoch: z.number().nullable().catch(null) });
/** An older beat says nothing about now, ms. */
const BEAT_FRESH_MS = 30_000;

const unfreeze = (epoch: number) => ({ v: 1, kind: "unfreeze", epoch }) as const;

/** Signatures for the lift of this freeze that hold still, one a person. */
async function givenLifts(db: Context["db"], epoch: number, now: Date): Promise<FreezeState["lift"]["given"]> {
  const rows = await db.approval.findMany({
    where: { kind: "unfreeze", subject: String(epoch), verdict: { not: "refused" } },
    orderBy: { at: "asc" },
    select: { person: true, personName: true, at: true, statement: true },
  });
  const byPerson = new Map<string, FreezeState["lift"]["given"][number]>();
  for (const { statement, ...given } of rows) {
    const parsed = UnfreezeStatement.safeParse(statement);
    if (parsed.success && parsed.data.expiresAt > now.getTime() && !byPerson.has(given.person))
      byPerson.set(given.person, given);
  }
  return [...byPerson.values()];
}

export const getFreeze = query({
  name: "freeze.get",
  access: "freeze:read",
  on: "self",
  input: z.void(),
  async run({ db, actor, now }): Promise<FreezeState> {
    const freeze = await standingFreeze(db);
    if (!freeze) {
      const lift = { given: [], needed: 0, toSign: null };
      return {
        isFrozen: false,
        epoch: null,
        reason: "",
        setBy: "",
        setByName: "",
        setAt: null,
        lift,
        isInForce: false,
      };
    }
    const [given, approvers, beat] = await Promise.all([
      givenLifts(db, freeze.epoch, now()),
      approverRefs(db, now()),
      db.processBeat.findUnique({ where: { name: "dispatcher" }, select: { detail: true, beatAt: true } }),
    ]);
    const person = personOf(actor);
    const hasKey = person !== null && (await db.approvalKey.count({ where: { person, state: "active" } })) > 0;
    const isSigned = given.some((one) => one.person === person);
    const detail = DispatcherDetail.safeParse(beat?.detail);
    const isFresh = beat !== null && now().getTime() - beat.beatAt.getTime() <= BEAT_FRESH_MS;
    return {
      isFrozen: true,
      ...freeze,
      lift: {
        given,
        needed: liftsNeeded(approvers),
        toSign: hasKey && !isSigned ? toSign(unfreeze(freeze.epoch), now()) : null,
      },
      // A dispatcher that does not run signs nothing either.
      isInForce: !isFresh || (detail.success && (detail.data.frozenEpoch ?? 0) >= freeze.epoch),
    };
  },
});

/** Stops all acting. A second one while the fleet is frozen changes nothing. */
export const setFreeze = mutation({
  name: "freeze.set",
  access: "freeze:set",
  on: "self",
  input: SetFreeze,
  async run({ tx, actor, now }, { reason }) {
    const standing = await standingFreeze(tx);
    const at = now();
    const epoch =
      standing?.epoch ??
      (
        await tx.freeze.create({
          data: { reason, setBy: actorRef(actor), setByName: actor.name, setAt: at },
          select: { epoch: true },
        })
      ).epoch;
    // Who holds one of these rows right now is the engine, which sees the freeze the next time; it is waited for by nobody.
    if (!standing)
      await tx.$executeRaw(sql`
        UPDATE repair SET is_cancel_requested = true, version = version + 1 WHERE id IN (
          SELECT id FROM repair WHERE active_key IS NOT NULL AND NOT is_cancel_requested AND state <> 'verifying'
          FOR UPDATE SKIP LOCKED)`);
    await tx.$executeRaw(sql`SELECT pg_notify(${FREEZE_CHANNEL}, ${String(epoch)})`);
    return {
      result: { epoch },
      audit: { entity: ["freeze", String(epoch)], before: standing, after: { reason, frozen: true } },
      changes: [
        { domain: "freeze", ids: [] },
        { domain: "repairs", ids: [] },
      ],
      after: () => enqueue(sweepRepairs, {}),
    };
  },
});

/** Hands in a signature for the lift. The dispatcher lifts when enough persons have signed; `isFrozen` tells. */
export const liftFreeze = mutation({
  name: "freeze.lift",
  access: "freeze:lift",
  on: "fleet",
  input: LiftFreeze,
  async run({ tx, actor, now }, { epoch, signature }) {
    const standing = await standingFreeze(tx);
    if (standing?.epoch !== epoch)
      throw refused(`freeze ${epoch} does not stand`, {
        en: "This freeze does not stand any more.",
        zh: "该冻结已不存在。",
      });
    const signer = await tx.approvalKey.findUnique({
      where: { id: signature.keyId },
      select: { id: true, type: true, publicKey: true, person: true, personName: true, state: true },
    });
    if (signer?.state !== "active" || signer.person !== personOf(actor))
      throw refused(`${signature.keyId} is no accepted key of the actor`, {
        en: "You have to sign with an accepted key of your own.",
        zh: "须使用您自己的、已被接受的密钥签名。",
      });
    const statement = await signedOffer(unfreeze(epoch), signer, signature, now());
    if (!statement)
      throw refused(`signature for the lift of ${epoch} does not fit`, {
        en: "The signature does not fit this freeze, or is too old.",
        zh: "签名与该冻结不符，或已过期。",
      });
    await storeSigned(tx, { statement, subject: String(epoch), signature, signer }, now());
    return {
      result: { epoch },
      audit: { entity: ["freeze", String(epoch)], after: { liftSignedWith: signer.id } },
      changes: [{ domain: "freeze", ids: [] }],
    };
  },
});

// Passkeys of a person: added, named, removed. They prove presence, and sign approvals once the dispatcher has accepted them.
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { makeChallenge, takeChallenge } from "./passkey-challenge.ts";
import { RP_NAME, relyingParty, wrongPasskey } from "./passkey-proof.ts";
import { AddPasskey, PasskeyRef, type PasskeyRow, RenamePasskey } from "./schema.ts";
import { ownId, personalId } from "./sessions.ts";

const PASSKEYS_MAX = 20;
const changes = [{ domain: "accounts" as const, ids: [] }];

/** What the browser needs to make a new passkey. */
export const passkeyOptions = query({
  name: "accounts.passkeyOptions",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, actor, now }) {
    const userId = ownId(actor);
    const { rpID } = relyingParty();
    const user = await db.user.findUniqueOrThrow({
      where: { id: userId },
      select: { email: true, name: true, passkeys: { select: { id: true, transports: true } } },
    });
    return generateRegistrationOptions({
      rpName: RP_NAME,
      rpID,
      userName: user.email,
      userDisplayName: user.name,
      userID: new TextEncoder().encode(userId),
      challenge: await makeChallenge(userId, "passkey-add", now()),
      attestationType: "none",
      excludeCredentials: user.passkeys,
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
    });
  },
});

/** What the browser needs to prove presence with one of the passkeys there are. */
export const presenceOptions = query({
  name: "accounts.presenceOptions",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, actor, now }) {
    const userId = ownId(actor);
    const { rpID } = relyingParty();
    const passkeys = await db.passkey.findMany({ where: { userId }, select: { id: true, transports: true } });
    return generateAuthenticationOptions({
      rpID,
      allowCredentials: passkeys,
      challenge: await makeChallenge(userId, "passkey-presence", now()),
      userVerification: "required",
    });
  },
});

export const addPasskey = mutation({
  name: "accounts.addPasskey",
  access: "accounts:self",
  on: "self",
  stepUp: true,
  input: AddPasskey,
  async run({ tx, actor, now }, { name, response }) {
    const userId = personalId(actor);
    const { rpID, origin } = relyingParty();
    if ((await tx.passkey.count({ where: { userId } })) >= PASSKEYS_MAX)
      throw new AppError("conflict", `an account has ${PASSKEYS_MAX} passkeys at most`);
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response as unknown as RegistrationResponseJSON, // the library checks its shape
      expectedChallenge: (challenge) => takeChallenge(challenge, userId, "passkey-add", now()),
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
    }).catch((cause: unknown) => {
      throw wrongPasskey(cause);
    });
    if (!verified || !registrationInfo) throw wrongPasskey();
    const { credential, aaguid, credentialBackedUp } = registrationInfo;
    if (await tx.passkey.findUnique({ where: { id: credential.id }, select: { id: true } })) throw wrongPasskey();
    await tx.passkey.create({
      data: {
        id: credential.id,
        userId,
        name,
        publicKey: Buffer.from(credential.publicKey).toString("base64url"),
        counter: credential.counter,
        transports: (credential.transports ?? []).map(String).slice(0, 10),
        aaguid,
        isBackedUp: credentialBackedUp,
        createdAt: now(),
      },
      select: { id: true },
    });
    return {
      result: { id: credential.id },
      audit: { entity: ["passkey", credential.id], after: { name, aaguid, isBackedUp: credentialBackedUp } },
      changes,
    };
  },
});

export const listPasskeys = query({
  name: "accounts.passkeys",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, actor }): Promise<PasskeyRow[]> {
    const userId = ownId(actor);
    const [rows, keys] = await Promise.all([
      db.passkey.findMany({
        where: { userId },
        orderBy: { createdAt: "asc" },
        select: { id: true, name: true, createdAt: true, lastUsedAt: true, isBackedUp: true },
      }),
      db.approvalKey.findMany({
        where: { person: `user:${userId}`, type: "webauthn" },
        select: { id: true, state: true },
      }),
    ]);
    const states = new Map(keys.map(({ id, state }) => [id, state]));
    return rows.map((row) => {
      const state = states.get(row.id);
      const approval = state === "requested" || state === "active" || state === "refused" ? state : "none";
      return { ...row, approval };
    });
  },
});

export const renamePasskey = mutation({
  name: "accounts.renamePasskey",
  access: "accounts:self",
  on: "self",
  input: RenamePasskey,
  async run({ tx, actor }, { id, name }) {
    const { count } = await tx.passkey.updateMany({ where: { id, userId: ownId(actor) }, data: { name } });
    if (count === 0) throw new AppError("not_found", "no such passkey", { entity: ["passkey", id] });
    return { result: { id }, audit: { entity: ["passkey", id], after: { name } }, changes };
  },
});

/** Refused while it signs approvals: the dispatcher would go on believing a key that nobody sees any more. */
export const removePasskey = mutation({
  name: "accounts.removePasskey",
  access: "accounts:self",
  on: "self",
  stepUp: true,
  input: PasskeyRef,
  async run({ tx, actor }, { id }) {
    const entity = ["passkey", id] as const;
    if (await tx.approvalKey.findFirst({ where: { id, state: "active" }, select: { id: true } }))
      throw new AppError("conflict", "this passkey signs approvals", {
        publicMessage: "This passkey signs approvals. Remove it under Approvals → Keys first.",
        details: { signsApprovals: true },
        entity,
      });
    const { count } = await tx.passkey.deleteMany({ where: { id, userId: personalId(actor) } });
    if (count === 0) throw new AppError("not_found", "no such passkey", { entity });
    return { result: { id }, audit: { entity, after: { removed: true } }, changes };
  },
});

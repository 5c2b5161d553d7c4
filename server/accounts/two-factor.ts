// The authenticator app as a second factor: set up (secret and backup codes shown once), switched on by a first code, switched off.
import { randomInt, randomUUID } from "node:crypto";
import { symmetricEncrypt } from "better-auth/crypto";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { endSessions } from "./end-sessions.ts";
import { countAttempt, forgetAttempts, personForProof, proveTotp } from "./proof.ts";
import { accountsRuntime } from "./runtime.ts";
import { TotpCode, type TotpSetup } from "./schema.ts";
import { personalId } from "./sessions.ts";
import { totpUri } from "./totp.ts";

const changes = [{ domain: "accounts" as const, ids: [] }];
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const randomText = (length: number): string =>
  Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join("");

/** As better-auth keeps it, so that its sign-in reads it. */
async function encrypt(data: string): Promise<string> {
  const { secretConfig } = await accountsRuntime().auth.$context;
  return symmetricEncrypt({ key: secretConfig, data });
}

export const startTwoFactor = mutation({
  name: "accounts.startTwoFactor",
  access: "accounts:self",
  on: "self",
  stepUp: true,
  input: z.void(),
  async run({ tx, actor }) {
    const person = await personForProof(personalId(actor));
    const entity = ["user", person.id] as const;
    if (person.twoFactorEnabled) throw new AppError("conflict", "a second factor is on already", { entity });
    if (person.accounts.length === 0)
      throw new AppError("conflict", "your identity provider asks for second factors", { entity });
    const secret = randomText(32);
    const backupCodes = Array.from({ length: 10 }, () => `${randomText(5)}-${randomText(5)}`);
    await tx.twoFactor.deleteMany({ where: { userId: person.id } });
    await tx.twoFactor.create({
      data: {
        id: randomUUID(),
        userId: person.id,
        secret: await encrypt(secret),
        backupCodes: await encrypt(JSON.stringify(backupCodes)),
        verified: false,
      },
      select: { id: true },
    });
    const result: TotpSetup = { uri: totpUri(secret, person.email, "NodeOps Center"), backupCodes };
    return { result, audit: { entity, after: { twoFactor: "set up" } } };
  },
});

/** The first code shows that the app has the secret; other sessions end. */
export const enableTwoFactor = mutation({
  name: "accounts.enableTwoFactor",
  access: "accounts:self",
  on: "self",
  input: TotpCode,
  async run({ tx, actor, now }, { code }) {
    const person = await personForProof(personalId(actor));
    const entity = ["user", person.id] as const;
    if (person.twoFactorEnabled || person.twoFactors.length === 0)
      throw new AppError("conflict", "no second factor is being set up", { entity });
    await countAttempt(person.id, now());
    await proveTotp(person, code, now());
    await forgetAttempts(person.id);
    await tx.twoFactor.updateMany({ where: { userId: person.id }, data: { verified: true } });
    await tx.user.update({ where: { id: person.id }, data: { twoFactorEnabled: true }, select: { id: true } });
    const sessionId = actor.kind === "user" ? actor.sessionId : "";
    await endSessions(tx, { userId: person.id, id: { not: sessionId } });
    return { result: { enabled: true }, audit: { entity, after: { twoFactor: "on" } }, changes };
  },
});

export const disableTwoFactor = mutation({
  name: "accounts.disableTwoFactor",
  access: "accounts:self",
  on: "self",
  stepUp: true,
  input: z.void(),
  async run({ tx, actor }) {
    const id = personalId(actor);
    await tx.twoFactor.deleteMany({ where: { userId: id } });
    await tx.user.update({ where: { id }, data: { twoFactorEnabled: false }, select: { id: true } });
    return { result: { enabled: false }, audit: { entity: ["user", id], after: { twoFactor: "off" } }, changes };
  },
});

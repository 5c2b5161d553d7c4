// Takes an account out of use, or back into it; lets a locked one in again; gives a new one-time password when somebody lost everything.
import { hashPassword } from "better-auth/crypto";
import { personOf } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { endSessions } from "./end-sessions.ts";
import { attemptKey, clearAttempts, presenceKey } from "./lockout.ts";
import { generatePassword } from "./one-time.ts";
import { isAdmin, keepAnAdmin, personById, refuseEmergency } from "./person.ts";
import { revokeTokensOf } from "./revoke-tokens.ts";
import { MUST_CHANGE, type NewPerson, SetDisabled, UserRef } from "./schema.ts";

const changes = [{ domain: "accounts" as const, ids: [] }];

/** Sessions end with it, tokens of the account are revoked. */
export const setDisabled = mutation({
  name: "accounts.setDisabled",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: SetDisabled,
  async run({ tx, now }, { id, disabled }) {
    const person = await personById(tx, id);
    if (disabled && person.role === "admin" && !person.disabledAt) await keepAnAdmin(tx, id);
    const disabledAt = disabled ? (person.disabledAt ?? now()) : null;
    await tx.user.update({ where: { id }, data: { disabledAt }, select: { id: true } });
    if (disabled) {
      await endSessions(tx, { userId: id });
      await revokeTokensOf(tx, id, now());
    }
    return {
      result: { id },
      audit: { entity: ["user", id], before: { disabledAt: person.disabledAt }, after: { disabledAt } },
      changes,
    };
  },
});

/** Forgets failed sign-ins of an account. Idempotent. */
export const unlockPerson = mutation({
  name: "accounts.unlock",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: UserRef,
  async run({ tx }, { id }) {
    const { email } = await personById(tx, id);
    const wasLocked = await clearAttempts(tx, attemptKey(email), presenceKey(id));
    return { result: { id }, audit: { entity: ["user", id], after: { unlocked: wasLocked } }, changes };
  },
});

/** A new one-time password; second factor, sessions and tokens are gone. Passkeys stay: they sign approvals and are removed there. */
export const resetPerson = mutation({
  name: "accounts.resetPerson",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: UserRef,
  async run({ tx, actor, now }, { id }) {
    const person = await personById(tx, id);
    const { email } = person;
    if (isAdmin(person)) refuseEmergency(actor, id);
    if (personOf(actor) === `user:${id}`)
      throw new AppError("conflict", "change your own password on your account's page", { entity: ["user", id] });
    const password = generatePassword();
    const { count } = await tx.account.updateMany({
      where: { userId: id, providerId: "credential" },
      data: { password: await hashPassword(password), scope: MUST_CHANGE, updatedAt: new Date() },
    });
    if (count === 0)
      throw new AppError("conflict", "this person signs in with the identity provider", { entity: ["user", id] });
    await tx.twoFactor.deleteMany({ where: { userId: id } });
    await tx.user.update({ where: { id }, data: { twoFactorEnabled: false }, select: { id: true } });
    await clearAttempts(tx, attemptKey(email), presenceKey(id));
    await endSessions(tx, { userId: id });
    await revokeTokensOf(tx, id, now());
    const result: NewPerson = { id, email, password };
    return { result, audit: { entity: ["user", id], after: { oneTimePassword: true, twoFactor: false } }, changes };
  },
});

// Changes the own password; every other session of the account ends.
import { hashPassword } from "better-auth/crypto";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { endSessions } from "./end-sessions.ts";
import { refusePassword } from "./password-rules.ts";
import { countAttempt, forgetAttempts, personForProof, provePassword } from "./proof.ts";
import { ChangePassword } from "./schema.ts";
import { personalId } from "./sessions.ts";

const REASONS = {
  short: "At least 12 characters.",
  common: "This password is too easy to guess.",
  personal: "This password is made of your own name.",
} as const;

export const changePassword = mutation({
  name: "accounts.changePassword",
  access: "accounts:self",
  on: "self",
  stepUp: true,
  input: ChangePassword,
  async run({ tx, actor, now }, { current, next }) {
    const person = await personForProof(personalId(actor));
    const account = person.accounts[0];
    if (!account) throw new AppError("conflict", "this account has no password", { entity: ["user", person.id] });
    const reason = next === current ? "common" : refusePassword(next, person);
    if (reason)
      throw new AppError("invalid", `password refused: ${reason}`, {
        publicMessage: REASONS[reason],
        details: { password: next === current ? "same" : reason },
        entity: ["user", person.id],
      });
    await countAttempt(person.id, now());
    await provePassword(person, current);
    await forgetAttempts(person.id);
    await tx.account.update({
      where: { id: account.id },
      data: { password: await hashPassword(next), scope: null },
      select: { id: true },
    });
    const sessionId = actor.kind === "user" ? actor.sessionId : "";
    const ended = await endSessions(tx, { userId: person.id, id: { not: sessionId } });
    return {
      result: { endedSessions: ended },
      audit: { entity: ["user", person.id], after: { password: "changed", endedSessions: ended } },
      changes: [{ domain: "accounts", ids: [] }],
    };
  },
});

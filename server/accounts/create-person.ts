// Makes an account with a one-time password, which is shown once to the admin and must be changed at the first sign-in.
import { randomUUID } from "node:crypto";
import { hashPassword } from "better-auth/crypto";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { generatePassword } from "./one-time.ts";
import { isAdmin, refuseEmergency } from "./person.ts";
import { checkSelector, NO_ROLE } from "./rights.ts";
import { CreatePerson, MUST_CHANGE, type NewPerson } from "./schema.ts";

export const createPerson = mutation({
  name: "accounts.createPerson",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: CreatePerson,
  async run({ tx, actor, now }, { email: typed, name, role, grants }) {
    for (const { selector } of grants) checkSelector(selector);
    const email = typed.toLowerCase();
    if (isAdmin({ role: role ?? null, grants })) refuseEmergency(actor, email);
    if (await tx.user.findUnique({ where: { email }, select: { id: true } }))
      throw new AppError("conflict", `there is an account ${email} already`);
    const id = randomUUID();
    const password = generatePassword();
    const createdBy = actorRef(actor);
    const at = now();
    await tx.user.create({
      data: {
        id,
        email,
        name,
        role: role ?? NO_ROLE,
        createdAt: at,
        accounts: {
          create: {
            id: randomUUID(),
            providerId: "credential",
            accountId: id,
            password: await hashPassword(password),
            scope: MUST_CHANGE,
          },
        },
        grants: { create: grants.map((grant) => ({ ...grant, createdBy, createdAt: at })) },
      },
      select: { id: true },
    });
    const result: NewPerson = { id, email, password };
    return {
      result,
      audit: { entity: ["user", id], after: { email, name, role, grants } },
      changes: [{ domain: "accounts", ids: [] }],
    };
  },
});

// Who am I: the signed-in person or token, and what they may do anywhere.
import { z } from "zod";
import { fleetRole, personOf } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { query } from "../core/verb.ts";
import { permissionsOf } from "./rights.ts";
import { locales, type Me, MUST_CHANGE } from "./schema.ts";

export const getMe = query({
  name: "accounts.me",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, actor }): Promise<Me> {
    if (actor.kind === "anonymous") throw new AppError("unauthenticated", "not signed in");
    const user =
      actor.kind === "user"
        ? await db.user.findUnique({
            where: { id: actor.id },
            select: {
              email: true,
              locale: true,
              twoFactorEnabled: true,
              accounts: { where: { providerId: "credential" }, select: { scope: true } },
              _count: { select: { passkeys: true } },
            },
          })
        : null;
    const person = personOf(actor);
    const keys = person ? await db.approvalKey.count({ where: { person, state: "active" } }) : 0;
    return {
      kind: actor.kind,
      id: actor.id,
      name: actor.name,
      email: user?.email ?? null,
      role: fleetRole(actor),
      grants: actor.grants,
      permissions: permissionsOf(actor.grants, actor.kind === "token" ? actor.scopes : null),
      locale: locales.find((l) => l === user?.locale) ?? "en",
      hasTwoFactor: user?.twoFactorEnabled ?? false,
      passkeyCount: user?._count.passkeys ?? 0,
      canSign: keys > 0,
      breakGlassUntil: actor.kind === "user" ? actor.breakGlassUntil : null,
      mustChangePassword:
        actor.kind === "user" &&
        actor.breakGlassUntil === null &&
        (user?.accounts.some(({ scope }) => scope === MUST_CHANGE) ?? false),
      hasPassword: (user?.accounts.length ?? 0) > 0,
    };
  },
});

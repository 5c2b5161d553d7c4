// Who am I: the signed-in person or token.
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { query } from "../core/verb.ts";
import { locales, type Me } from "./schema.ts";

export const getMe = query({
  name: "accounts.me",
  access: "accounts:self",
  input: z.void(),
  async run({ db, actor }): Promise<Me> {
    if (actor.kind === "anonymous") throw new AppError("unauthenticated", "not signed in");
    const user =
      actor.kind === "user"
        ? await db.user.findUnique({ where: { id: actor.id }, select: { email: true, locale: true } })
        : null;
    const locale = locales.find((l) => l === user?.locale) ?? "en";
    return { kind: actor.kind, id: actor.id, name: actor.name, email: user?.email ?? null, role: actor.role, locale };
  },
});

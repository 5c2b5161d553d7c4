// Remembers the language a person reads the console in.
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { SetLocale } from "./schema.ts";

export const setLocale = mutation({
  name: "accounts.setLocale",
  access: "accounts:self",
  on: "self",
  input: SetLocale,
  async run({ tx, actor }, { locale }) {
    if (actor.kind !== "user") throw new AppError("invalid", "only people have a language");
    await tx.user.update({ where: { id: actor.id }, data: { locale }, select: { id: true } });
    return { result: { locale }, audit: { entity: ["user", actor.id], after: { locale } } };
  },
});

// What is back-tested: a built-in check, a saved version, or a definition that nobody has saved.
import type { Check } from "../../checks/define.ts";
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { compileStored } from "../custom-checks/active.ts";
import { compileDraft } from "../custom-checks/compile.ts";
import type { Target } from "../custom-checks/schema.ts";

/** The id of a definition without one. */
const UNSAVED = "unsaved-check";

/** `version` null: built in, or not saved. @throws AppError("not_found" | "invalid") */
export async function checkOf(
  db: PrismaClient | Tx,
  target: Target,
): Promise<{ check: Check; version: number | null }> {
  if ("draft" in target) {
    const compiled = compileDraft(target.id ?? UNSAVED, target.draft);
    if (compiled.ok) return { check: compiled.check, version: null };
    const [first] = compiled.errors;
    throw new AppError("invalid", `draft: ${first?.field}: ${first?.message.en}`, {
      publicMessage: first ? `${first.field}: ${first.message.en}` : "This definition does not compile.",
      details: { errors: compiled.errors },
    });
  }
  const builtIn = checkById(target.id);
  if (builtIn) return { check: builtIn, version: null };
  const stored = await db.customCheckVersion.findFirst({
    where: { checkId: target.id, ...("version" in target ? { version: target.version } : {}) },
    orderBy: { version: "desc" },
    select: { version: true, definition: true },
  });
  const check = stored && compileStored(target.id, stored.definition);
  if (stored && check) return { check, version: stored.version };
  throw new AppError(stored ? "conflict" : "not_found", `check ${target.id} cannot be evaluated`, {
    publicMessage: stored ? "This version does not compile any more; save it anew." : "There is no such check.",
    entity: ["check", target.id],
  });
}

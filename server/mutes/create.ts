// "Do not tell me about this until then": says it, in the caller's part of the fleet, with an end and a reason. Workers apply it at once.
import { parseSelector } from "../../selectors/parse.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { mutation } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { narrow } from "./access.ts";
import { settleMutesJob } from "./jobs.ts";
import { type CreatedMute, CreateMute, EVERY_CHECK, MUTE_MAX_MS, MUTES_MAX, MUTES_PER_PERSON_MAX } from "./schema.ts";

const invalid = (why: string, publicMessage: string) => new AppError("invalid", why, { publicMessage });

const TOO_MANY = {
  en: `Too many mutes are in force (at most ${MUTES_PER_PERSON_MAX} of one person, ${MUTES_MAX} in all). End some, or mute with a wider selector.`,
  zh: `生效中的静默过多（每人最多 ${MUTES_PER_PERSON_MAX} 条，总计最多 ${MUTES_MAX} 条）。请先结束部分静默，或使用范围更大的选择器。`,
};

export const createMute = mutation({
  name: "mutes.create",
  access: "findings:write",
  on: "node",
  input: CreateMute,
  async run({ tx, actor, now }, { checkId, selector, subject, reason, expiresAt }) {
    const at = now();
    const left = expiresAt.getTime() - at.getTime();
    if (left <= 0) throw invalid(`mute until ${expiresAt.toISOString()}`, "It must end in the future.");
    if (left > MUTE_MAX_MS)
      throw invalid(`mute until ${expiresAt.toISOString()}`, "A mute ends after 90 days at the latest.");
    const parsed = parseSelector(selector);
    if (!parsed.ok)
      throw new AppError("invalid", `selector: ${parsed.error.en}`, { details: { selector: parsed.error } });
    if (checkId !== EVERY_CHECK && !(await activeChecks(tx)).checks.some(({ id }) => id === checkId))
      throw new AppError("not_found", `no check ${checkId}`, { publicMessage: "There is no such check." });
    const part = narrow(actor, selector);
    if ("refusal" in part)
      throw new AppError("forbidden", `mute of ${selector}`, {
        publicMessage: part.refusal.en,
        details: { refusal: part.refusal },
      });
    const inForce = { endedAt: null, expiresAt: { gt: at } };
    const createdBy = actorRef(actor);
    const [all, own] = [
      await tx.mute.count({ where: inForce }),
      await tx.mute.count({ where: { ...inForce, createdBy } }),
    ];
    if (all >= MUTES_MAX || own >= MUTES_PER_PERSON_MAX)
      throw new AppError("conflict", `${own} own mutes of ${all}`, {
        publicMessage: TOO_MANY.en,
        details: { refusal: TOO_MANY },
      });
    const mute = { checkId, selector: part.selector, subject, reason, expiresAt };
    const { id } = await tx.mute.create({
      data: { ...mute, createdBy, createdByName: actor.name, createdAt: at },
      select: { id: true },
    });
    const result: CreatedMute = { id, selector: part.selector };
    return {
      result,
      audit: { entity: ["mute", id], after: mute },
      changes: [{ domain: "checks", ids: [] }],
      after: () => enqueue(settleMutesJob, {}),
    };
  },
});

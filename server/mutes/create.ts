// "Do not tell me about this until then": says it, in the caller's part of the fleet, with an end and a reason. Workers apply it at once.
import { parseSelector } from "../../selectors/parse.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { mutation } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { narrow } from "./access.ts";
import { settleMutesJob } from "./jobs.ts";
import { type CreatedMute, CreateMute, EVERY_CHECK, MUTE_MAX_MS } from "./schema.ts";

const invalid = (why: string, publicMessage: string) => new AppError("invalid", why, { publicMessage });

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
    const mute = { checkId, selector: part.selector, subject, reason, expiresAt };
    const { id } = await tx.mute.create({
      data: { ...mute, createdBy: actorRef(actor), createdByName: actor.name, createdAt: at },
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

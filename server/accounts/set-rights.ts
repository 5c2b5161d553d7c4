// Gives and takes rights. Whoever gains some signs in again (a session from before is not worth more than it was); whoever loses some keeps
// the session, without its proof of presence, and the console reads anew what they may do.
import { actorRef } from "../core/context.ts";
import { mutation } from "../core/verb.ts";
import { endSessions } from "./end-sessions.ts";
import { isAdmin, keepAnAdmin, personById, refuseEmergency } from "./person.ts";
import { checkSelector, grantsOf, isMore, NO_ROLE } from "./rights.ts";
import { SetRights } from "./schema.ts";

export const setRights = mutation({
  name: "accounts.setRights",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: SetRights,
  async run({ tx, actor, now }, { id, role, grants }) {
    for (const { selector } of grants) checkSelector(selector);
    if (isAdmin({ role, grants })) refuseEmergency(actor, id);
    const person = await personById(tx, id);
    if (person.role === "admin" && role !== "admin" && !person.disabledAt) await keepAnAdmin(tx, id);
    const createdAt = now();
    const createdBy = actorRef(actor);
    await tx.user.update({ where: { id }, data: { role: role ?? NO_ROLE }, select: { id: true } });
    await tx.grant.deleteMany({ where: { userId: id } });
    await tx.grant.createMany({ data: grants.map((grant) => ({ ...grant, userId: id, createdBy, createdAt })) });
    const before = grantsOf(person.role, person.grants, createdAt);
    const after = grantsOf(
      role ?? NO_ROLE,
      grants.map((grant) => ({ ...grant, expiresAt: null })),
      createdAt,
    );
    if (isMore(before, after)) await endSessions(tx, { userId: id });
    else await tx.session.updateMany({ where: { userId: id }, data: { verifiedAt: null } });
    return {
      result: { id },
      audit: { entity: ["user", id], before: { grants: before }, after: { grants: after } },
      changes: [{ domain: "accounts", ids: [] }],
    };
  },
});

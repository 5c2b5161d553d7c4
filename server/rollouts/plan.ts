// Plans a rollout: what the preview showed is fixed with its targets, its policy and their hashes. Nothing is sent before it is started.
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { askApproval } from "./approval.ts";
import { refuseAtCentre, requireRights } from "./centre.ts";
import { prepare } from "./prepare.ts";
import { PlanRollout } from "./schema.ts";
import { storePlan } from "./store-plan.ts";

export const planRollout = mutation({
  name: "rollouts.plan",
  access: "rollouts:run",
  on: "node",
  input: PlanRollout,
  async run({ tx, actor, scope, now }, input) {
    const at = now();
    const prepared = await prepare(tx, input, scope);
    requireRights(actor, prepared.definition, prepared.params);
    const refusal = await refuseAtCentre(tx, prepared.definition.kind, prepared.params, prepared.where, at);
    const [problem] = refusal ? [{ path: "change", text: refusal }] : prepared.problems;
    if (problem)
      throw new AppError("invalid", `${problem.path}: ${problem.text.en}`, {
        publicMessage: problem.text.en,
        details: { problems: prepared.problems, refusal: problem.text },
      });
    const { title, reason, lane, templateId } = input;
    const id = await storePlan(
      tx,
      prepared,
      { title, reason, lane, origin: "person", templateId, parentId: null },
      actor,
      at,
    );
    const phase = await askApproval(tx, id, actor, at);
    return {
      result: { id, targetHash: prepared.plan.targetHash, count: prepared.plan.count, phase },
      audit: {
        entity: ["rollout", id],
        after: {
          change: input.change,
          where: prepared.where,
          targetHash: prepared.plan.targetHash,
          count: prepared.plan.count,
          policyHash: prepared.policyHash,
          lane,
          reason,
          by: actorRef(actor),
        },
      },
      changes: [
        { domain: "rollouts", ids: [id] },
        { domain: "approvals", ids: [id] },
      ],
    };
  },
});

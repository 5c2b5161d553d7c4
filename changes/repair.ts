// Change: a repair of the catalogue, on every chosen node that has the finding which it mends. The plan is made from each node's own facts.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { planRisk } from "../repairs/action-risk.ts";
import type { RepairContext } from "../repairs/define.ts";
import { repairById } from "../repairs/index.ts";
import { isUsedBy } from "../repairs/uses.ts";
import { type ChangeContext, defineChange } from "./define.ts";

const Id = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
const Params = z.strictObject({ repairId: Id, checkId: Id }).superRefine(({ repairId, checkId }, ctx) => {
  const repair = repairById(repairId);
  if (!repair) ctx.addIssue({ code: "custom", path: ["repairId"], message: "no such repair" });
  else if (!repair.verifies.includes(checkId))
    ctx.addIssue({ code: "custom", path: ["checkId"], message: "the repair does not mend it" });
});

const contextOf = ({ node, facts, now, finding }: ChangeContext): RepairContext | null =>
  finding && {
    node: { id: node.id, name: node.name },
    facts,
    now,
    finding: { checkId: finding.checkId, subject: finding.subject, params: finding.params },
  };

/** Guards are the repair's: those of this node, at this moment. */
export const repairChange = defineChange({
  kind: "repair",
  title: t("Repair", "修复"),
  about: t(
    "Mends one kind of trouble on every node that has it, the first node first.",
    "在所有出现同一问题的节点上执行修复，先从一个节点开始。",
  ),
  params: Params,
  on: "node",
  summary: ({ repairId }) => repairById(repairId)?.title ?? t(repairId, repairId),
  risk: ({ repairId }) => repairById(repairId)?.risk ?? "destructive",
  isReversible: ({ repairId }) => repairById(repairId)?.undo !== undefined,
  acts: "on-sick",
  plan: ({ repairId, checkId }, ctx) => {
    const repair = repairById(repairId);
    const context = contextOf(ctx);
    if (!repair) return { refused: t("The repair is not in the catalogue any more.", "该修复已不在目录中。") };
    if (!context || context.finding.checkId !== checkId)
      return { nothing: t("The node does not have this trouble.", "该节点没有此问题。"), isThere: false };
    const plan = repair.plan(context);
    if ("nothing" in plan) return { nothing: plan.nothing, isThere: true };
    const speaksAgainst = repair.guards(context).find((guard) => !guard.ok);
    if (speaksAgainst)
      return {
        refused: t(
          `${speaksAgainst.title.en}: ${speaksAgainst.detail}`,
          `${speaksAgainst.title.zh}：${speaksAgainst.detail}`,
        ),
      };
    return { plan };
  },
  revert: ({ repairId }, done, ctx) => {
    const context = contextOf(ctx);
    return (context && repairById(repairId)?.undo?.(context, done)) ?? [];
  },
  covers: ({ repairId }, action, direction) => {
    const repair = repairById(repairId);
    if (!repair || !isUsedBy(repairId, action, direction)) return false;
    const steps = [{ title: repair.title, action }];
    return direction === "revert" || planRisk(repair, { steps }) === repair.risk;
  },
  touchesModules: () => [],
  pathRan: () => null,
});

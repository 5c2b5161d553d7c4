// Change: what holds of a check – a version of one written at run time, or how far the product may go by itself – node by node, then for all. Rows of the
// console change and nothing on the nodes; how it is done and taken back: server/rollouts/centre-check.ts.
import { z } from "zod";
import { checkById } from "../checks/index.ts";
import { t } from "../checks/text.ts";
import type { Text } from "../protocol/text.ts";
import { defineChange } from "./define.ts";

/** As server/check-modes/schema.ts has them; a test compares the two. */
export const checkModes = ["observe", "suggest", "approve", "auto"] as const;
const modeWords: Record<(typeof checkModes)[number], Text> = {
  observe: t("observe", "仅观察"),
  suggest: t("suggest", "建议"),
  approve: t("approve", "待批准"),
  auto: t("auto", "自动"),
};
const VERSION_MAX = 500;

const Params = z
  .strictObject({
    check: z
      .string()
      .max(64)
      .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/),
    /** Of a check written at run time: its version that is to hold. */
    version: z.number().int().positive().max(VERSION_MAX).nullable().default(null),
    /** How far the product may go by itself for it. */
    checkMode: z.enum(checkModes).nullable().default(null),
  })
  .superRefine(({ check, version, checkMode }, ctx) => {
    if ((version === null) === (checkMode === null))
      ctx.addIssue({ code: "custom", path: ["version"], message: "name a version or a mode, one of them" });
    if (version !== null && checkById(check))
      ctx.addIssue({ code: "custom", path: ["version"], message: "a built-in check has no versions" });
  });
export type CheckChange = z.output<typeof Params>;

const titleOf = (checkId: string): Text => checkById(checkId)?.title ?? t(checkId, checkId);

export const checkChange = defineChange({
  kind: "check",
  title: t("Check", "检查项"),
  about: t(
    "Puts a version of your own check, or the mode of any check, to one node first; for all nodes once no wave spoke against it.",
    "让自定义检查项的某个版本（或任一检查项的模式）先在一个节点生效，各批次均无异常后再对全部节点生效。",
  ),
  params: Params,
  on: "centre",
  summary: ({ check, version, checkMode }) => {
    const { en, zh } = titleOf(check);
    return checkMode === null
      ? t(`${en}: version ${version}`, `${zh}：版本 ${version}`)
      : t(`${en}: mode ${modeWords[checkMode].en}`, `${zh}：模式“${modeWords[checkMode].zh}”`);
  },
  // With auto the product touches nodes by itself from then on; everything else only tells, or waits for a person.
  risk: ({ checkMode }) => (checkMode === "auto" ? "disruptive" : "safe"),
  isReversible: () => true,
  acts: "on-well",
  needs: [],
  plan: ({ checkMode }) => ({
    plan: {
      evidence: { sections: [] },
      steps: [],
      touches:
        checkMode === "auto"
          ? t(
              "The console's word on this check for the node; from then on its safe repair starts by itself there.",
              "仅修改控制台中该检查项对此节点的设定；此后该节点上的安全修复会自动开始。",
            )
          : t(
              "The console's word on this check for the node; the node itself is not asked.",
              "仅修改控制台中该检查项对此节点的设定，不触及节点。",
            ),
    },
  }),
  // No command: whoever applies it keeps what held before and puts it back.
  revert: () => [],
  covers: () => false,
  touchesModules: () => [],
  pathRan: () => null,
});

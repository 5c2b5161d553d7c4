// Change: a label of nodes, in the console's own rows. Selectors read it – grants, patrols, other rollouts –, hence it goes in waves like everything else.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { defineChange } from "./define.ts";

const Params = z.strictObject({
  /** As join tokens take them. Pool, zone and rack are no labels. */
  key: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/)
    .refine((key) => !["pool", "zone", "rack"].includes(key), "not a label"),
  /** Null takes it away. */
  value: z
    .string()
    .max(63)
    .regex(/^[^\p{Cc}]*$/u)
    .nullable(),
});
type Params = z.output<typeof Params>;
type Labels = Readonly<Record<string, string>>;

/** The labels afterwards. */
export function withLabel(labels: Labels, { key, value }: Params): Record<string, string> {
  const others = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== key));
  return value === null ? others : { ...others, [key]: value };
}

export const labelChange = defineChange({
  kind: "label",
  title: t("Label", "标签"),
  about: t(
    "Sets or takes away a label of nodes; rights and selections that name it change with it.",
    "设置或移除节点标签；引用该标签的权限与筛选会随之变化。",
  ),
  params: Params,
  on: "centre",
  summary: ({ key, value }) =>
    value === null ? t(`without label ${key}`, `移除标签 ${key}`) : t(`${key} = ${value}`, `${key} = ${value}`),
  // It may widen what people may do.
  risk: () => "disruptive",
  isReversible: () => true,
  acts: "on-well",
  needs: [],
  plan: (params, { node }) => {
    const { key, value } = params;
    if ((Object.hasOwn(node.labels, key) ? node.labels[key] : null) === value)
      return { nothing: t("The node has it already.", "该节点已是如此。"), isThere: true };
    return {
      plan: {
        evidence: { sections: [] },
        steps: [],
        touches: t(
          "The node's row in the console; the node itself is not asked.",
          "仅修改控制台中的记录，不触及节点。",
        ),
      },
    };
  },
  // No command: whoever applies it keeps the labels that were there and puts them back.
  revert: () => [],
  covers: () => false,
  touchesModules: () => [],
  pathRan: () => null,
});

// Change: one number of the kernel, the same on every node. Nodes remember what they had: the way back leads to that, node by node.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { canonicalJson } from "../protocol/canonical-json.ts";
import type { CommandAction } from "../protocol/commands.ts";
import { SETTABLE_SYSCTL, SYSCTL_NUMBERS, settingError } from "../protocol/sysctls.ts";
import { defineChange } from "./define.ts";

const Params = z
  .strictObject({
    key: z.string().max(128).regex(SETTABLE_SYSCTL, "not among the settings that may be changed"),
    /** Numbers apart by one blank. */
    value: z
      .string()
      .regex(SYSCTL_NUMBERS)
      .transform((value) => value.trim().replace(/\s+/g, " ")),
  })
  .superRefine(({ key, value }, ctx) => {
    const error = settingError(key, value);
    if (error !== null) ctx.addIssue({ code: "custom", path: ["value"], message: error });
  });
type Params = z.output<typeof Params>;

const put = ({ key, value }: Params): CommandAction => ({ type: "sysctl.put", params: { key, value } });
const restore = ({ key, value }: Params): CommandAction => ({
  type: "sysctl.restore",
  params: { key, putValue: value },
});

export const sysctlChange = defineChange({
  kind: "sysctl",
  title: t("Kernel setting", "内核参数"),
  about: t(
    "Sets one number of the running kernel; a file below /etc/sysctl.d keeps it over a boot.",
    "修改运行中内核的一个数值；若要重启后仍有效，请另写 /etc/sysctl.d 下的文件。",
  ),
  params: Params,
  on: "node",
  summary: ({ key, value }) => t(`${key} = ${value}`, `${key} = ${value}`),
  risk: () => "disruptive",
  isReversible: () => true,
  acts: "on-well",
  needs: ["sysctls"],
  plan: (params, { facts }) => {
    const { key, value } = params;
    const now = facts.sysctls?.data?.[key];
    if (now !== undefined && now.replace(/\s+/g, " ") === value)
      return { nothing: t(`${key} is ${value} already.`, `${key} 已经是 ${value}。`), isThere: true };
    const was = now === undefined ? t("its present value", "当前值") : t(now, now);
    return {
      plan: {
        evidence: { sections: ["pressure"] },
        steps: [
          {
            title: t(`Set ${key} from ${was.en} to ${value}`, `将 ${key} 从${was.zh}改为 ${value}`),
            action: put(params),
          },
        ],
        touches: t(
          `Only ${key}, until the next boot; no process is touched.`,
          `仅修改 ${key}，重启后失效；不影响任何进程。`,
        ),
      },
    };
  },
  revert: (params, done) =>
    done.some(({ result }) => result.changed)
      ? [
          {
            title: t(`Set ${params.key} back to what it was`, `将 ${params.key} 恢复为原值`),
            action: restore(params),
          },
        ]
      : [],
  covers: (params, action, direction) =>
    canonicalJson(action) === canonicalJson(direction === "apply" ? put(params) : restore(params)),
  touchesModules: () => [],
  pathRan: () => null,
});

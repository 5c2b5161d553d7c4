// Steps that set one kernel setting, and the way back from them.
import { t } from "../../checks/text.ts";
import type { DoneStep, RepairContext, Step } from "../define.ts";

/** Sets `key` when it still has the expected value. */
export const setSetting = (key: string, expected: string, value: string): Step => ({
  title: t(`Set ${key} from ${expected} to ${value}`, `将 ${key} 从 ${expected} 改为 ${value}`),
  action: { type: "sysctl.set", params: { key, expected, value } },
});

/** Sets back what was changed, last first. */
export const takeBack = (_ctx: RepairContext, done: readonly DoneStep[]): Step[] =>
  [...done].reverse().flatMap(({ step, result }) => {
    if (step.action.type !== "sysctl.set" || !result.changed) return [];
    const { key, expected, value } = step.action.params;
    return [setSetting(key, value, expected)];
  });

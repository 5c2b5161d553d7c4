// What repairs that raise one number of the kernel share: the step, and taking it back.
import { t } from "../../checks/text.ts";
import type { DoneStep, Guard, Step } from "../define.ts";

/** Sets a setting from the value that the facts show. */
export const setSysctl = (key: string, expected: number, value: number): Step => ({
  title: t(`Set ${key} from ${expected} to ${value}`, `将 ${key} 从 ${expected} 改为 ${value}`),
  action: { type: "sysctl.set", params: { key, expected: String(expected), value: String(value) } },
});

/** Sets back what was changed, last first. */
export const undoSysctls = (done: readonly DoneStep[]): Step[] =>
  [...done].reverse().flatMap(({ step, result }) => {
    if (step.action.type !== "sysctl.set" || !result.changed) return [];
    const { key, expected, value } = step.action.params;
    return [setSysctl(key, Number(value), Number(expected))];
  });

/** Doubles until `used` is below `wantedRatio` of the limit; null when `cap` is not enough for that. */
export function doubled(used: number, max: number, wantedRatio: number, cap: number): number | null {
  if (max <= 0) return null;
  let value = max;
  while (value < cap && (value === max || used >= value * wantedRatio)) value = Math.min(cap, value * 2);
  return value > max && used < value * wantedRatio ? value : null;
}

/** A higher limit that is enough was found. */
export const canRise = (key: string, now: number | null | undefined, value: number | null, why: string): Guard => ({
  id: "can-rise",
  title: t("A higher limit is possible and enough", "可以提高上限，且足以解决"),
  ok: value !== null,
  detail:
    value === null ? `${key} stays at ${now ?? "an unknown value"}: ${why}` : `${key} can go from ${now} to ${value}`,
});

/** One sentence for all of them. */
export const touchesOneLimit = t(
  "Raises one limit of the kernel until the next boot; no process is touched.",
  "提高一个内核上限，重启后失效；不影响任何进程。",
);

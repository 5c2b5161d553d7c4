// Policies: what is used where nobody says otherwise, and what none may be.
import type { Policy, Words } from "./types.ts";
import { isTimeZone, WINDOW_MIN, windowLength } from "./windows.ts";
import { words } from "./words.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export type PolicyFor = {
  risk: "safe" | "disruptive" | "destructive";
  /** Nodes that it is for. */
  count: number;
  lane: Policy["lane"];
  isReversible: boolean;
};

/** Shortest soak of each lane, ms. Editorial: the judge must look a few times, and most crash loops show within a minute. */
export const SOAK_MIN_MS = { normal: MINUTE, fast: 20 * SECOND } as const satisfies Record<Policy["lane"], number>;

/** Soak by risk, ms. Editorial; the order of an hour for destructive changes follows what is common for host agents' one-box stages. */
const SOAK_MS = { safe: 10 * MINUTE, disruptive: 30 * MINUTE, destructive: HOUR } as const;

/**
 * The policy where nobody says otherwise. First wave 1 node or 0.1 %, growth ×3 (×2 for destructive changes): a bad change that nobody notices at first has
 * touched a thousandth. maxErrors 1 %: more than single sick nodes. alpha 0.03 %: with it no more than one rollout in a thousand was halted for nothing in the
 * judge's simulation also on uneven fleets, where assumptions hold less well than on even ones (judge/README). The rest is editorial.
 */
export function defaultPolicy({ risk, count, lane, isReversible }: PolicyFor): Policy {
  const soakMs = lane === "fast" ? 3 * MINUTE : SOAK_MS[risk];
  return {
    version: 1,
    lane,
    first: 1,
    firstRatio: 0.001,
    growth: risk === "destructive" ? 2 : 3,
    waveMax: null,
    domain: "zone",
    soakMs,
    judgeEveryMs: 10 * SECOND,
    judgeSilentMs: MINUTE,
    applyTimeoutMs: 15 * MINUTE,
    maxErrors: Math.max(1, Math.ceil(count * 0.01)),
    maxInFlight: 500,
    rehearse: isReversible,
    onFail: isReversible ? "roll-back" : "halt",
    gates: risk === "destructive" && lane === "normal" ? [{ after: 0, kind: "manual" }] : [],
    windows: [],
    driftMaxRatio: 0.05,
    judge: {
      kind: "sequential",
      alpha: 0.0003,
      minExposureMs: soakMs,
      toleratedRatio: 1.5,
      atTimeLimit: risk === "destructive" ? "pause" : "pass",
      controlsMax: 200,
    },
  };
}

/** One run on one node: one wave; its own verification is all the soak there is, and nothing is taken back that nobody asked for. */
export const singlePolicy = (): Policy => ({
  ...defaultPolicy({ risk: "safe", count: 1, lane: "normal", isReversible: false }),
  soakMs: 0,
  applyTimeoutMs: HOUR,
  judge: {
    kind: "sequential",
    alpha: 0.0003,
    minExposureMs: 0,
    toleratedRatio: 1.5,
    atTimeLimit: "pause",
    controlsMax: 0,
  },
});

export type Problem = { path: string; text: Words };

/** What keeps a policy from being used; empty when it may be. @param isSingle one run on one node: it needs no soak */
export function validatePolicy(policy: Policy, { isSingle = false }: { isSingle?: boolean } = {}): Problem[] {
  return [
    ...sizeProblems(policy),
    ...timeProblems(policy, isSingle),
    ...judgeProblems(policy),
    ...windowProblems(policy),
  ];
}

const between = (value: number, min: number, max: number): boolean => value >= min && value <= max; // false for NaN

function range(path: string, value: number, min: number, max: number, what: Words, isInteger = false): Problem[] {
  if (between(value, min, max) && (!isInteger || Number.isInteger(value))) return [];
  return [
    {
      path,
      text: words(
        `${what.en} must lie between ${min} and ${max}; it is ${value}.`,
        `${what.zh}须在 ${min} 到 ${max} 之间，当前为 ${value}。`,
      ),
    },
  ];
}

function sizeProblems(policy: Policy): Problem[] {
  const growth: Problem[] =
    policy.growth > 1 && policy.growth <= 3
      ? []
      : [
          {
            path: "growth",
            text: words(
              "A wave may be at most 3 times the one before, and must be more than 1.",
              "每批最多为上一批的 3 倍，且须大于 1 倍。",
            ),
          },
        ];
  return [
    ...range("first", policy.first, 1, 100, words("The size of the first wave", "首批节点数"), true),
    ...range("firstRatio", policy.firstRatio, 0, 0.05, words("The share of the first wave", "首批占比")),
    ...growth,
    ...(policy.waveMax === null
      ? []
      : range("waveMax", policy.waveMax, 1, 1_000_000, words("The largest wave", "单批上限"), true)),
    ...range("maxErrors", policy.maxErrors, 1, 100_000, words("The errors allowed", "允许的失败数"), true),
    ...range("maxInFlight", policy.maxInFlight, 1, 100_000, words("Nodes under way at once", "同时处理的节点数"), true),
    ...range(
      "driftMaxRatio",
      policy.driftMaxRatio,
      0,
      0.05,
      words("The drift before the start", "启动前允许的目标偏差"),
    ),
  ];
}

/** Looks that a soak must have room for: to see anything twice, and for a comparison of two samples to tell anything (judge/README.md). */
const LOOKS_MIN = { sequential: 2, kayenta: 20 };

function timeProblems(policy: Policy, isSingle: boolean): Problem[] {
  const looks = policy.judge.kind === "kayenta" ? LOOKS_MIN.kayenta : LOOKS_MIN.sequential;
  const least = isSingle ? 0 : Math.max(SOAK_MIN_MS[policy.lane], looks * policy.judgeEveryMs);
  return [
    ...range("soakMs", policy.soakMs, least, 7 * 24 * HOUR, words("The soak (ms)", "观察时间（毫秒）")),
    ...range(
      "judgeEveryMs",
      policy.judgeEveryMs,
      SECOND,
      10 * MINUTE,
      words("The judge's period (ms)", "评判周期（毫秒）"),
    ),
    ...range(
      "judgeSilentMs",
      policy.judgeSilentMs,
      2 * policy.judgeEveryMs,
      HOUR,
      words("How long the judge may be silent (ms)", "评判器允许无结论的时间（毫秒）"),
    ),
    ...range(
      "applyTimeoutMs",
      policy.applyTimeoutMs,
      SECOND,
      24 * HOUR,
      words("The time for one node (ms)", "单节点时限（毫秒）"),
    ),
  ];
}

function judgeProblems({ judge }: Policy): Problem[] {
  const alpha: Problem[] =
    judge.alpha > 0 && judge.alpha <= 0.01
      ? []
      : [
          {
            path: "judge.alpha",
            text: words("False alarms allowed: more than 0 and at most 1 %.", "允许的误报率须大于 0 且不超过 1 %。"),
          },
        ];
  return [
    ...alpha,
    ...range(
      "judge.minExposureMs",
      judge.minExposureMs,
      0,
      365 * 24 * HOUR,
      words("The least exposure (ms)", "最低累计观察时间（毫秒）"),
    ),
    ...range("judge.toleratedRatio", judge.toleratedRatio, 1, 100, words("The tolerated ratio", "可容忍的比率")),
    ...range("judge.controlsMax", judge.controlsMax, 0, 2_000, words("The number of controls", "对照节点数"), true),
  ];
}

function windowProblems({ windows, gates }: Policy): Problem[] {
  const problems: Problem[] = [];
  windows.forEach((window, i) => {
    const path = `windows.${i}`;
    const isDay = (day: number) => Number.isInteger(day) && between(day, 0, 6);
    if (window.days.length === 0 || !window.days.every(isDay))
      problems.push({
        path,
        text: words("A window needs at least one day of the week.", "维护窗口至少需要选择一天。"),
      });
    if (!between(window.from, 0, 1_439) || !between(window.to, 0, 1_440) || windowLength(window) < WINDOW_MIN)
      problems.push({
        path,
        text: words(`A window is at least ${WINDOW_MIN} minutes long.`, `维护窗口至少 ${WINDOW_MIN} 分钟。`),
      });
    if (!isTimeZone(window.timeZone))
      problems.push({
        path,
        text: words(`There is no time zone "${window.timeZone}".`, `没有名为“${window.timeZone}”的时区。`),
      });
  });
  gates.forEach(({ after }, i) => {
    if (after !== "each" && !(Number.isInteger(after) && after >= 0))
      problems.push({ path: `gates.${i}`, text: words("A gate stands after a wave.", "关卡须位于某一批之后。") });
  });
  return problems;
}

// The one look of the window judge: every signal classified by Mann and Whitney, one weighted score, pass, pause or fail. Gathered by window.ts.
import type { SignalVerdict, Verdict, VerdictKind, Words } from "../sequential/types.ts";
import { type Classification, classifyMannWhitney, JUDGE_CONFIDENCE, JUDGE_TOLERANCE } from "./classify.ts";
import { mean } from "./numbers.ts";
import { type Score, scoreVerdict, weightedScore } from "./score.ts";
import type { WindowPolicy, WindowSignal, WindowState } from "./window.ts";

/** The sequential judge's verdict, and the score. e-values are 1 throughout: this judge has none. `threshold` is the score to pass. */
export type WindowVerdict = Verdict & {
  /** Null before the points are complete. */
  score: Score | null;
};

type Judged = { signal: WindowSignal; found: Classification };
type Say = (
  kind: VerdictKind,
  rule: Verdict["decided"]["rule"],
  reason: Words,
  signal?: string | null,
) => WindowVerdict;

const span = (ms: number) => (ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`);

/**
 * The verdict at `now`: "wait" until every signal has its points, then always the same. Missing or old data is never a pass, and never a fail.
 */
export function windowVerdict(state: WindowState, policy: WindowPolicy, now: number): WindowVerdict {
  const judged = policy.signals.map((signal) => ({ signal, found: classified(signal, state) }));
  const signals = judged.map((one) => figures(one, state, policy));
  const say: Say = (verdict, rule, reason, signal = null) => {
    const { exposureMs, pathRan, looks } = state;
    const decided = { rule, logE: 0, eValue: 1, threshold: policy.pass, exposureMs, pathRan, looks, signal };
    return { verdict, reason, signals, decided, score: null };
  };
  if (state.hard) {
    const { what, node, id } = state.hard;
    const en = `Halted: ${what.en} on canary ${node}, which was well before the change`;
    return say("fail", "hard-signal", { en, zh: `已停止：变更前正常的金丝雀节点 ${node} 出现 ${what.zh}` }, id);
  }
  return dataVerdict(state, policy, now, say) ?? pointsVerdict(state, policy, now, say) ?? scored(judged, policy, say);
}

/** null: data is there, fresh and complete. */
function dataVerdict(state: WindowState, policy: WindowPolicy, now: number, say: Say): WindowVerdict | null {
  const { lastAt, startedAt, shared, stale, expected } = state;
  if (shared)
    return say("inconclusive", "shared-cause", {
      en: `${shared.what.en} on canary ${shared.node} and on controls of its domain ${shared.domain}: nothing can be told`,
      zh: `金丝雀节点 ${shared.node} 与同一故障域 ${shared.domain} 的对照节点同时出现 ${shared.what.zh}：无法判断`,
    });
  if (lastAt === null || startedAt === null)
    return say("inconclusive", "no-data", { en: "No data from the canaries yet", zh: "尚无金丝雀节点的数据" });
  if (now - lastAt > policy.staleMs)
    return say("inconclusive", "stale", {
      en: `The last look is ${span(now - lastAt)} old, allowed are ${span(policy.staleMs)}`,
      zh: `最近一次观察已过 ${span(now - lastAt)}，上限为 ${span(policy.staleMs)}`,
    });
  if (state.incompleteSince === null) return null;
  const isLong = now - state.incompleteSince > policy.staleMs || now - startedAt >= policy.timeLimitMs;
  const fresh = { canary: expected.canary - stale.canary, control: expected.control - stale.control };
  return say(isLong ? "inconclusive" : "wait", "incomplete", {
    en: `Fresh data from ${fresh.canary} of ${expected.canary} canaries and ${fresh.control} of ${expected.control} controls`,
    zh: `仅 ${expected.canary} 个金丝雀节点中的 ${fresh.canary} 个、${expected.control} 个对照节点中的 ${fresh.control} 个有新数据`,
  });
}

/** null: every signal has its points, the exposure is reached and the changed path was seen. */
function pointsVerdict(state: WindowState, policy: WindowPolicy, now: number, say: Say): WindowVerdict | null {
  const isOver = now - (state.startedAt ?? now) >= policy.timeLimitMs;
  const open: VerdictKind = isOver ? "inconclusive" : "wait";
  if (policy.signals.length === 0)
    return say("inconclusive", "no-data", { en: "The policy watches no signal", zh: "策略没有观察任何信号" });
  const counts = policy.signals.map(({ id }) => ({ id, n: state.points[id]?.canary.length ?? 0 }));
  const least = counts.reduce((a, b) => (b.n < a.n ? b : a));
  if (least.n < policy.points)
    return say(
      open,
      isOver ? "too-little" : "soaking",
      {
        en: `${least.n} of ${policy.points} points of ${least.id}`,
        zh: `${least.id} 已有 ${least.n}/${policy.points} 个数据点`,
      },
      least.id,
    );
  if (state.exposureMs < policy.minExposureMs)
    return say(open, "too-little", {
      en: `${span(state.exposureMs)} of canary time watched, ${span(policy.minExposureMs)} are needed`,
      zh: `金丝雀观察时长 ${span(state.exposureMs)}，需要 ${span(policy.minExposureMs)}`,
    });
  if (state.pathRan >= policy.minPathRan) return null;
  return say(open, "path-not-seen", {
    en: `The changed path was seen to run on ${state.pathRan} canaries, ${policy.minPathRan} are needed`,
    zh: `仅在 ${state.pathRan} 个金丝雀节点上看到变更路径被执行，需要 ${policy.minPathRan} 个`,
  });
}

function classified(signal: WindowSignal, state: WindowState): Classification {
  const points = state.points[signal.id] ?? { canary: [], control: [] };
  const allowed = signal.allowedIncrease ?? (signal.measure === "cles" ? 0.5 : 1);
  return classifyMannWhitney(
    { baseline: points.control, canary: points.canary },
    {
      direction: "Increase",
      isCritical: signal.isCritical,
      tolerance: JUDGE_TOLERANCE,
      confidence: JUDGE_CONFIDENCE,
      measure: signal.measure,
      effectThresholds: [allowed, allowed],
      criticalThresholds: [allowed, allowed],
    },
  );
}

/** What could not be classified pauses: a judge that broke down has not passed anything. */
function scored(judged: readonly Judged[], policy: WindowPolicy, say: Say): WindowVerdict {
  const broken = judged.find(({ found }) => found.label === "Error" || found.label === "Nodata");
  if (broken) {
    const { id } = broken.signal;
    return say("inconclusive", "no-data", { en: `${id} could not be judged`, zh: `无法判断 ${id}` }, id);
  }
  const score = weightedScore(
    judged.map(({ signal, found }) => ({
      label: found.label,
      isCritical: found.isCritical,
      groups: signal.groups ?? [signal.id],
    })),
    policy.groupWeights ?? {},
  );
  const kind = ({ pass: "pass", marginal: "inconclusive", fail: "fail" } as const)[scoreVerdict(score.summary, policy)];
  const worse = judged.filter(({ found }) => found.label !== "Pass");
  const gravest = worse.find(({ found }) => found.isCritical) ?? worse[0];
  return { ...say(kind, "score", scoreWords(kind, score, worse, policy), gravest?.signal.id ?? null), score };
}

function scoreWords(kind: VerdictKind, score: Score, worse: readonly Judged[], policy: WindowPolicy): Words {
  const ids = worse.map(({ signal }) => signal.id).join(", ");
  const limit = `${policy.pass}/${policy.marginal}`;
  const en = { pass: "Passed", fail: "Halted", inconclusive: "A person decides", wait: "" }[kind];
  const zh = { pass: "通过", fail: "已停止", inconclusive: "请人工决定", wait: "" }[kind];
  return {
    en: `${en}: score ${score.summary} of 100 (pass/marginal ${limit})${ids ? `; worse: ${ids}` : ""}`,
    zh: `${zh}：得分 ${score.summary}/100（通过/临界 ${limit}）${ids ? `；变差：${ids}` : ""}`,
  };
}

/** Interval and effect as ratios to the controls' mean, where there is one. */
function figures({ signal, found }: Judged, state: WindowState, policy: WindowPolicy): SignalVerdict {
  const { id, kind, measure } = signal;
  const points = state.points[id] ?? { canary: [], control: [] };
  const nodes = state.nodes[id] ?? { canary: 0, control: 0 };
  const level = mean(points.control);
  const ratio = (shift: number) => 1 + shift / level;
  const hasRatio = found.shift !== null && level > 0;
  return {
    id,
    kind,
    canary: { events: 0, exposure: points.canary.length, nodes: nodes.canary },
    control: { events: 0, exposure: points.control.length, nodes: nodes.control },
    eValue: 1,
    logE: 0,
    bound: found.shift && hasRatio ? { low: ratio(found.shift.low), high: ratio(found.shift.high) } : null,
    effect: points.canary.length > 0 && level > 0 ? mean(points.canary) / level : null,
    tolerated: signal.allowedIncrease ?? (measure === "cles" ? 0.5 : 1),
    threshold: policy.pass,
    isWorse: found.label === "High",
  };
}

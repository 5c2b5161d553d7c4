// `verdict(state, policy, now)`: may the change go on? No data, old data and unseen paths are never a pass.
import { judgeSignals } from "./signals.ts";
import type { JudgeState, SequentialPolicy, SignalVerdict, Verdict, VerdictKind, Words } from "./types.ts";

type Rule = Verdict["decided"]["rule"];
const number = (value: number) => {
  if (value >= 1e6) return value.toExponential(1);
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3).replace(/\.?0+$/, "");
};
const span = (ms: number) => (ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`);
const percent = (value: number) => `${value >= 0 ? "+" : ""}${(value * 100).toFixed(1)} %`;

function alarmWords(signal: SignalVerdict | undefined, logE: number, threshold: number): Words {
  const e = `e = ${number(Math.exp(Math.min(logE, 700)))} ≥ ${number(threshold)}`;
  if (!signal)
    return { en: `Halted: the canaries are worse than the controls; ${e}`, zh: `已停止：金丝雀节点比对照节点差；${e}` };
  const { id, canary, control, effect, kind } = signal;
  if (kind === "gauge" || kind === "level") {
    const shift = percent(effect ?? 0);
    const [perEn, perZh] = kind === "gauge" ? [" an hour", "每小时"] : ["", ""];
    return {
      en: `Halted: ${id} ${shift}${perEn} on ${canary.nodes} canary nodes against ${control.nodes} controls; ${e}`,
      zh: `已停止：与 ${control.nodes} 个对照节点相比，${canary.nodes} 个金丝雀节点的 ${id} ${perZh}${shift}；${e}`,
    };
  }
  return {
    en: `Halted: ${id} ${canary.events} on ${canary.nodes} canary nodes, ${control.events} on ${control.nodes} controls; ${e}`,
    zh: `已停止：${id} 在 ${canary.nodes} 个金丝雀节点上 ${canary.events} 次，在 ${control.nodes} 个对照节点上 ${control.events} 次；${e}`,
  };
}

/**
 * The verdict at `now`. Order: hard signals, alarm (once raised it stays), data, exposure and path, proof of harmlessness, end of the soak.
 * "wait" means: go on soaking. "inconclusive" means: pause for a person.
 */
export function verdict(state: JudgeState, policy: SequentialPolicy, now: number): Verdict {
  const judged = judgeSignals(state, policy);
  const threshold = 1 / policy.alpha;
  const say = (kind: VerdictKind, rule: Rule, reason: Words, signal: string | null = null): Verdict => {
    const logE = state.alarm?.logE ?? judged.logE;
    const eValue = Math.exp(Math.min(logE, 700));
    const { exposureMs, pathRan, looks } = state;
    const decided = { rule, logE, eValue, threshold, exposureMs, pathRan, looks, signal };
    return { verdict: kind, reason, signals: judged.signals, decided };
  };
  if (state.hard) {
    const { what, node, id } = state.hard;
    return say(
      "fail",
      "hard-signal",
      {
        en: `Halted: ${what.en} on canary ${node}, which was well before the change`,
        zh: `已停止：变更前正常的金丝雀节点 ${node} 出现 ${what.zh}`,
      },
      id,
    );
  }
  if (state.alarm) {
    const id = state.alarm.signals[0] ?? null;
    return say(
      "fail",
      "e-value",
      alarmWords(
        judged.signals.find((one) => one.id === id),
        state.alarm.logE,
        threshold,
      ),
      id,
    );
  }
  return dataVerdict(state, policy, now, say) ?? harmVerdict(state, policy, { now, say, signals: judged.signals });
}

type Say = (kind: VerdictKind, rule: Rule, reason: Words, signal?: string | null) => Verdict;

/** null: data is there, fresh and complete. */
function dataVerdict(state: JudgeState, policy: SequentialPolicy, now: number, say: Say): Verdict | null {
  const { lastAt, startedAt, looks, shared, stale, expected } = state;
  if (shared)
    return say("inconclusive", "shared-cause", {
      en: `${shared.what.en} on canary ${shared.node} and on controls of its domain ${shared.domain}: not of the change, and nothing can be told`,
      zh: `金丝雀节点 ${shared.node} 与同一故障域 ${shared.domain} 的对照节点同时出现 ${shared.what.zh}：并非变更所致，无法判断`,
    });
  if (looks === 0 || lastAt === null || startedAt === null)
    return say("inconclusive", "no-data", { en: "No data from the canaries yet", zh: "尚无金丝雀节点的数据" });
  if (now - lastAt > policy.staleMs)
    return say("inconclusive", "stale", {
      en: `The last look is ${span(now - lastAt)} old, allowed are ${span(policy.staleMs)}`,
      zh: `最近一次观察已过 ${span(now - lastAt)}，上限为 ${span(policy.staleMs)}`,
    });
  if (state.incompleteSince !== null) {
    const fresh = (arm: "canary" | "control") => expected[arm] - stale[arm];
    const reason = {
      en: `Fresh data from ${fresh("canary")} of ${expected.canary} canaries and ${fresh("control")} of ${expected.control} controls`,
      zh: `仅 ${expected.canary} 个金丝雀节点中的 ${fresh("canary")} 个、${expected.control} 个对照节点中的 ${fresh("control")} 个有新数据`,
    };
    const isLong = now - state.incompleteSince > policy.staleMs || now - startedAt >= policy.timeLimitMs;
    return say(isLong ? "inconclusive" : "wait", "incomplete", reason);
  }
  return null;
}

type Context = { now: number; say: Say; signals: readonly SignalVerdict[] };

/** null: enough was watched, in both arms, and what it showed can be told from other causes. @param open what it is while it is not */
function proofVerdict(state: JudgeState, policy: SequentialPolicy, open: VerdictKind, say: Say): Verdict | null {
  if (state.exposureMs < policy.minExposureMs)
    return say(open, "too-little", {
      en: `${span(state.exposureMs)} of canary time watched, ${span(policy.minExposureMs)} are needed`,
      zh: `金丝雀观察时长 ${span(state.exposureMs)}，需要 ${span(policy.minExposureMs)}`,
    });
  if (state.pathRan < policy.minPathRan)
    return say(open, "path-not-seen", {
      en: `The changed path was seen to run on ${state.pathRan} canaries, ${policy.minPathRan} are needed`,
      zh: `仅在 ${state.pathRan} 个金丝雀节点上看到变更路径被执行，需要 ${policy.minPathRan} 个`,
    });
  const unread = policy.signals.find(({ id }) => {
    const one = state.signals[id];
    return !one || one.nodeWindows.canary === 0 || one.nodeWindows.control === 0;
  });
  if (unread)
    return say(
      open,
      "no-data",
      { en: `No reading of ${unread.id} from both arms`, zh: `两组节点都没有 ${unread.id} 的完整读数` },
      unread.id,
    );
  const unclear = policy.signals.find(({ id }) => (state.signals[id]?.unclear ?? 0) > 0);
  if (!unclear) return null;
  const looks = state.signals[unclear.id]?.unclear ?? 0;
  return say(
    open,
    "shared-cause",
    {
      en: `${unclear.id} on canaries of one domain together in ${looks} looks, and no control stands there: the change or the domain, nobody can tell`,
      zh: `${looks} 次观察中，同一故障域的金丝雀节点同时出现 ${unclear.id}，而该域没有对照节点：无法区分是变更还是故障域所致`,
    },
    unclear.id,
  );
}

function harmVerdict(state: JudgeState, policy: SequentialPolicy, { now, say, signals }: Context): Verdict {
  const soakedMs = now - (state.startedAt ?? now);
  const isOver = soakedMs >= policy.timeLimitMs;
  const unproven = proofVerdict(state, policy, isOver ? "inconclusive" : "wait", say);
  if (unproven) return unproven;
  const worst = signals.reduce<SignalVerdict | null>((a, b) => (a && highOf(a) >= highOf(b) ? a : b), null);
  if (worst && signals.every(isHarmless))
    return say(
      "pass",
      "bound",
      {
        en: `Passed: harm is at most ×${number(highOf(worst))} (${worst.id}), tolerated are ×${number(policy.toleratedRatio)}`,
        zh: `通过：危害至多 ×${number(highOf(worst))}（${worst.id}），容许 ×${number(policy.toleratedRatio)}`,
      },
      worst.id,
    );
  const words =
    worst && worst.bound?.high != null
      ? { en: `at most ×${number(worst.bound.high)}`, zh: `至多 ×${number(worst.bound.high)}` }
      : { en: "not bounded", zh: "无上界" };
  if (!isOver)
    return say("wait", "soaking", {
      en: `Soaking for ${span(soakedMs)}: no alarm, harm ${words.en}`,
      zh: `已观察 ${span(soakedMs)}：无告警，危害${words.zh}`,
    });
  const isPass = policy.atTimeLimit === "pass";
  return say(isPass ? "pass" : "inconclusive", "time-limit", {
    en: `${isPass ? "Passed: n" : "N"}o alarm in ${span(soakedMs)} and ${state.looks} looks, harm ${words.en}${isPass ? "; the policy lets it go on" : "; a person decides"}`,
    zh: `${isPass ? "通过：" : ""}${span(soakedMs)}、${state.looks} 次观察内无告警，危害${words.zh}${isPass ? "；按策略继续" : "；请人工决定"}`,
  });
}

const highOf = ({ bound }: SignalVerdict) => (bound ? (bound.high ?? Infinity) : 0);
const isHarmless = (one: SignalVerdict) =>
  one.bound
    ? one.bound.high !== null && one.bound.high <= one.tolerated
    : (one.effect ?? 0) <= one.tolerated && one.logE <= 0;

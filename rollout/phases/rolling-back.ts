// Phase "rolling-back": changed nodes go back, newest wave first, at the same bound in flight as on the way forth. Neither windows nor gates hold it up.
import { errorBound, totals } from "../counts.ts";
import type { Policy, State, Stepped, WaveState, Words } from "../types.ts";
import { nodesEn, words } from "../words.ts";

const isOpenWave = ({ counts }: WaveState): boolean =>
  counts.applying + counts.applied + counts.failed + counts.reverting > 0;

/** Sends back what may go now, or ends when all is back. A way back that failed is told and not tried again. */
export function goBack(state: State, at: number, policy: Policy): Stepped {
  const index = state.waves.findLastIndex(isOpenWave);
  const wave = state.waves[index];
  if (!wave) return endBack(state, at);
  const { applying, applied, failed, reverting } = wave.counts;
  const inFlight = applying + reverting;
  const max = Math.min(applied + failed, Math.min(policy.maxInFlight, errorBound(policy, wave.size)) - inFlight);
  if (max <= 0) return { state, effects: [] };
  return { state, effects: [{ type: "revert", wave: index, max, only: null }] };
}

/** What the judge says ends without a stop. */
const sentence = ({ en, zh }: Words): Words =>
  words(en === "" || en.endsWith(".") ? en : `${en}.`, zh === "" || zh.endsWith("。") ? zh : `${zh}。`);

function endBack(state: State, at: number): Stepped {
  const { reverted, revertFailed } = totals(state);
  const because = sentence(state.why ?? words("", ""));
  const why =
    revertFailed > 0
      ? words(
          `${because.en} ${nodesEn(reverted)} taken back; on ${revertFailed} the way back failed: look at them.`.trim(),
          `${because.zh}已回退 ${reverted} 个节点；另有 ${revertFailed} 个回退失败，请逐一查看。`,
        )
      : words(`${because.en} ${nodesEn(reverted)} taken back.`.trim(), `${because.zh}已回退 ${reverted} 个节点。`);
  return {
    state: { ...state, phase: "rolled-back", stage: null, gate: null, resumesTo: null, endedAt: at, why },
    effects: [
      { type: "release", wave: "all" },
      { type: "tell", kind: "rolled-back", why },
    ],
  };
}

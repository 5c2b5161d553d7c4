// The life of one repair, decided purely: state, event, clock → state and effects. advance.ts turns rows into events and stores what comes out.
import type { Text } from "../../protocol/text.ts";
import { isOver, type RepairState } from "./schema.ts";

/** How a command ended. `expired`: the node did not confirm it while it was valid. `unsigned`: it never left the console. */
export type CommandEnd = "done" | "refused" | "failed" | "unknown" | "expired" | "unsigned";

/** Times in epoch ms of the console's clock. */
export type Run = {
  state: RepairState;
  /** Index of the step that runs (state `running`) or that ran last. */
  step: number;
  isCancelRequested: boolean;
  startedAt: number | null;
  verifyingAt: number | null;
  endedAt: number | null;
  /** Why it stands where it stands; set when it is over, and when verification began without knowing what the last step did. */
  outcome: Text | null;
};

export type Rules = {
  stepCount: number;
  settleMs: number;
  verifyWithinMs: number;
  /** False for undos: what they bring back is no check's business. */
  isVerified: boolean;
  /** It only looks: there is no evidence to save before its first step. */
  isLook?: boolean;
  /** An unknown outcome is settled by looking at the node, also where a known one needs no look. */
  isUnknownRead?: boolean;
  /** When a run that waits for approval stops waiting, epoch ms. */
  approveBy: number | null;
};

export type Event =
  /** Time passed. */
  | { type: "tick" }
  /** `by`: not a person asks for it but the freeze, or that the rights of who started it were taken away. */
  | { type: "cancel"; by?: "freeze" | "rights" }
  /** Enough signatures are there, the plan is still the same and the node is free. */
  | { type: "approved" }
  /** Enough signatures are there, but something passing keeps it from starting. */
  | { type: "held"; why: Text }
  /** Somebody said no, or the plan is not the one that was approved any more. */
  | { type: "rejected"; why: Text }
  /** The evidence is there or is not; `refusal` is the guard that holds no longer; `why` is the console's own word on an end before the node. */
  | { type: "evidence-ended"; end: CommandEnd; refusal: Text | null; why?: Text | null }
  | { type: "step-ended"; step: number; end: CommandEnd; message: string; why?: Text | null }
  /** The checks were asked on facts that are newer than the last step; `wrong` null when all is well. */
  | { type: "looked"; wrong: Text | null };

export type Effect =
  | { type: "dispatch-evidence" }
  | { type: "dispatch-step"; step: number }
  /** The verification may look now. */
  | { type: "look" }
  /** The finding is repaired. */
  | { type: "close-finding" };

export type Stepped = { run: Run; effects: Effect[] };

const text = (en: string, zh: string): Text => ({ en, zh });
const stay = (run: Run): Stepped => ({ run, effects: [] });
const end = (
  run: Run,
  state: "succeeded" | "failed" | "cancelled",
  now: number,
  outcome: Text,
  effects: Effect[] = [],
): Stepped => ({
  run: { ...run, state, endedAt: now, outcome },
  effects,
});

/** `why`: the console's own word, where it was not the clock. */
function notDelivered(what: Text, by: "expired" | "unsigned", why: Text | null | undefined): Text {
  if (by === "unsigned") {
    const because = why ?? text("the dispatcher did not sign it.", "调度器没有签发。");
    return text(`${what.en} never left the console: ${because.en}`, `${what.zh}未离开控制台：${because.zh}`);
  }
  if (why) return text(`${what.en} was not confirmed by the node: ${why.en}`, `${what.zh}未获节点确认：${why.zh}`);
  return text(
    `${what.en} was not delivered: the node did not confirm it before it expired.`,
    `${what.zh}未送达：节点在有效期内没有确认。`,
  );
}

/** The only way a repair changes. An event that does not fit the state – late, repeated, out of order – changes nothing. */
export function step(run: Run, event: Event, now: number, rules: Rules): Stepped {
  if (isOver(run.state)) return stay(run);
  switch (run.state) {
    case "awaiting":
      return awaiting(run, event, now, rules);
    case "queued":
      if (event.type === "cancel") return cancelled(run, now, 0, rules, event.by);
      if (event.type !== "tick") return stay(run);
      if (rules.isLook)
        return {
          run: { ...run, state: "running", step: 0, startedAt: now },
          effects: [{ type: "dispatch-step", step: 0 }],
        };
      return { run: { ...run, state: "capturing", startedAt: now }, effects: [{ type: "dispatch-evidence" }] };
    case "capturing":
      if (event.type === "cancel") return cancelled(run, now, 0, rules, event.by);
      return event.type === "evidence-ended" ? evidenceEnded(run, event, now, rules) : stay(run);
    case "running":
      if (event.type === "cancel") return stay(run.isCancelRequested ? run : { ...run, isCancelRequested: true });
      return event.type === "step-ended" && event.step === run.step ? stepEnded(run, event, now, rules) : stay(run);
    case "verifying":
      return verifying(run, event, now, rules);
    default:
      return stay(run);
  }
}

/** Waits for signatures, or for somebody who may run repairs; it holds nothing up meanwhile. */
function awaiting(run: Run, event: Event, now: number, rules: Rules): Stepped {
  if (event.type === "cancel") return cancelled(run, now, 0, rules, event.by);
  if (event.type === "rejected") return end(run, "cancelled", now, event.why);
  if (now >= (rules.approveBy ?? 0))
    return end(run, "cancelled", now, text("Nobody approved it in time.", "没有人在期限内批准。"));
  if (event.type === "approved") return stay({ ...run, state: "queued", outcome: null });
  return stay(event.type === "held" && run.outcome?.en !== event.why.en ? { ...run, outcome: event.why } : run);
}

function evidenceEnded(run: Run, event: Event & { type: "evidence-ended" }, now: number, rules: Rules): Stepped {
  // A capture that failed is noted with its command and stops nothing; one that never arrived says that no step would either.
  if (event.end === "expired" || event.end === "unsigned")
    return end(run, "failed", now, notDelivered(text("The capture of evidence", "证据采集"), event.end, event.why));
  if (event.refusal) return end(run, "failed", now, event.refusal);
  if (rules.stepCount === 0) return beginVerifying(run, now, rules, null);
  return { run: { ...run, state: "running", step: 0 }, effects: [{ type: "dispatch-step", step: 0 }] };
}

function stepEnded(run: Run, event: Event & { type: "step-ended" }, now: number, rules: Rules): Stepped {
  const name = text(`Step ${run.step + 1} of ${rules.stepCount}`, `第 ${run.step + 1}/${rules.stepCount} 步`);
  switch (event.end) {
    case "expired":
    case "unsigned":
      return end(run, "failed", now, notDelivered(name, event.end, event.why));
    case "refused":
      return end(
        run,
        "failed",
        now,
        text(`${name.en} was refused by the node: ${event.message}`, `${name.zh}被节点拒绝：${event.message}`),
      );
    case "failed":
      return end(run, "failed", now, text(`${name.en} failed: ${event.message}`, `${name.zh}失败：${event.message}`));
    case "unknown":
      // It may have been carried out: it is never run again, the checks say whether the node is well.
      return beginVerifying(
        run,
        now,
        rules,
        text(
          `It is not known whether ${name.en.toLowerCase()} was carried out; the checks decide.`,
          `无法确定${name.zh}是否已执行，由检查结果判定。`,
        ),
      );
    case "done": {
      const next = run.step + 1;
      if (next >= rules.stepCount) return beginVerifying(run, now, rules, null);
      if (run.isCancelRequested) return cancelled(run, now, next, rules);
      return { run: { ...run, step: next }, effects: [{ type: "dispatch-step", step: next }] };
    }
  }
}

function beginVerifying(run: Run, now: number, rules: Rules, outcome: Text | null): Stepped {
  if (rules.isVerified || (outcome && rules.isUnknownRead))
    return stay({ ...run, state: "verifying", verifyingAt: now, outcome });
  if (outcome) return end(run, "failed", now, outcome);
  return end(run, "succeeded", now, text("All steps were carried out.", "所有步骤均已执行。"));
}

function verifying(run: Run, event: Event, now: number, rules: Rules): Stepped {
  const passed = now - (run.verifyingAt ?? now);
  if (passed < rules.settleMs) return stay(run);
  if (event.type === "tick") return { run, effects: [{ type: "look" }] };
  if (event.type !== "looked") return stay(run);
  if (event.wrong === null) {
    return end(
      run,
      "succeeded",
      now,
      text(
        "Verified: the checks are green on facts newer than the last step.",
        "已验证：依据最后一步之后的新数据，检查全部通过。",
      ),
      [{ type: "close-finding" }],
    );
  }
  if (passed < rules.verifyWithinMs) return stay(run);
  const seconds = Math.round(rules.verifyWithinMs / 1_000);
  return end(
    run,
    "failed",
    now,
    text(`Not verified within ${seconds} s: ${event.wrong.en}`, `${seconds} 秒内未通过验证：${event.wrong.zh}`),
  );
}

const cancelWords = {
  person: text("Cancelled", "已取消"),
  freeze: text("Stopped by the freeze", "因冻结而停止"),
  rights: text("Cancelled, because who asked for it may not do so any more,", "因发起人已无此权限而取消"),
};

function cancelled(run: Run, now: number, stepsDone: number, { stepCount }: Rules, by?: "freeze" | "rights"): Stepped {
  const who = cancelWords[by ?? "person"];
  return end(
    run,
    "cancelled",
    now,
    stepsDone === 0
      ? text(`${who.en} before anything was touched.`, `${who.zh}，未改动任何内容。`)
      : text(
          `${who.en} after ${stepsDone} of ${stepCount} steps.`,
          `${who.zh}，此前已执行 ${stepsDone}/${stepCount} 步。`,
        ),
  );
}

/** Whether asking to cancel can still have an effect. */
export function canCancel(run: Pick<Run, "state" | "step" | "isCancelRequested">, stepCount: number): boolean {
  if (run.isCancelRequested) return false;
  if (run.state === "awaiting") return true;
  return run.state === "queued" || run.state === "capturing" || (run.state === "running" && run.step + 1 < stepCount);
}

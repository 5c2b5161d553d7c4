// The life of one repair, decided purely: state, event, clock → state and effects. advance.ts turns rows into events and stores what comes out.
import type { Text } from "../../protocol/text.ts";
import { isOver, type RepairState } from "./schema.ts";

/** How a command ended. `expired`: the node did not confirm it while it was valid. */
export type CommandEnd = "done" | "refused" | "failed" | "unknown" | "expired";

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
  verifyWithinMs: number /** False for undos: what they bring back is no check's business. */;
  isVerified: boolean;
};

export type Event =
  /** Time passed. */
  | { type: "tick" }
  | { type: "cancel" }
  /** The evidence is there or is not; `refusal` is the guard that holds no longer. */
  | { type: "evidence-ended"; end: CommandEnd; refusal: Text | null }
  | { type: "step-ended"; step: number; end: CommandEnd; message: string }
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

const notDelivered = (what: Text): Text =>
  text(
    `${what.en} was not delivered: the node did not confirm it before it expired.`,
    `${what.zh}未送达：节点在有效期内没有确认。`,
  );

/** The only way a repair changes. An event that does not fit the state – late, repeated, out of order – changes nothing. */
export function step(run: Run, event: Event, now: number, rules: Rules): Stepped {
  if (isOver(run.state)) return stay(run);
  switch (run.state) {
    case "queued":
      if (event.type === "cancel") return cancelled(run, now, 0, rules);
      if (event.type !== "tick") return stay(run);
      return { run: { ...run, state: "capturing", startedAt: now }, effects: [{ type: "dispatch-evidence" }] };
    case "capturing":
      if (event.type === "cancel") return cancelled(run, now, 0, rules);
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

function evidenceEnded(run: Run, event: Event & { type: "evidence-ended" }, now: number, rules: Rules): Stepped {
  // A capture that failed is noted with its command and stops nothing; one that never arrived says that no step would either.
  if (event.end === "expired")
    return end(run, "failed", now, notDelivered(text("The capture of evidence", "证据采集")));
  if (event.refusal) return end(run, "failed", now, event.refusal);
  if (rules.stepCount === 0) return beginVerifying(run, now, rules, null);
  return { run: { ...run, state: "running", step: 0 }, effects: [{ type: "dispatch-step", step: 0 }] };
}

function stepEnded(run: Run, event: Event & { type: "step-ended" }, now: number, rules: Rules): Stepped {
  const name = text(`Step ${run.step + 1} of ${rules.stepCount}`, `第 ${run.step + 1}/${rules.stepCount} 步`);
  switch (event.end) {
    case "expired":
      return end(run, "failed", now, notDelivered(name));
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
  if (rules.isVerified) return stay({ ...run, state: "verifying", verifyingAt: now, outcome });
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

function cancelled(run: Run, now: number, stepsDone: number, { stepCount }: Rules): Stepped {
  return end(
    run,
    "cancelled",
    now,
    stepsDone === 0
      ? text("Cancelled before anything was touched.", "已取消，未改动任何内容。")
      : text(`Cancelled after ${stepsDone} of ${stepCount} steps.`, `已在执行 ${stepsDone}/${stepCount} 步后取消。`),
  );
}

/** Whether asking to cancel can still have an effect. */
export function canCancel(run: Pick<Run, "state" | "step" | "isCancelRequested">, stepCount: number): boolean {
  if (run.isCancelRequested) return false;
  return run.state === "queued" || run.state === "capturing" || (run.state === "running" && run.step + 1 < stepCount);
}

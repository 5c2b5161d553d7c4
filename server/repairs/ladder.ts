// The ladder of a finding: which repair comes next by itself, when, and when it is a person's turn. Pure; least risk first, each step with a budget.
import type { Text } from "../../protocol/text.ts";
import type { RepairDefinition, Risk } from "../../repairs/define.ts";
import type { Mode } from "../check-modes/schema.ts";
import { type Hold, isOver, type LadderState, type RepairState } from "./schema.ts";
import { repairTitle } from "./title.ts";

/** Attempts of one repair for one finding, and of all repairs together, within WINDOW_MS. Editorial: what did not help twice will not help. */
export const ATTEMPTS_PER_REPAIR = 2;
export const ATTEMPTS_MAX = 3;
export const WINDOW_MS = 24 * 3_600_000;
/** Rest after an attempt, ms; each further one within the window doubles it. */
export const COOLDOWN_MS = 10 * 60_000;
/** What nobody released, or what somebody said no to, before or after it began, is not begun again by itself for this long, ms. */
const DECLINED_MS = 24 * 3_600_000;

/** A run for the same check and subject on the same node; undos are none. */
export type Attempt = {
  repairId: string;
  state: RepairState;
  origin: string;
  /** It began a step on the node, however it ended. */
  hasTouched: boolean;
  /** A person asked for its cancellation, or said no to it, or nobody released it in time. */
  isDeclined: boolean;
  createdAt: Date;
  endedAt: Date | null;
};

const rank: Record<Risk, number> = { safe: 0, disruptive: 1, destructive: 2 };

/** Repairs as the ladder climbs them: least risk first, else as the check names them. */
export const climb = (repairs: readonly RepairDefinition[]): RepairDefinition[] =>
  [...repairs].sort((a, b) => rank[a.risk] - rank[b.risk]);

const text = (en: string, zh: string): Text => ({ en, zh });

/** The repairs that have attempts left, in order. */
export function stepsLeft(
  repairs: readonly RepairDefinition[],
  attempts: readonly Attempt[],
  now: number,
): RepairDefinition[] {
  const lately = countable(attempts, now);
  if (lately.length >= ATTEMPTS_MAX) return [];
  return climb(repairs).filter(
    ({ id }) => lately.filter(({ repairId }) => repairId === id).length < ATTEMPTS_PER_REPAIR,
  );
}

/** Attempts that reached the node, whoever made them: what a person tried in vain is not tried again by itself. */
const countable = (attempts: readonly Attempt[], now: number): Attempt[] =>
  attempts.filter(
    ({ state, hasTouched, createdAt }) =>
      (hasTouched || state === "succeeded") && now - createdAt.getTime() < WINDOW_MS,
  );

/** Runs that the product made by itself. */
const isOwn = ({ origin }: Attempt): boolean => origin === "approve" || origin === "auto";

/** Not before this instant, epoch ms; null when it may be now. */
function restsUntil(attempts: readonly Attempt[], now: number): number | null {
  const lately = countable(attempts, now);
  const last = Math.max(...lately.map(({ endedAt, createdAt }) => (endedAt ?? createdAt).getTime()));
  const cooled = lately.length === 0 ? 0 : last + COOLDOWN_MS * 2 ** (lately.length - 1);
  // One that came to nothing – not signed, not delivered, a guard – uses nothing up, but it rests like a first attempt.
  const ownRests = attempts
    .filter((attempt) => isOver(attempt.state) && isOwn(attempt))
    .map(
      ({ endedAt, createdAt, isDeclined }) =>
        (endedAt ?? createdAt).getTime() + (isDeclined ? DECLINED_MS : COOLDOWN_MS),
    );
  const until = Math.max(cooled, ...ownRests);
  return until > now ? until : null;
}

/**
 * @param attempts newest first
 * @param mode as it holds for the check in the node's pool
 */
export function ladderState(input: {
  repairs: readonly RepairDefinition[];
  attempts: readonly Attempt[];
  hold: Hold | null;
  mode: Mode;
  area: string;
  now: number;
}): LadderState {
  const { repairs, attempts, hold, mode, now } = input;
  const tried = attempts.map(({ repairId, state, endedAt }) => ({
    repairId,
    title: repairTitle(repairId, false),
    state,
    endedAt,
  }));
  const base = { repairId: null, at: null, tried };
  if (hold) return { ...base, state: "held", text: hold.text };
  const running = attempts.find(({ state }) => !isOver(state));
  if (running)
    return {
      ...base,
      state: "wait",
      repairId: running.repairId,
      text: text("A repair of it is under way.", "正在修复中。"),
    };
  const [next] = stepsLeft(repairs, attempts, now);
  if (!next) return { ...base, state: "person", text: needsPerson(repairs, attempts, input.area) };
  const until = restsUntil(attempts, now);
  if (until !== null)
    return {
      ...base,
      state: "wait",
      repairId: next.id,
      at: new Date(until),
      text: text(
        "Nothing is started by itself while the last attempt's rest lasts.",
        "上次尝试后的间隔期内不会自动启动修复。",
      ),
    };
  return { ...base, state: "next", repairId: next.id, text: nextText(mode, next, next.id === repairs[0]?.id) };
}

/** @param hasEarned auto rests on its record: it is the check's first */
function nextText(mode: Mode, next: RepairDefinition, hasEarned: boolean): Text {
  const { en, zh } = next.title;
  if (mode === "auto" && next.risk === "safe" && hasEarned)
    return text(`"${en}" is started by itself.`, `将自动执行“${zh}”。`);
  if (mode === "auto" || mode === "approve")
    return text(`"${en}" is prepared and waits for somebody to release it.`, `将准备“${zh}”，等待人员放行。`);
  return text(`"${en}" can be started by somebody.`, `可由人员启动“${zh}”。`);
}

/** What was tried, and what remains to be done by hand. */
function needsPerson(repairs: readonly RepairDefinition[], attempts: readonly Attempt[], area: string): Text {
  if (repairs.length === 0)
    return text("No repair is known for this; it needs a person.", "此问题没有已知的修复，需要人工处理。");
  const done = attempts.filter(({ state, hasTouched }) => isOver(state) && (hasTouched || state === "succeeded"));
  const list = (pick: (title: Text) => string) =>
    [...new Set(done.map(({ repairId }) => pick(repairTitle(repairId, false))))].join(", ");
  const reboots = done.filter(({ repairId, state }) => repairId.includes("reboot") && state === "failed").length;
  const isHardware = area === "hardware" || reboots >= 2;
  const advice = isHardware
    ? text(" Take the node out of service and have its hardware looked at.", "请将该节点下线并检查硬件。")
    : text("", "");
  return text(
    `Needs a person: tried ${done.length} ${done.length === 1 ? "time" : "times"} within 24 hours (${list((t) => t.en)}), and it still stands.${advice.en}`,
    `需要人工处理：24 小时内已尝试 ${done.length} 次（${list((t) => t.zh)}），问题仍然存在。${advice.zh}`,
  );
}

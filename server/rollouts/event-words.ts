// The log of a rollout in sentences: what each event says, with the nodes that moved by name where the runs tell which they were. Pure.
import type { Text } from "../../protocol/text.ts";
import type { Counts, Event, Moved } from "../../rollout/types.ts";
import type { LogEntry } from "./event-log.ts";

/** A run of a rollout as the log needs it. `name` null: outside of what the reader may see. */
export type ToldRun = {
  wave: number;
  name: string | null;
  direction: "apply" | "revert";
  state: string;
  createdAt: Date;
  endedAt: Date | null;
};

/** Names that stand in one sentence. */
const NAMES = 3;

type Nodes = { n: number; names: readonly string[] };

const join = (names: readonly string[], and: string): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")}${and}${names.at(-1)}`;

/** "lab-1", "lab-1 and lab-3", "lab-1, lab-2, lab-3 and 5 more nodes", "8 nodes". */
function nodesOf({ n, names }: Nodes): Text {
  const shown = names.slice(0, NAMES);
  const more = n - shown.length;
  if (shown.length === 0) return { en: `${n} ${n === 1 ? "node" : "nodes"}`, zh: `${n} 个节点` };
  if (more === 0) return { en: join(shown, " and "), zh: shown.join("、") };
  return {
    en: `${shown.join(", ")} and ${more} more ${more === 1 ? "node" : "nodes"}`,
    zh: `${shown.join("、")} 等 ${n} 个节点`,
  };
}

/** What became of nodes: the verb in both numbers, and in Chinese around the nodes. */
const became: Record<keyof Counts, { one: string; many: string; zh: (nodes: string) => string }> = {
  pending: { one: "waits for its turn again", many: "wait for their turn again", zh: (nodes) => `${nodes} 重新等待` },
  applying: { one: "is being changed", many: "are being changed", zh: (nodes) => `正在变更 ${nodes}` },
  applied: { one: "is changed", many: "are changed", zh: (nodes) => `${nodes} 已变更` },
  failed: { one: "failed", many: "failed", zh: (nodes) => `${nodes} 变更失败` },
  skipped: { one: "is skipped", many: "are skipped", zh: (nodes) => `跳过 ${nodes}` },
  reverting: { one: "is going back", many: "are going back", zh: (nodes) => `正在回滚 ${nodes}` },
  reverted: { one: "is back as it was", many: "are back as they were", zh: (nodes) => `${nodes} 已恢复原状` },
  revertFailed: { one: "could not be taken back", many: "could not be taken back", zh: (nodes) => `${nodes} 未能回滚` },
};

/** The way back of the first canary while all goes forth: it is tried, nothing is wrong. */
const rehearsed: Partial<typeof became> = {
  reverting: { one: "goes back, to try the way", many: "go back, to try the way", zh: (n) => `演练回滚 ${n}` },
  reverted: {
    one: "is back as it was: the way back works",
    many: "are back as they were: the way back works",
    zh: (n) => `${n} 已恢复原状，回滚可用`,
  },
};

function moveSentence(to: keyof Counts, wave: number, nodes: Nodes, isRehearsal: boolean): Text {
  const { en, zh } = nodesOf(nodes);
  const verb = (isRehearsal ? rehearsed[to] : undefined) ?? became[to];
  return {
    en: `Wave ${wave + 1}: ${en} ${nodes.n === 1 ? verb.one : verb.many}.`,
    zh: `第 ${wave + 1} 批：${verb.zh(zh)}。`,
  };
}

const isMovedBy = (run: ToldRun, to: keyof Counts): Date | null => {
  const isForth = run.direction === "apply";
  if (to === "applying") return isForth ? run.createdAt : null;
  if (to === "reverting") return isForth ? null : run.createdAt;
  const isGood = run.state === "succeeded";
  if (to === "applied") return isForth && isGood ? run.endedAt : null;
  if (to === "failed") return isForth && !isGood ? run.endedAt : null;
  if (to === "reverted") return !isForth && isGood ? run.endedAt : null;
  if (to === "revertFailed") return !isForth && !isGood ? run.endedAt : null;
  return null;
};

/** Gives each count of moved nodes its names, in the order in which their runs began and ended. Each run is told once a state. */
class Namer {
  readonly #runs: readonly ToldRun[];
  readonly #told = new Set<string>();
  constructor(runs: readonly ToldRun[]) {
    this.#runs = runs;
  }
  take({ wave, to, n }: Moved, at: Date): string[] {
    const fit = this.#runs
      .map((run, i) => ({ run, key: `${i} ${to}`, moved: isMovedBy(run, to) }))
      .filter(({ run, key, moved }) => run.wave === wave && moved !== null && moved <= at && !this.#told.has(key))
      .sort((a, b) => Number(a.moved) - Number(b.moved))
      .slice(0, n);
    for (const { key } of fit) this.#told.add(key);
    return fit.flatMap(({ run }) => run.name ?? []);
  }
}

type Moment = Pick<LogEntry, "at" | "phase">;

/** Moves with their names; of nodes that went a way in one go only where they came to. */
function moveSentences(moves: readonly Moved[], namer: Namer, { at, phase }: Moment): Text[] {
  const named = moves.map((move) => ({ move, names: namer.take(move, at) }));
  return named.flatMap(({ move, names }) => {
    const onwards = named.filter((other) => other.move.wave === move.wave && other.move.from === move.to);
    const gone = new Set(onwards.flatMap((other) => other.names));
    const n = move.n - onwards.reduce((sum, other) => sum + other.move.n, 0);
    if (n <= 0) return [];
    const left = names.filter((name) => !gone.has(name)).slice(0, n);
    return [moveSentence(move.to, move.wave, { n, names: left }, phase === "running")];
  });
}

const concat = (texts: readonly Text[]): Text => ({
  en: texts.map(({ en }) => en).join(" "),
  zh: texts.map(({ zh }) => zh).join(""),
});

const asked = (verb: Text, why: Text): Text => ({ en: `${verb.en}: ${why.en}`, zh: `${verb.zh}：${why.zh}` });

const ORDERS: Partial<Record<Event["type"], Text>> = {
  pause: { en: "Paused", zh: "暂停" },
  resume: { en: "Resumed", zh: "继续" },
  retry: { en: "Failed nodes are tried again", zh: "重试失败节点" },
  promote: { en: "End of the soak was asked for", zh: "请求提前结束观察" },
  abort: { en: "Aborted", zh: "中止" },
  "roll-back": { en: "Taken back", zh: "回滚" },
  freeze: { en: "Stopped by the freeze", zh: "因冻结而停止" },
};

function textOf(event: Event, namer: Namer, moment: Moment): Text {
  switch (event.type) {
    case "tick":
      return { en: "Time passed.", zh: "时间推进。" };
    case "planned": {
      const count = event.plan.waves.reduce((sum, { size }) => sum + size, 0);
      const waves = event.plan.waves.length;
      return {
        en: `Planned: ${count} ${count === 1 ? "node" : "nodes"} in ${waves} ${waves === 1 ? "wave" : "waves"}.`,
        zh: `已计划：${count} 个节点，共 ${waves} 批。`,
      };
    }
    case "approved":
      return { en: "Approved.", zh: "已批准。" };
    case "start":
      return { en: `Started by ${event.by}.`, zh: `由 ${event.by} 启动。` };
    case "moved":
      return concat(moveSentences(event.moves, namer, moment));
    case "refused":
      return asked({ en: "The budget gives no more nodes now", zh: "预算暂不允许更多节点" }, event.sum);
    case "gate":
      return asked(
        event.isOpen ? { en: "The gate was opened", zh: "已放行" } : { en: "The gate stays shut", zh: "未放行" },
        event.why,
      );
    case "judged":
    case "hard-signal":
      return event.why;
    case "pause":
    case "resume":
    case "retry":
    case "promote":
    case "abort":
    case "roll-back":
    case "freeze":
      return asked(ORDERS[event.type] ?? { en: event.type, zh: event.type }, event.why);
  }
}

/** What happened or was ordered stands beside what the engine made of it; a verdict's words are in the engine's own. */
const isOwnWord = ({ type }: Event): boolean => type === "moved" || type === "gate" || ORDERS[type] !== undefined;

/** Entries that say something, each with its sentence. Ticks are left out unless the engine had something to tell. @param runs in any order; empty: counts only */
export function tellLog<E extends Moment & Pick<LogEntry, "event" | "effects">>(
  entries: readonly E[],
  runs: readonly ToldRun[],
): { entry: E; text: Text }[] {
  const namer = new Namer(runs);
  const told = entries.flatMap((entry) => {
    const said = entry.effects.find((effect) => effect.type === "tell");
    // Asked for in any case: the namer follows the log.
    const own = textOf(entry.event, namer, entry);
    if (entry.event.type === "tick" && !said) return [];
    const why = said?.type === "tell" ? said.why : null;
    const text = why === null || own.en.includes(why.en) ? own : isOwnWord(entry.event) ? concat([own, why]) : why;
    return text.en === "" ? [] : [{ entry, text }];
  });
  // The judge that goes on waiting says nearly the same at every look: its last word stands for all of them.
  return told.filter(({ entry: { event } }, i) => !isWait(event) || !isWait(told[i + 1]?.entry.event));
}

const isWait = (event: Event | undefined): boolean => event?.type === "judged" && event.verdict === "wait";

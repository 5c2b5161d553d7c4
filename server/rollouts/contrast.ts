// One or two canaries prove nothing by counting, but a jump tells: a node against itself before the change, while its controls stand still. Pure.
import type { HardSignal } from "../../judge/sequential/types.ts";
import type { Text } from "../../protocol/text.ts";
import type { Seen } from "./readings.ts";
import type { NodeWindow } from "./signals.ts";

/** With more canaries the tests have numbers to go by. Editorial. */
const CANARIES_MAX = 2;
/** A jump must be seen so often in a row; a single slow pull is somebody's large image. Editorial. */
const STREAK = 3;
/** So many times the controls', and so much more besides: what nobody would feel is no harm. Editorial. */
const SLOW_RATIO = 5;
const SLOW_MS = 1_000;
/** A module's memory as a multiple of what it was; controls' at most. Editorial: caches that fill grow a fleet alike. */
const GROWN_RATIO = 2;
const STILL_RATIO = 1.2;

/** Readings in a row that showed it, by signal and node. */
export type Streaks = Record<string, number>;

const LATENCIES: Record<string, Text> = {
  "runtime-latency": { en: "runtime calls", zh: "运行时调用" },
  "pull-latency": { en: "image pulls", zh: "镜像拉取" },
  "start-latency": { en: "container starts", zh: "容器启动" },
};

const middle = (values: readonly number[]): number | null =>
  values.length === 0 ? null : ([...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null);

type Input = {
  seen: readonly Seen[];
  windows: ReadonlyMap<string, NodeWindow>;
  streaks: Streaks;
  usual: Record<string, number>;
};
/** `usual`: what controls showed last, for looks in which only the canary was read. */
export type Contrast = { hard: HardSignal[]; streaks: Streaks; usual: Record<string, number> };

/** What jumped on few canaries against controls that did not; a reading that is absent neither adds to a streak nor ends it. */
export function contrast({ seen, windows, streaks, usual }: Input): Contrast {
  const canaries = seen.filter(({ node }) => node.arm === "canary");
  const controls = seen.flatMap(({ node }) => (node.arm === "control" ? (windows.get(node.id) ?? []) : []));
  const after: Contrast = { hard: [], streaks: { ...streaks }, usual: { ...usual } };
  for (const id of Object.keys(LATENCIES)) {
    const now = middle(controls.flatMap(({ latencies }) => latencies[id] ?? []));
    if (now !== null) after.usual[id] = now;
  }
  if (canaries.length > CANARIES_MAX) return after;
  const still = middle(controls.flatMap(({ gauges }) => gauges["module-memory"] ?? []));
  for (const { node } of canaries) {
    const window = windows.get(node.id);
    if (!window) continue;
    const note = (id: string, isBad: boolean, what: Text) => {
      const key = `${id} ${node.id}`;
      const streak = isBad ? (after.streaks[key] ?? 0) + 1 : 0;
      after.streaks[key] = streak;
      const { name, domain, arm, wasWell } = node;
      if (streak >= STREAK) after.hard.push({ id, node: name, domain, arm, wasWell, what });
    };
    for (const [id, words] of Object.entries(LATENCIES)) {
      const own = middle(window.latencies[id] ?? []);
      const other = after.usual[id];
      if (own === null || other === undefined) continue;
      note(id, own >= SLOW_RATIO * other && own - other >= SLOW_MS, {
        en: `slow ${words.en} (${seconds(own)} against ${seconds(other)})`,
        zh: `${words.zh}变慢（${seconds(own)}，对照 ${seconds(other)}）`,
      });
    }
    const grown = window.gauges["module-memory"];
    if (grown !== undefined && still !== null)
      note("module-memory", grown >= GROWN_RATIO && still <= STILL_RATIO, {
        en: `memory of its modules at ${grown.toFixed(1)} times what it was (controls ${still.toFixed(1)})`,
        zh: `所涉模块内存增至 ${grown.toFixed(1)} 倍（对照 ${still.toFixed(1)}）`,
      });
  }
  return after;
}

const seconds = (ms: number): string => (ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms)} ms`);

// One canary against itself and its still controls: what jumps and stays is found, what jumps once, a little, or with everybody is not.
import { expect, it } from "vitest";
import { contrast, type Streaks } from "./contrast.ts";
import type { Seen } from "./readings.ts";
import type { NodeWindow } from "./signals.ts";

type Reading = { pull?: number; memory?: number };

const seenOf = (name: string, arm: "canary" | "control"): Seen => ({
  node: { id: name, name, domain: "a", arm, appliedAt: null, begunAt: null, firstBegunAt: null, wasWell: true },
  input: {
    facts: {},
    lookedAt: new Map(),
    findings: [],
    isLost: false,
    modules: [],
    before: null,
    since: 0,
    changedAt: 0,
  },
  begunAt: 0,
  confirmedAt: 0,
});
const windowOf = ({ pull, memory }: Reading): NodeWindow => ({
  exposureMs: 5_000,
  events: {},
  rates: {},
  latencies: pull === undefined ? {} : { "pull-latency": [pull] },
  gauges: memory === undefined ? {} : { "module-memory": memory },
  kept: { at: 0, lookedAt: {}, oomKills: null, moduleRss: {} },
});

/** Looks one after the other. @returns in which look (from 1) it was found, 0 never */
function foundAt(looks: readonly { canary: Reading; control: Reading }[], canaries = 1): number {
  let streaks: Streaks = {};
  let usual: Record<string, number> = {};
  for (const [i, { canary, control }] of looks.entries()) {
    const names = Array.from({ length: canaries }, (_, n) => `canary-${n}`);
    const seen = [...names.map((name) => seenOf(name, "canary")), ...["x", "y", "z"].map((n) => seenOf(n, "control"))];
    const windows = new Map(seen.map(({ node }) => [node.id, windowOf(node.arm === "canary" ? canary : control)]));
    const after = contrast({ seen, windows, streaks, usual });
    if (after.hard.length > 0) return i + 1;
    ({ streaks, usual } = after);
  }
  return 0;
}
const times = <T>(n: number, one: T): T[] => Array(n).fill(one);

it.each([
  ["slow pulls in three readings", times(5, { canary: { pull: 3_000 }, control: { pull: 40 } }), 1, 3],
  [
    "also when the controls are read in other looks",
    [{ canary: {}, control: { pull: 40 } }, ...times(3, { canary: { pull: 3_000 }, control: {} })],
    1,
    4,
  ],
  [
    "one large image between small ones",
    times(9, null).map((_, i) => ({ canary: { pull: i % 3 === 2 ? 40 : 3_000 }, control: { pull: 40 } })),
    1,
    0,
  ],
  ["everybody's registry is slow", times(9, { canary: { pull: 3_000 }, control: { pull: 2_500 } }), 1, 0],
  ["many times nothing is nothing", times(9, { canary: { pull: 80 }, control: { pull: 4 } }), 1, 0],
  ["no control was ever read", times(9, { canary: { pull: 9_000 }, control: {} }), 1, 0],
  [
    "a module that grows alone",
    [1.2, 1.7, 2.1, 2.6, 3.1].map((memory) => ({ canary: { memory }, control: { memory: 1 } })),
    1,
    5,
  ],
  ["caches fill everywhere", times(9, { canary: { memory: 2.5 }, control: { memory: 2.2 } }), 1, 0],
  ["with many canaries the tests decide", times(9, { canary: { pull: 3_000 }, control: { pull: 40 } }), 3, 0],
] satisfies [string, { canary: Reading; control: Reading }[], number, number][])(
  "%s",
  (_, looks, canaries, expected) => {
    expect(foundAt(looks, canaries)).toBe(expected);
  },
);

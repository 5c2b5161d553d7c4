// What moved since the engine last heard of it: the targets' rows against its counters. Rows move by conditional updates, so each move is told once.

import { noCounts } from "../../rollout/counts.ts";
import { isMove } from "../../rollout/node.ts";
import type { Counts, Moved, State } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { targetStates } from "./rows.ts";

type Name = keyof Counts;

/** Shortest way from one state of a node to another, as its life allows; null when there is none. */
function wayOf(from: Name, to: Name): Name[] | null {
  const queue: Name[][] = [[from]];
  const seen = new Set<Name>([from]);
  for (let way = queue.shift(); way; way = queue.shift()) {
    const last = way[way.length - 1] ?? from;
    if (last === to) return way;
    for (const next of targetStates)
      if (!seen.has(next) && isMove(last, next)) {
        seen.add(next);
        queue.push([...way, next]);
      }
  }
  return null;
}

/**
 * The moves that lead from one count to another. Which node went which way is in the rows; to the engine only the numbers matter.
 * @throws when no moves do: somebody wrote to the rows by hand
 */
export function movesBetween(wave: number, before: Counts, after: Counts): Moved[] {
  const less = new Map(targetStates.filter((s) => after[s] < before[s]).map((s) => [s, before[s] - after[s]]));
  const more = new Map(targetStates.filter((s) => after[s] > before[s]).map((s) => [s, after[s] - before[s]]));
  const pairs = [...less.keys()].flatMap((from) =>
    [...more.keys()].flatMap((to) => {
      const way = wayOf(from, to);
      return way ? [{ from, to, way }] : [];
    }),
  );
  const moves: Moved[] = [];
  for (const { from, to, way } of pairs.toSorted((a, b) => a.way.length - b.way.length)) {
    const n = Math.min(less.get(from) ?? 0, more.get(to) ?? 0);
    if (n === 0) continue;
    less.set(from, (less.get(from) ?? 0) - n);
    more.set(to, (more.get(to) ?? 0) - n);
    way.slice(1).forEach((step, i) => {
      moves.push({ wave, from: way[i] ?? from, to: step, n });
    });
  }
  const lost = [...less.values(), ...more.values()].reduce((sum, n) => sum + n, 0);
  if (lost > 0) throw new Error(`wave ${wave}: ${JSON.stringify(before)} cannot become ${JSON.stringify(after)}`);
  return moves;
}

/** Targets by wave and state, as the rows stand now. */
async function countTargets(tx: Tx, rolloutId: string, upTo: number): Promise<Map<number, Counts>> {
  const rows = await tx.$queryRaw<{ wave: number; state: string; count: number }[]>(sql`
    SELECT wave, state, count(*)::int AS count FROM rollout_target
    WHERE rollout_id = ${rolloutId}::uuid AND wave BETWEEN 0 AND ${upTo} GROUP BY wave, state`);
  const byWave = new Map<number, Counts>();
  for (const { wave, state, count } of rows) {
    const name = targetStates.find((one) => one === state);
    if (!name) throw new Error(`target in state ${state}`);
    byWave.set(wave, { ...(byWave.get(wave) ?? noCounts()), [name]: count });
  }
  return byWave;
}

/** All that moved in the waves that were begun. */
export async function readMoves(tx: Tx, rolloutId: string, state: State): Promise<Moved[]> {
  const upTo = state.phase === "draft" || state.phase === "planned" || state.phase === "approved" ? -1 : state.wave;
  if (upTo < 0) return [];
  const counts = await countTargets(tx, rolloutId, upTo);
  return state.waves
    .slice(0, upTo + 1)
    .flatMap(({ counts: before }, wave) => movesBetween(wave, before, counts.get(wave) ?? noCounts()));
}

// One budget for two rollouts and a person. The rollouts want the same nodes in crossed orders, so that each holds what the other waits for.

import pg from "pg";
import { expect } from "vitest";
import type { TargetRow } from "../../server/rollouts/schema.ts";
import type { Chaos } from "./chaos.fixture.ts";
import type { Mirrors } from "./mirrors.fixture.ts";
import { databaseUrl, each, mostAtOnce } from "./nodes.fixture.ts";
import { fast, quick, type Scene, spansOf, wavesOf } from "./scene.fixture.ts";

/** Nodes of the pool that may be away at once. */
const MAX = 2;
/** One plan in three has the order that is looked for. */
const PLANS_MAX = 40;

/** Nodes of a pool that count as away: in somebody's hands, or sick. */
const AWAY = `SELECT n.name FROM node n WHERE n.pool = $1 AND (n.state IN ('unhealthy', 'not_reporting')
  OR EXISTS (SELECT FROM lease l WHERE l.node_id = n.id AND l.active_key IS NOT NULL AND l.kind IN ('action', 'cordon')))`;

const imageOf = (name: string, tag: number): string => `slow.example/lab/${name}:${tag}`;

/** An image is fetched onto these nodes; the first wave has all but one of them. */
const prewarm = ({ rollouts }: Scene, nodes: readonly string[], image: string): Promise<string> =>
  rollouts.plan({
    ...fast,
    change: { kind: "image-prewarm", params: { images: [image], runtime: null } },
    where: { nodes: [...nodes] },
    policy: { ...quick, domain: "none", first: nodes.length - 1 },
  });

type Planned = { id: string; image: string };

/**
 * Two plans whose first waves begin with different nodes that the other's first wave has as well; the order of nodes follows from the change, here from
 * the image's tag. @returns the older one first
 */
async function planCrossed(scene: Scene, nodes: readonly string[]): Promise<[Planned, Planned]> {
  const firstWave = async (id: string) => wavesOf(await scene.rollouts.targets(id))[0] ?? [];
  const one = imageOf("one", 1);
  const older = { id: await prewarm(scene, nodes, one), image: one };
  const own = await firstWave(older.id);
  for (let tag = 1; tag <= PLANS_MAX; tag++) {
    const image = imageOf("two", tag);
    const id = await prewarm(scene, nodes, image);
    const other = await firstWave(id);
    const isCrossed = own[0] !== other[0] && own.includes(other[0] ?? "") && other.includes(own[0] ?? "");
    if (isCrossed) return [older, { id, image }];
    await scene.rollouts.abort(id);
  }
  return expect.fail("no crossed plans");
}

const isWaitedFor = ({ state, reason }: TargetRow): boolean =>
  state === "skipped" && reason?.en.startsWith("An older rollout has it") === true;

/** Looks at the database each 100 ms: never are more nodes away than the budget has, and it is used up. */
export async function oneBudget(scene: Scene, chaos: Chaos, mirrors: Mirrors): Promise<void> {
  chaos.join("budget");
  const { rollouts } = scene;
  const batch = scene.pool("batch");
  const shared = batch.slice(0, 4);
  await rollouts.setBudget("batch", MAX);
  await mirrors.use(scene.nodes(batch), "slow", mirrors.slow);
  const [before, journalled] = [await scene.standing(batch), await scene.journals(batch)];
  const planned = await planCrossed(scene, shared);
  const ids = planned.map(({ id }) => id);
  const over = new AbortController();
  const seen: { at: number; away: string[] }[] = [];
  const pool = new pg.Pool({
    connectionString: await databaseUrl(scene.stack.dataDir),
    max: 1,
    connectionTimeoutMillis: 1_000,
  });
  pool.on("error", () => undefined); // the database is killed on the way
  const looking = each(100, over.signal, async () => {
    const { rows } = await pool.query<{ name: string }>(AWAY, ["batch"]);
    seen.push({ at: Date.now(), away: rows.map((r) => r.name) });
  });
  await Promise.all(ids.map((id) => rollouts.start(id)));
  for (const id of ids)
    await rollouts.wait(id, "has its first node", 60_000, (_, targets) => targets.some((t) => t.state !== "pending"));
  const person = rollouts.cordonAgainAndAgain(batch, over.signal);
  await chaos.strike("budget");
  const succeeds = async (id: string) => {
    const one = await rollouts.ended(id, 240_000);
    expect(one.phase, JSON.stringify(one.why)).toBe("succeeded");
    return one;
  };
  const ended = await Promise.all(ids.map(succeeds)).finally(() => over.abort());
  const [cordons, { failed }] = await Promise.all([person, looking]);
  await pool.end();

  // They did compete: the budget was used up, by the rollouts and by the person.
  expect(seen.filter((s) => s.away.length > MAX)).toEqual([]);
  expect(Math.max(...seen.map((s) => s.away.length))).toBe(MAX);
  expect(cordons.length).toBeGreaterThanOrEqual(2);
  const done = await scene.carriedOut(batch, journalled);
  expect(mostAtOnce([...spansOf(done), ...cordons])).toMatchObject({ count: MAX });
  const after = await scene.standing(batch);
  for (const [i, { id, image }] of planned.entries()) {
    const targets = await rollouts.targets(id);
    // What the person held at its turn is left out and said to be, as is what the older one of the two would have waited for; all else was done, once.
    for (const { state, reason } of targets) expect([state, reason !== null]).toEqual([state, state === "skipped"]);
    const pulls = done.filter((c) => c.type === "image.pull" && c.params.image === image);
    const applied = targets.filter((t) => t.state === "applied").map((t) => [t.nodeName, "done", true]);
    expect(pulls.map((c) => [c.node, c.result?.status, c.result?.changed]).sort()).toEqual(applied.sort());
    expect(applied.length).toBeGreaterThan(0);
    // Neither waits for ever: the younger gives way.
    expect(targets.filter(isWaitedFor).length > 0).toBe(i === 1);
    const rollout = ended[i] ?? expect.fail("not ended");
    await scene.note(i === 0 ? "budget, older rollout" : "budget, younger rollout", rollout, {
      done: pulls,
      before,
      after,
    });
  }
  console.log(`budget: ${seen.length} looks (${failed} while the database was away), ${cordons.length} cordons`);
}

// Rollouts that wait for people, and what their pages read: who is left out, who came late, what happened in sentences, a node's own time line.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextWith } from "../../testing/fleet.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { nodeTimeline } from "../nodes/timeline.ts";
import { Fleet } from "../rollouts/fleet.fixture.ts";
import { lateJoiners } from "../rollouts/left-out.ts";
import { decideGate } from "../rollouts/orders.ts";
import { planRollout } from "../rollouts/plan.ts";
import { getRollout, readEvents } from "../rollouts/read.ts";
import { startRollout } from "../rollouts/start.ts";
import { waitingRollouts } from "./waiting-rollouts.ts";

let database: TestDatabase;
let fleet: Fleet;
let pool = "";
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  await fleet.engine.person("olga", "operator");
  await fleet.engine.person("ada", "admin");
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => {
  count += 1;
  pool = `pool-${count}`;
  fleet.engine.clock = new Date();
});

const asOlga = (): Context => fleet.contextOf("olga", "operator");
const asAda = (): Context => fleet.contextOf("ada", "admin");
const waiting = async (ctx: Context, id: string) => (await waitingRollouts.call(ctx, {})).find((one) => one.id === id);

test("a gate that a person decides stands in the queue until it is decided, and only for whom its nodes are", {
  timeout: 120_000,
}, async () => {
  const dead = await fleet.addDead(2, { pool });
  const { id, targetHash } = await planRollout.call(asOlga(), {
    title: "Runtimes up",
    change: { kind: "repair", params: { repairId: "start-runtime", checkId: "runtime-down" } },
    where: { selector: `pool=${pool}` },
    policy: { rehearse: false, first: 1, gates: [{ after: 0, kind: "manual" }] },
  });
  // A safe and small one needs nobody before its start.
  expect(await waiting(asOlga(), id)).toBeUndefined();
  await startRollout.call(asOlga(), { id, targetHash });
  for (let i = 0; i < 60 && !(await waiting(asOlga(), id)); i += 1) await fleet.turn(id, 30);
  expect(await waiting(asOlga(), id)).toMatchObject({
    title: "Runtimes up",
    selector: `pool=${pool}`,
    targetCount: 2,
    waveCount: 2,
    targetHash,
    isYours: true,
    approval: null,
    gate: { after: 0, canDecide: false },
    secondPerson: null,
  });
  expect((await waiting(asAda(), id))?.gate?.canDecide).toBe(true);
  const elsewhere = contextWith(database.prisma, [{ role: "operator", selector: "pool=other" }]);
  expect(await waiting(elsewhere, id)).toBeUndefined();
  await decideGate.call(asAda(), { id, after: 0, isOpen: true, reason: "the canary is well" });
  expect(await waiting(asOlga(), id)).toBeUndefined();
  await fleet.turnUntil(id, ["succeeded"]);

  const { events } = await readEvents.call(asOlga(), { id });
  const said = events.map(({ text }) => text.en).join("\n");
  expect(said).toMatch(/^Planned: 2 nodes in 2 waves\.$/m);
  expect(said).toMatch(/^Wave 1: node-\d+ is changed\.$/m);
  expect(said).toContain("The gate was opened: the canary is well");
  expect(said).not.toContain("→");
  expect(events[0]?.actorName).not.toContain(":");
  // Whoever sees a part reads numbers, not the names of the rest.
  await database.prisma.node.update({ where: { id: dead[0] ?? "" }, data: { pool: `${pool}-b` } });
  const part = contextWith(database.prisma, [{ role: "operator", selector: `pool=${pool}-b` }]);
  const seen = (await readEvents.call(part, { id })).events.map(({ text }) => text.en).join("\n");
  expect(seen).toContain("1 node is changed.");

  const { events: line } = await nodeTimeline.call(asOlga(), { node: dead[0] ?? "" });
  const ofRollout = line.filter(({ kind }) => kind === "rollout");
  expect(ofRollout.map(({ title }) => title.en)).toEqual([
    "Changed by rollout “Runtimes up”",
    "Planned for rollout “Runtimes up”",
  ]);
  expect(ofRollout[0]?.href).toBe(`/rollouts/${id}`);
});

test("who is left out is told by reason, and who joins the selection later is counted until it is over", {
  timeout: 120_000,
}, async () => {
  const [well] = await fleet.addNodes(2, { pool });
  const [sick] = await fleet.addDead(1, { pool });
  const { id } = await planRollout.call(asOlga(), {
    change: { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } },
    where: { selector: `pool=${pool}` },
  });
  expect(await waiting(asOlga(), id)).toMatchObject({ risk: expect.any(String), gate: null, approval: { needed: 1 } });
  const { leftOut } = await getRollout.call(asOlga(), { id });
  expect(leftOut).toEqual([
    {
      reason: { en: "It was sick before the change.", zh: "变更之前已异常。" },
      count: 1,
      sample: [{ id: sick, name: expect.any(String) }],
    },
  ]);
  const { events: line } = await nodeTimeline.call(asOlga(), { node: sick ?? "" });
  expect(line.find(({ kind }) => kind === "rollout")?.detail.en).toBe("It was sick before the change.");
  expect(await lateJoiners.call(asOlga(), { id })).toEqual({ count: 0, sample: [] });
  const late = await addNode(database.prisma, { name: `late-${count}`, pool });
  expect(await lateJoiners.call(asOlga(), { id })).toEqual({ count: 1, sample: [{ id: late, name: `late-${count}` }] });
  const listed = await planRollout.call(asOlga(), {
    change: { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } },
    where: { nodes: [well ?? ""] },
  });
  expect(await lateJoiners.call(asOlga(), { id: listed.id })).toBeNull();
});

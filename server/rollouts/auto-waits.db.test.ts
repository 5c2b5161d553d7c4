// An automatic rollout of a repair that stands still: the finding says so, and a person's decision lets the automatic repair go on.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { closeQueues } from "../core/queue.ts";
import { autoStart } from "../repairs/auto.ts";
import { ladderOf } from "../repairs/ladder-of.ts";
import { Fleet } from "./fleet.fixture.ts";
import { abortRollout } from "./orders.ts";
import { Steer } from "./steer.fixture.ts";

let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  await fleet.engine.person("olga", "operator");
  steer = new Steer(fleet);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});

test("a halted automatic rollout holds the repairs of its check: their findings say so, until somebody decides", {
  timeout: 60_000,
}, async () => {
  await steer.freshPool();
  const by = { setBy: "user:x", setByName: "x", setAt: new Date(), reason: "" };
  await fleet.db.checkMode.create({ data: { checkId: "runtime-down", pool: "*", mode: "auto", ...by } });
  await fleet.addNodes(20, { pool: steer.pool });
  await fleet.addDead(2, { pool: steer.pool });
  fleet.engine.pass(60);
  fleet.answers = () => "failed";
  const { rollouts } = await autoStart(database.as("workers"), fleet.engine.clock);
  const [id = ""] = rollouts ?? [];
  const [, late = ""] = [id, ...(await fleet.addDead(1, { pool: steer.pool }))];
  const finding = await fleet.db.finding.findFirstOrThrow({ where: { nodeId: late, checkId: "runtime-down" } });
  const ladder = () => ladderOf(fleet.db, finding.id, fleet.engine.clock);
  expect(await ladder()).toMatchObject({ state: "wait", text: { en: expect.stringContaining("under way") } });
  expect(await fleet.turnUntil(id, ["halted"], 20)).toBe("halted");
  const nothing = async () => (await autoStart(database.as("workers"), fleet.engine.clock)).runs;
  expect(await nothing()).toEqual([]);
  expect(await ladder()).toMatchObject({
    state: "person",
    text: {
      en: expect.stringMatching(
        /stands still: .* the change failed on 1\. Nothing is started by itself before somebody resumes or aborts it/,
      ),
    },
  });
  await abortRollout.call(steer.as("olga"), { id, reason: "looked at it" });
  expect(await ladder()).toMatchObject({ state: "next" });
});

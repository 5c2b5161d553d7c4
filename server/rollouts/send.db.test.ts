// Sending and taking back, target by target: a node in other hands keeps nobody behind it waiting, and what is read of a node is what its change looks at.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sysctlChange } from "../../changes/sysctl.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { healthyData } from "../../testing/facts.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey } from "../dispatch/dispatcher.fixture.ts";
import { Fleet } from "./fleet.fixture.ts";
import { contextsOf, readNodes } from "./nodes-now.ts";
import { rollBackRollout } from "./orders.ts";
import { Steer } from "./steer.fixture.ts";

const anna = localKey("user:anna");
let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database, anna);
  await fleet.engine.person("olga", "operator");
  await fleet.engine.person("anna", "operator");
  steer = new Steer(fleet, anna);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => steer.freshPool());

test("on the way back a node that somebody else has taken stays, and those behind it go", async () => {
  await fleet.addNodes(4, { pool: steer.pool });
  const policy = { first: 3, domain: "none" as const, rehearse: false };
  const id = await steer.begin(steer.setSysctl({ policy }));
  for (let i = 0; i < 8 && (await steer.load(id)).state.stage !== "soak"; i += 1) await fleet.turn(id, 12);
  const [head, ...behind] = (await steer.targets(id)).filter(({ wave }) => wave === 0);
  expect([head?.state, behind.length]).toEqual(["applied", 2]);
  await fleet.db.lease.updateMany({
    where: { activeKey: head?.nodeId ?? "" },
    data: { owner: "user:x", ownerName: "x", kind: "cordon" },
  });

  await rollBackRollout.call(steer.as("olga"), { id, reason: "it was wrong" });
  for (let i = 0; i < 4; i += 1) await fleet.turn(id, 12);
  expect((await steer.targets(id)).filter(({ wave }) => wave === 0).map(({ state }) => state)).toEqual([
    "applied",
    "reverted",
    "reverted",
  ]);

  await fleet.db.lease.updateMany({ where: { owner: "user:x" }, data: { releasedAt: new Date(), activeKey: null } });
  expect(await fleet.turnUntil(id, ["rolled-back"])).toBe("rolled-back");
});

test("only the facts that a change names are read, in the node's own clock", async () => {
  const [id = ""] = await fleet.addNodes(1, {
    pool: steer.pool,
    facts: { timeSync: { ...healthyData().timeSync, gatewayOffsetMs: 5_000 } },
  });
  const now = fleet.engine.clock;
  const kinds = async (change: Parameters<typeof contextsOf>[1]) => {
    const found = (await contextsOf(fleet.db, change, await readNodes(fleet.db, [id]), new Map(), now)).get(id);
    return { kinds: Object.keys(found?.facts ?? {}).sort(), ahead: (found?.now ?? 0) - now.getTime() };
  };
  expect(await kinds(sysctlChange)).toEqual({ kinds: ["sysctls", "timeSync"], ahead: 5_000 });
  expect((await kinds({ needs: [] })).kinds).toEqual([]);
  expect((await kinds({})).kinds).toEqual(Object.keys(healthyData()).sort());
});

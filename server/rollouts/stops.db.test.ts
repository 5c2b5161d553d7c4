// What must stop a rollout, and what must not: people's words, rights, freezes, clocks – between any two of its steps.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { actorRef } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { advanceRepair } from "../repairs/advance.ts";
import { cancelRepair } from "../repairs/cancel.ts";
import { advanceRollout, giveEvents } from "./advance.ts";
import { readLog, replay } from "./event-log.ts";
import { Fleet } from "./fleet.fixture.ts";
import { abortRollout, pauseRollout, resumeRollout, rollBackRollout } from "./orders.ts";
import { planRollout } from "./plan.ts";
import { Steer } from "./steer.fixture.ts";
import { dueRollouts } from "./sweep.ts";

let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  for (const id of ["olga", "omar"]) await fleet.engine.person(id, "operator");
  steer = new Steer(fleet);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => steer.freshPool());

const runsOf = (id: string) => fleet.db.repair.findMany({ where: { rolloutId: id }, orderBy: { createdAt: "asc" } });

test("a run that a person cancels is not sent again: the node counts as failed, with the person's word as the reason", {
  timeout: 60_000,
}, async () => {
  await fleet.addDead(2, { pool: steer.pool });
  fleet.answers = () => "silent";
  const id = await steer.begin(steer.startRuntime({ policy: { rehearse: false, onFail: "halt" } }));
  await fleet.advance(id);
  const [run] = await runsOf(id);
  await cancelRepair.call(steer.as("omar"), { id: run?.id ?? "" });
  for (let i = 0; i < 4; i += 1) await fleet.turn(id, 12);
  expect(await runsOf(id)).toHaveLength(1);
  expect((await steer.load(id)).state.phase).toBe("halted");
  expect(await steer.targets(id)).toMatchObject([
    { state: "failed", reason: { en: expect.stringContaining("Cancelled") } },
    { state: "pending" },
  ]);
});

test("a run that the rollout itself called back waits for its turn again, however often", {
  timeout: 60_000,
}, async () => {
  await fleet.addDead(1, { pool: steer.pool });
  await fleet.addNodes(3, { pool: steer.pool });
  fleet.answers = () => "silent";
  const id = await steer.begin(steer.startRuntime());
  for (let i = 0; i < 4; i += 1) {
    await fleet.turn(id, 12);
    expect(await steer.counts(id)).toEqual({ applying: 1 });
    await pauseRollout.call(steer.as("olga"), { id, reason: "look first" });
    for (let j = 0; j < 3; j += 1) await fleet.turn(id, 100);
    expect(await steer.counts(id)).toEqual({ pending: 1 });
    await resumeRollout.call(steer.as("olga"), { id, reason: "go on" });
  }
});

test("when who started it may not any more it pauses, starts nothing, and whoever resumes it takes it over", {
  timeout: 60_000,
}, async () => {
  await fleet.addDead(4, { pool: steer.pool });
  const id = await steer.begin(steer.startRuntime());
  await fleet.db.user.update({ where: { id: "olga" }, data: { disabledAt: fleet.engine.clock } });
  try {
    for (let i = 0; i < 4; i += 1) await fleet.turn(id, 12);
    const { state } = await steer.load(id);
    expect(state).toMatchObject({ phase: "paused", why: { en: expect.stringContaining("olga may not") } });
    expect(await runsOf(id)).toHaveLength(0);
    await resumeRollout.call(steer.as("omar"), { id, reason: "I take it" });
    expect(await steer.load(id)).toMatchObject({ requestedBy: actorRef(steer.as("omar").actor) });
    expect(await fleet.turnUntil(id, ["succeeded", "paused", "halted"], 200)).toBe("succeeded");
  } finally {
    await fleet.db.user.update({ where: { id: "olga" }, data: { disabledAt: null } });
  }
});

const freeze = () =>
  fleet.db.freeze.create({ data: { reason: "drill", setBy: "user:x", setByName: "x", setAt: fleet.engine.clock } });

test("a freeze between the judge's question and its answer: nothing is sent, neither forth nor back", {
  timeout: 60_000,
}, async () => {
  for (const verdict of ["pass", "fail"] as const) {
    await steer.freshPool();
    const nodes = await fleet.addNodes(6, { pool: steer.pool });
    const id = await steer.begin(steer.setLabel());
    let frozen: { epoch: number } | null = null;
    fleet.verdict = (wave, { state }) => {
      const soaked = state.waves[wave]?.soakedMs ?? 0;
      return fleet.judged(wave, soaked >= 590_000 ? verdict : "pass");
    };
    const labelled = async () =>
      (await fleet.db.node.findMany({ where: { id: { in: nodes } } })).filter(
        ({ labels }) => (labels as Record<string, string>).team === "web",
      ).length;
    const workers = database.as("workers");
    const hands = {
      judge: async (_db: unknown, rollout: Parameters<Fleet["verdict"]>[1], wave: number) => {
        const events = fleet.verdict(wave, rollout);
        const [event] = events;
        const decides = event?.type === "judged" && (rollout.state.waves[wave]?.soakedMs ?? 0) >= 600_000;
        if (decides && !frozen) frozen = await freeze();
        return events;
      },
    };
    for (let i = 0; i < 80 && !frozen; i += 1) {
      fleet.engine.pass(12);
      await advanceRollout(workers, id, fleet.engine.now, hands);
    }
    expect(frozen).not.toBeNull();
    expect(await labelled()).toBe(1);
    fleet.engine.pass(5);
    await advanceRollout(workers, id, fleet.engine.now, hands);
    expect(await labelled()).toBe(1);
    expect((await steer.load(id)).state.phase).toBe("paused");
    await fleet.db.freeze.updateMany({ data: { liftedAt: fleet.engine.clock } });
  }
});

test("a clock that is put back by an hour leaves no rollout standing for an hour", { timeout: 60_000 }, async () => {
  await fleet.addNodes(6, { pool: steer.pool });
  const id = await steer.begin(steer.setLabel());
  for (let i = 0; i < 5; i += 1) await fleet.turn(id, 12);
  let looks = 0;
  fleet.verdict = (wave) => {
    looks += 1;
    return fleet.judged(wave, "pass");
  };
  fleet.engine.pass(-3_600);
  for (let i = 0; i < 4; i += 1) {
    fleet.engine.pass(12);
    expect(await dueRollouts(database.as("workers"), fleet.engine.clock)).toContain(id);
    await fleet.advance(id);
  }
  expect(looks).toBeGreaterThan(2);
});

test("what waits for approval does not keep the sweep busy, and ends when nobody approves it", async () => {
  await fleet.addNodes(4, { pool: steer.pool });
  const { id, phase } = await planRollout.call(steer.as("olga"), steer.setLabel());
  expect(phase).toBe("planned");
  const workers = database.as("workers");
  fleet.engine.pass(60);
  expect(await dueRollouts(workers, fleet.engine.clock)).not.toContain(id);
  fleet.engine.pass(300);
  expect(await dueRollouts(workers, fleet.engine.clock)).toContain(id);
  await fleet.advance(id);
  const { approveBy, dueAt } = await steer.load(id);
  expect((dueAt?.getTime() ?? 0) - fleet.engine.clock.getTime()).toBe(300_000);
  fleet.engine.clock = new Date((approveBy?.getTime() ?? 0) + 1_000);
  expect(await fleet.advance(id)).toBe("aborted");
});

test("ticks that change nothing leave no trace, and what is left leads to the same state", {
  timeout: 60_000,
}, async () => {
  await steer.freshPool({ maxUnavailable: { nodes: 1 } });
  const [held = ""] = await fleet.addDead(1, { pool: steer.pool });
  const nodes = await fleet.addDead(2, { pool: steer.pool });
  // The whole budget is in other hands.
  const id = await steer.begin(steer.startRuntime({ where: { nodes } }));
  const at = fleet.engine.clock;
  const lease = { nodeId: held, pool: steer.pool, kind: "cordon", owner: "user:x", ownerName: "x", takenAt: at };
  await fleet.db.lease.create({ data: { ...lease, activeKey: held } });
  for (let i = 0; i < 3; i += 1) await fleet.turn(id, 12);
  const before = await fleet.db.rolloutEvent.count({ where: { rolloutId: id } });
  expect((await steer.load(id)).state.why?.en).toContain("1 under way + 1 asked");
  for (let i = 0; i < 30; i += 1) await fleet.turn(id, 12);
  expect(await fleet.db.rolloutEvent.count({ where: { rolloutId: id } })).toBe(before);
  const due = (await steer.load(id)).dueAt?.getTime() ?? 0;
  expect(due).toBeGreaterThan(fleet.engine.clock.getTime()); // it is not looked at again and again meanwhile
  await fleet.db.lease.updateMany({ where: { nodeId: held }, data: { activeKey: null, releasedAt: at } });
  expect(await fleet.turnUntil(id, ["succeeded", "paused", "halted"], 150)).toBe("succeeded");
  const { state, policy } = await steer.load(id);
  const { entries, isWhole } = await readLog(fleet.db, id);
  expect(isWhole).toBe(true);
  expect(replay(entries, policy)).toEqual(state);
});

test("a label that a person set meanwhile stays on the way back, and so do labels that others wrote", {
  timeout: 60_000,
}, async () => {
  const [first = "", second = ""] = await fleet.addNodes(2, { pool: steer.pool });
  await fleet.db.node.update({ where: { id: first }, data: { labels: { team: "db", tier: "1" } } });
  const id = await steer.begin(steer.setLabel({ policy: { rehearse: false, domain: "none", first: 2 } }));
  for (let i = 0; i < 200 && (await steer.counts(id)).applied !== 2; i += 1) await fleet.turn(id, 12);
  await fleet.db.node.update({ where: { id: second }, data: { labels: { team: "mine" } } });
  await fleet.db.node.update({ where: { id: first }, data: { labels: { team: "web", tier: "2", rack: "a" } } });
  if ((await steer.load(id)).state.phase !== "succeeded") {
    await rollBackRollout.call(steer.as("olga"), { id, reason: "not good" });
    expect(await fleet.turnUntil(id, ["rolled-back"], 40)).toBe("rolled-back");
    const labels = await fleet.db.node.findMany({
      where: { id: { in: [first, second] } },
      select: { id: true, labels: true },
    });
    expect(new Map(labels.map((node) => [node.id, node.labels]))).toEqual(
      new Map([
        [first, { team: "db", tier: "2", rack: "a" }],
        [second, { team: "mine" }],
      ]),
    );
  } else throw new Error("it was over before it could go back");
});

test("an automatic rollout that is paused and that nobody looks at is given up after a day", {
  timeout: 60_000,
}, async () => {
  await fleet.addDead(4, { pool: steer.pool });
  const id = await steer.begin(steer.startRuntime());
  await fleet.db.rollout.update({ where: { id }, data: { origin: "auto", requestedBy: "system:workers" } });
  const at = fleet.engine.clock.getTime();
  const why = { en: "silent", zh: "无" };
  const paused = { event: { type: "pause", at, by: "x", why } as const, actor: "system:judge" };
  await fleet.db.$transaction((tx) => giveEvents(tx, id, [paused], fleet.engine.clock));
  fleet.engine.pass(3_600);
  expect(await dueRollouts(database.as("workers"), fleet.engine.clock)).not.toContain(id);
  fleet.engine.pass(24 * 3_600);
  expect(await dueRollouts(database.as("workers"), fleet.engine.clock)).toContain(id);
  expect(await fleet.advance(id)).toBe("aborted");
});

test("time limits never wait for whoever brings the same run forward, nor make them wait", {
  timeout: 60_000,
}, async () => {
  await fleet.addDead(2, { pool: steer.pool });
  fleet.answers = () => "silent";
  const id = await steer.begin(
    steer.startRuntime({ policy: { rehearse: false, applyTimeoutMs: 60_000, onFail: "halt" } }),
  );
  await fleet.turn(id, 12);
  const [run] = await runsOf(id);
  fleet.engine.pass(70);
  // Somebody brings the run forward right now: its row is locked.
  await fleet.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM repair WHERE id = ${run?.id}::uuid FOR UPDATE`;
    expect(await fleet.advance(id)).toBe("running");
    expect(await steer.counts(id)).toMatchObject({ applying: 1 });
    await tx.$executeRaw`UPDATE rollout_target SET attempt = attempt WHERE rollout_id = ${id}::uuid`;
  });
  fleet.engine.pass(5);
  expect(await fleet.advance(id)).toBe("halted");
  expect(await steer.counts(id)).toMatchObject({ failed: 1 });
  await advanceRepair(database.as("workers"), run?.id ?? "", fleet.engine.now);
});

test("a rollout of one repair that is aborted while it waits for approval never begins", {
  timeout: 60_000,
}, async () => {
  const nodeId = await fleet.engine.freshNode();
  const findingId = await fleet.engine.openHung();
  const { id } = await fleet.engine.start(steer.as("olga"), findingId);
  const run = await fleet.db.repair.findUniqueOrThrow({ where: { id } });
  expect(run.state).toBe("awaiting");
  await abortRollout.call(steer.as("omar"), { id: run.rolloutId ?? "", reason: "not now" });
  await advanceRepair(database.as("workers"), id, fleet.engine.now);
  expect((await fleet.db.repair.findUniqueOrThrow({ where: { id } })).state).toBe("cancelled");
  expect(await fleet.db.lease.count({ where: { nodeId, activeKey: { not: null } } })).toBe(0);
});

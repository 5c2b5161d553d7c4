// The worker dies: before each statement of every transaction, before and after each commit. Somebody else goes on, and the end is the same as if nobody had died.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Tx } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey } from "../dispatch/dispatcher.fixture.ts";
import { advanceRepair } from "../repairs/advance.ts";
import { advanceRollout } from "./advance.ts";
import { readLog, replay } from "./event-log.ts";
import { Fleet } from "./fleet.fixture.ts";
import { pauseRollout, resumeRollout } from "./orders.ts";
import { Steer } from "./steer.fixture.ts";

class Died extends Error {
  override name = "Died";
}

/** A database whose clients die at every point of every transaction, one after the other, until the last one gets through. */
class Mortal {
  readonly client: PrismaClient;
  deaths = 0;
  /** Every so many commits whoever has committed dies right after; 0: never. */
  readonly #afterCommit: number;
  #commits = 0;

  constructor(db: PrismaClient, afterCommit: number) {
    this.#afterCommit = afterCommit;
    this.client = new Proxy(db, {
      get: (target, name) => (name === "$transaction" ? this.#transaction(target) : Reflect.get(target, name)),
    });
  }

  #transaction =
    (db: PrismaClient) =>
    async <T>(run: (tx: Tx) => Promise<T>, options?: object): Promise<T> => {
      for (let point = 0; ; point += 1) {
        try {
          const result = await db.$transaction(async (tx) => {
            const life = { left: point };
            const done = await run(mortal(tx, life));
            spend(life);
            return done;
          }, options);
          this.#commits += 1;
          if (this.#afterCommit === 0 || this.#commits % this.#afterCommit !== 0) return result;
        } catch (err) {
          if (!(err instanceof Died)) throw err;
          this.deaths += 1;
          continue;
        }
        this.deaths += 1;
        throw new Died("after the commit");
      }
    };
}

function spend(life: { left: number }): void {
  if (life.left === 0) throw new Died("within the transaction");
  life.left -= 1;
}

/** A transaction that ends after so many statements. */
function mortal<T extends object>(of: T, life: { left: number }): T {
  return new Proxy(of, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value === "function")
        return async (...args: unknown[]) => {
          spend(life);
          return await Reflect.apply(value, target, args);
        };
      return typeof value === "object" && value !== null ? mortal(value, life) : value;
    },
  });
}

const anna = localKey("user:anna");
let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database, anna);
  for (const id of ["olga", "anna"]) await fleet.engine.person(id, "operator");
  steer = new Steer(fleet, anna);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});

const survive = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((err: unknown) => {
    if (!(err instanceof Died)) throw err;
  });
};

/**
 * Six nodes, the way back rehearsed on the canary, a pause while commands are on their way, a bad verdict in the second wave, everything back.
 * @returns how it ended, without what differs by name and by time
 */
async function story(workers: PrismaClient, web: PrismaClient) {
  const pool = await steer.freshPool({ maxUnavailable: { nodes: 2 } });
  await fleet.addNodes(6, { pool });
  fleet.verdict = (wave, { state }) =>
    fleet.judged(
      wave,
      wave === 1 && state.stage === "soak" && (state.waves[1]?.soakedMs ?? 0) > 20_000 ? "fail" : "pass",
    );
  const policy = { rehearse: true, soakMs: 60_000, domain: "none", maxErrors: 2 } as const;
  const id = await steer.begin(steer.setSysctl({ policy }));
  const turn = async (seconds: number): Promise<void> => {
    fleet.engine.pass(seconds);
    const judge = async (_db: unknown, rollout: Parameters<Fleet["verdict"]>[1], wave: number) =>
      fleet.verdict(wave, rollout);
    await survive(advanceRollout(workers, id, fleet.engine.now, { judge }));
    for (let i = 0; i < 3; i += 1) {
      const runs = await fleet.db.repair.findMany({ where: { rolloutId: id, endedAt: null }, select: { id: true } });
      for (const run of runs) await survive(advanceRepair(workers, run.id, fleet.engine.now));
      await fleet.engine.dispatch();
      await fleet.agents();
    }
    const away = await fleet.db.lease.count({ where: { pool, activeKey: { not: null }, kind: { not: "soak" } } });
    expect(away).toBeLessThanOrEqual(2);
  };
  let isPaused = false;
  for (let i = 0; i < 200; i += 1) {
    const { phase, wave, waves } = (await steer.load(id)).state;
    if (phase === "rolled-back") break;
    if (!isPaused && wave === 1 && (waves[1]?.counts.applying ?? 0) > 0) {
      isPaused = true;
      await pauseRollout.call({ ...steer.as("olga"), db: web }, { id, reason: "look first" });
      for (let j = 0; j < 3; j += 1) await turn(70);
      fleet.answers = () => "done";
      await resumeRollout.call({ ...steer.as("olga"), db: web }, { id, reason: "go on" });
    }
    // In the second wave nothing reaches its node before the pause.
    if (!isPaused && wave === 1) fleet.answers = () => "silent";
    await turn(10);
  }
  return ending(id, pool);
}

async function ending(id: string, pool: string) {
  const { state, policy } = await steer.load(id);
  const { entries, isWhole } = await readLog(fleet.db, id);
  expect(isWhole).toBe(true);
  expect(replay(entries, policy)).toEqual(state);
  const nodes = await fleet.db.node.findMany({ where: { pool }, select: { id: true } });
  const carried = await fleet.db.command.findMany({
    where: { repair: { rolloutId: id }, role: "step", state: { in: ["accepted", "done", "failed", "unknown"] } },
    select: { nodeId: true, type: true },
  });
  const byNode = nodes.map((node) => carried.filter(({ nodeId }) => nodeId === node.id).map(({ type }) => type));
  return {
    phase: state.phase,
    waves: state.waves.map(({ counts }) => counts),
    targets: (await steer.targets(id)).map(({ wave, state: at }) => `${wave} ${at}`).sort(),
    carried: byNode.map((types) => types.sort().join(" ")).sort(),
    leases: await fleet.db.lease.count({ where: { pool, activeKey: { not: null } } }),
    running: await fleet.db.repair.count({ where: { rolloutId: id, activeKey: { not: null } } }),
  };
}

test("wherever a worker dies, the end is the same: each command once, no node left in anybody's hands", {
  timeout: 300_000,
}, async () => {
  const unharmed = await story(database.as("workers"), database.as("web"));
  expect(unharmed).toMatchObject({ phase: "rolled-back", leases: 0, running: 0 });
  expect(unharmed.carried).toEqual([
    "",
    "",
    "sysctl.put sysctl.put sysctl.restore sysctl.restore", // the canary, with its rehearsal
    "sysctl.put sysctl.restore",
    "sysctl.put sysctl.restore",
    "sysctl.put sysctl.restore",
  ]);
  const workers = new Mortal(database.as("workers"), 3);
  const web = new Mortal(database.as("web"), 0);
  expect(await story(workers.client, web.client)).toEqual(unharmed);
  expect(workers.deaths).toBeGreaterThan(500);
  expect(web.deaths).toBeGreaterThan(20);
});

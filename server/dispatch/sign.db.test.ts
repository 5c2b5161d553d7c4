// The moment of signing: what is on the dispatcher's disk and what is in the row never disagree, whichever of the two is lost; and a freeze that comes
// between decision and signature is in time.
import { rmSync } from "node:fs";
import pg from "pg";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { loadSigningKey } from "../trust/signing.ts";
import {
  addApproval,
  addCommand,
  addRun,
  localKey,
  makeFolder,
  PUBLIC_URL,
  statementOf,
} from "./dispatcher.fixture.ts";
import { Dispatcher } from "./dispatcher.ts";
import { plans } from "./plans.fixture.ts";

let database: TestDatabase;
let dataDir = "";
let pool: pg.Pool;
/** SQL → what happens in its place, once. */
let trip: { on: RegExp; run: () => Promise<void> } | null = null;
const anna = localKey("user:anna");

beforeAll(async () => {
  database = await testDatabase();
  pool = new pg.Pool({ connectionString: database.urlOf("dispatcher"), max: 2 });
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    // The real connection, with something else happening right before one statement.
    client.query = (async (...args: unknown[]) => {
      const now = trip;
      if (now && typeof args[0] === "string" && now.on.test(args[0])) {
        trip = null;
        await now.run();
      }
      return query(...args);
    }) as typeof client.query;
  });
});
beforeEach(async () => {
  dataDir = await makeFolder(anna);
  trip = null;
  return () => rmSync(dataDir, { recursive: true });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const open = () =>
  new Dispatcher({
    dataDir,
    pool,
    key: loadSigningKey(dataDir),
    publicUrl: PUBLIC_URL,
    log: pino({ level: "silent" }),
  });
const command = (id: string) => database.prisma.command.findUniqueOrThrow({ where: { id } });
let nodes = 0;
async function approvedRun() {
  nodes += 1;
  const name = `node-${nodes}`;
  const nodeId = await addNode(database.prisma, { name });
  const run = await addRun(database.pool, { nodeId, ...plans.disruptive });
  const statement = statementOf(run, name);
  await addApproval(database.pool, statement, anna.sign(statement));
  return run;
}

test("a commit that is lost: the next dispatcher stores the same bytes, and signs nothing twice", async () => {
  const run = await approvedRun();
  const id = await addCommand(database.pool, run);
  const dispatcher = open();
  trip = {
    on: /^COMMIT/,
    run: async () => {
      throw Object.assign(new Error("connection lost"), { code: "ECONNRESET" });
    },
  };
  // No other transaction than the signature's is in this round.
  await expect(dispatcher.round()).rejects.toThrow("connection lost");
  dispatcher.close();
  expect((await command(id)).state).toBe("queued");
  // Meanwhile the approval is gone: what was decided stays decided, and is not decided again.
  await database.pool.query("DELETE FROM approval");
  const next = open();
  await next.round();
  const first = await command(id);
  expect([first.state, first.generation]).toEqual(["signed", expect.any(Number)]);
  await database.pool.query("UPDATE command SET state = 'queued', payload = NULL WHERE id = $1", [id]);
  await next.round();
  const second = await command(id);
  expect(Buffer.from(second.payload ?? [])).toEqual(Buffer.from(first.payload ?? []));
  expect(Buffer.from(second.signature ?? [])).toEqual(Buffer.from(first.signature ?? []));
  next.close();
});

test("a freeze that comes after the decision and before the signature is in time", async () => {
  const run = await approvedRun();
  const id = await addCommand(database.pool, run);
  const dispatcher = open();
  trip = {
    on: /FOR UPDATE SKIP LOCKED/,
    run: async () => {
      await database.pool.query(
        `INSERT INTO "freeze" (reason, set_by, set_by_name, set_at) VALUES ('fire', 'user:olga', 'Olga', now())`,
      );
    },
  };
  await dispatcher.round();
  expect(await command(id)).toMatchObject({ state: "queued", payload: null });
  await dispatcher.round();
  expect(dispatcher.status()).toMatchObject({ waiting: { frozen: 1 } });
  dispatcher.close();
  await database.pool.query(`DELETE FROM "freeze"`);
});

test("what is signed is what was judged, not what the row says by then", async () => {
  const run = await approvedRun();
  const id = await addCommand(database.pool, run);
  const dispatcher = open();
  const evil = JSON.stringify({ key: "kernel.pid_max", expected: "1", value: "301" });
  trip = {
    on: /FOR UPDATE SKIP LOCKED/,
    run: async () => {
      await database.pool.query("UPDATE command SET type = 'sysctl.set', params = $2 WHERE id = $1", [id, evil]);
    },
  };
  await dispatcher.round();
  const row = await command(id);
  const payload = JSON.parse(Buffer.from(row.payload ?? []).toString());
  expect([row.state, payload.action]).toEqual(["signed", run.plan.steps[0]?.action]);
  dispatcher.close();
});

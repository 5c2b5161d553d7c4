// Rollouts through the whole dispatcher, on real rows: one approval for many nodes, forth and back, over restarts and lost rows; and nothing that was put
// into the rows afterwards.
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import pg from "pg";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { changeHashOf, policyHashOf } from "../../changes/hashes.ts";
import type { CommandAction } from "../../protocol/commands.ts";
import type { RolloutStatement } from "../../protocol/statement.ts";
import type { Plan } from "../../repairs/define.ts";
import { defaultPolicy } from "../../rollout/policy.ts";
import type { Policy } from "../../rollout/types.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { loadSigningKey } from "../trust/signing.ts";
import { addApproval, addCommand, addRun, localKey, makeFolder, PUBLIC_URL } from "./dispatcher.fixture.ts";
import { Dispatcher } from "./dispatcher.ts";
import { targetsOf } from "./rollout-rules.ts";

let database: TestDatabase;
let dataDir = "";
let pool: pg.Pool;
const anna = localKey("user:anna");
let names = 0;

beforeAll(async () => {
  database = await testDatabase();
  pool = new pg.Pool({ connectionString: database.urlOf("dispatcher"), max: 2 });
});
beforeEach(async () => {
  dataDir = await makeFolder(anna);
  return () => rmSync(dataDir, { recursive: true });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const change = { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } };
const put: CommandAction = { type: "sysctl.put", params: change.params };
const restore: CommandAction = { type: "sysctl.restore", params: { key: "vm.max_map_count", putValue: "262144" } };
const words = { en: "step", zh: "步骤" };
const planOf = (action: CommandAction): Plan => ({
  evidence: { sections: ["pressure"] },
  steps: [{ title: words, action }],
  touches: words,
});

const open = (now: () => number = Date.now) =>
  new Dispatcher({
    now,
    dataDir,
    pool,
    key: loadSigningKey(dataDir),
    publicUrl: PUBLIC_URL,
    log: pino({ level: "silent" }),
  });

/** A running rollout over new nodes, as the engine writes it; all of them in its first wave unless told. */
async function addRollout(
  count: number,
  over: Partial<Policy> = {},
): Promise<{ statement: RolloutStatement; nodeIds: string[] }> {
  const id = randomUUID();
  const nodeIds: string[] = [];
  for (let i = 0; i < count; i += 1) {
    names += 1;
    nodeIds.push(await addNode(database.prisma, { name: `node-${names}` }));
  }
  const base = defaultPolicy({ risk: "disruptive", count, lane: "normal", isReversible: true });
  const policy = { ...base, first: count, ...over };
  const hashes = {
    changeHash: changeHashOf(change),
    policyHash: policyHashOf(policy),
    targetHash: targetsOf(nodeIds).hash,
  };
  await database.pool.query(
    `INSERT INTO rollout (id, title, kind, change, change_hash, "where", policy, policy_hash, risk, is_reversible, seed, target_hash, target_count, phase,
       state, requested_by, requested_by_name, created_at)
     VALUES ($1, 'more maps', $2, $3, $4, '{}', $5, $6, 'disruptive', true, 's', $7, $8, 'running', '{}', 'user:olga', 'olga', now())`,
    [
      id,
      change.kind,
      JSON.stringify(change),
      hashes.changeHash,
      JSON.stringify(policy),
      hashes.policyHash,
      hashes.targetHash,
      count,
    ],
  );
  for (const nodeId of nodeIds) await addTarget(id, nodeId);
  const statement: RolloutStatement = {
    v: 1,
    kind: "rollout",
    rolloutId: id,
    title: "more maps",
    change: change.kind,
    ...hashes,
    targetCount: count,
    lane: "normal",
    risk: "disruptive",
    requestedBy: "user:olga",
    expiresAt: Date.now() + 600_000,
  };
  return { statement, nodeIds };
}

const addTarget = (rolloutId: string, nodeId: string) =>
  database.pool.query(
    "INSERT INTO rollout_target (rollout_id, node_id, wave, turn, state, health_before, changed_at) VALUES ($1, $2, 0, 0, 'applying', 'well', now())",
    [rolloutId, nodeId],
  );

async function queue(rolloutId: string, nodeId: string, action = put, direction = "apply"): Promise<string> {
  const run = await addRun(database.pool, { nodeId, repairId: "change/sysctl", plan: planOf(action) });
  await database.pool.query("UPDATE repair SET rollout_id = $2, direction = $3 WHERE id = $1", [
    run.id,
    rolloutId,
    direction,
  ]);
  return addCommand(database.pool, run);
}
async function outcome(id: string): Promise<string> {
  const { state, result } = await database.prisma.command.findUniqueOrThrow({ where: { id } });
  return state === "refused" ? `${(result as { code?: string } | null)?.code}` : state;
}
/** Until a connection waits for a row that another one holds. */
async function waitsForLock(): Promise<void> {
  for (let i = 0; i < 2_000; i += 1) {
    const { rows } = await database.pool.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()",
    );
    if ((rows[0]?.n ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("nobody waits");
}
const setPhase = (id: string, phase: string) =>
  database.pool.query("UPDATE rollout SET phase = $2 WHERE id = $1", [id, phase]);

test("one approval carries every node forth and back, over a restart, after its time, and when it was halted", async () => {
  const { statement, nodeIds } = await addRollout(3);
  const [a = "", b = "", c = ""] = nodeIds;
  const id = statement.rolloutId;
  const early = await queue(id, a);
  let dispatcher = open();
  await dispatcher.round();
  expect(await outcome(early)).toBe("dispatcher:not-approved");

  const approval = await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  await dispatcher.round();
  expect(await database.prisma.approval.findUniqueOrThrow({ where: { id: approval } })).toMatchObject({
    verdict: "accepted",
  });
  const forth = [await queue(id, a), await queue(id, b)];
  await dispatcher.round();
  expect(await Promise.all(forth.map(outcome))).toEqual(["signed", "signed"]);
  dispatcher.close();

  // Neither its row nor a node that is gone is needed any more: what was accepted lies on the dispatcher's own disk.
  await database.pool.query("DELETE FROM approval WHERE id = $1", [approval]);
  await database.pool.query("DELETE FROM rollout_target WHERE rollout_id = $1 AND node_id = $2", [id, c]);
  dispatcher = open();
  const more = await queue(id, c);
  await dispatcher.round();
  expect(await outcome(more)).toBe("signed");
  await setPhase(id, "halted");
  const [late, back] = [await queue(id, b), await queue(id, a, restore, "revert")];
  await dispatcher.round();
  expect([await outcome(late), await outcome(back)]).toEqual(["dispatcher:rollout-not-active", "signed"]);
  await setPhase(id, "rolled-back");
  const over = await queue(id, a, restore, "revert");
  await dispatcher.round();
  expect(await outcome(over)).toBe("dispatcher:rollout-not-active");
  dispatcher.close();
});

test("rows that were changed after the approval carry nothing", async () => {
  const { statement, nodeIds } = await addRollout(2);
  const [a = ""] = nodeIds;
  const id = statement.rolloutId;
  await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  const dispatcher = open();
  await dispatcher.round();
  const other = await addNode(database.prisma, { name: "another" });
  await addTarget(id, other);
  const onAnother = await queue(id, other);
  await dispatcher.round();
  expect(await outcome(onAnother)).toBe("dispatcher:not-a-target");
  // With the hash made to fit as well.
  await database.pool.query("UPDATE rollout SET target_hash = $2, target_count = 3 WHERE id = $1", [
    id,
    targetsOf([...nodeIds, other]).hash,
  ]);
  const again = await queue(id, other);
  await dispatcher.round();
  expect(await outcome(again)).toBe("dispatcher:rollout-changed");
  const swapped = { kind: "sysctl", params: { key: "vm.swappiness", value: "0" } };
  await database.pool.query(
    "UPDATE rollout SET target_hash = $2, target_count = 2, change = $3, change_hash = $4 WHERE id = $1",
    [id, statement.targetHash, JSON.stringify(swapped), changeHashOf(swapped)],
  );
  const command = await queue(id, a, { type: "sysctl.put", params: swapped.params });
  await dispatcher.round();
  expect(await outcome(command)).toBe("dispatcher:rollout-changed");
  dispatcher.close();
});

test("a rollout that is over stays over, whatever its row says later", async () => {
  const { statement, nodeIds } = await addRollout(2);
  const [a = "", b = ""] = nodeIds;
  const id = statement.rolloutId;
  await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  let dispatcher = open();
  const first = await queue(id, a);
  await dispatcher.round();
  expect(await outcome(first)).toBe("signed");
  await setPhase(id, "aborted");
  await dispatcher.round();
  await setPhase(id, "running");
  const later = await queue(id, b);
  await dispatcher.round();
  expect(await outcome(later)).toBe("dispatcher:rollout-over");
  dispatcher.close();
  // Nor after a restart, although its signature is good for a while yet.
  dispatcher = open();
  const last = await queue(id, b);
  await dispatcher.round();
  expect(await outcome(last)).toBe("dispatcher:rollout-over");
  dispatcher.close();
});

test("new nodes come wave by wave, however many rows ask for it and whatever wave they say, over a restart", async () => {
  const { statement, nodeIds } = await addRollout(12, { first: 1, growth: 3 });
  const id = statement.rolloutId;
  await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  let now = Date.now();
  let dispatcher = open(() => now);
  const commands: string[] = [];
  for (const nodeId of nodeIds) commands.push(await queue(id, nodeId));
  const signed = async () => {
    await dispatcher.round();
    return (await Promise.all(commands.map(outcome))).filter((state) => state === "signed").length;
  };
  expect([await signed(), await signed()]).toEqual([1, 1]);
  expect(dispatcher.status().waiting).toEqual({ pace: 11 });
  dispatcher.close();
  dispatcher = open(() => now);
  expect(await signed()).toBe(1);
  now += 59_000;
  expect(await signed()).toBe(1);
  now += 1_000;
  expect([await signed(), await signed()]).toEqual([4, 4]);
  // The way back waits for nothing.
  const back = await queue(id, nodeIds[0] ?? "", restore, "revert");
  expect(await signed()).toBe(4);
  expect(await outcome(back)).toBe("signed");
  now += 60_000;
  expect(await signed()).toBe(12);
  dispatcher.close();
});

test("no node is taken through a rollout over and over", async () => {
  const { statement, nodeIds } = await addRollout(1);
  const [a = ""] = nodeIds;
  const id = statement.rolloutId;
  await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  const dispatcher = open();
  await dispatcher.round();
  const commands: string[] = [];
  for (let i = 0; i < 22; i += 1) {
    commands.push(await queue(id, a));
    await dispatcher.round();
    await database.pool.query("UPDATE command SET state = 'done' WHERE state = 'signed'");
    await database.pool.query("UPDATE repair SET state = 'done', active_key = NULL WHERE rollout_id = $1", [id]);
  }
  const ends = await Promise.all(commands.map(outcome));
  expect(ends.filter((end) => end === "done")).toHaveLength(20);
  expect(ends.slice(20)).toEqual(["dispatcher:too-often", "dispatcher:too-often"]);
  dispatcher.close();
});

test("what was halted while a page was decided on gets no signature any more", async () => {
  const { statement, nodeIds } = await addRollout(2);
  const id = statement.rolloutId;
  await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  const dispatcher = open();
  await dispatcher.round();
  const commands = [await queue(id, nodeIds[0] ?? ""), await queue(id, nodeIds[1] ?? "")];
  // The halt commits between the look at the rows and the signature: whoever locks a node sees to it that it does.
  const other = await database.pool.connect();
  await other.query("BEGIN");
  await other.query("SELECT 1 FROM node WHERE id = ANY($1::uuid[]) FOR UPDATE", [nodeIds]);
  const round = dispatcher.round();
  await waitsForLock();
  await other.query("UPDATE rollout SET phase = 'halted' WHERE id = $1", [id]);
  await other.query("COMMIT");
  other.release();
  await round;
  expect(await Promise.all(commands.map(outcome))).toEqual(["queued", "queued"]);
  await dispatcher.round();
  expect(await Promise.all(commands.map(outcome))).toEqual(Array(2).fill("dispatcher:rollout-not-active"));
  dispatcher.close();
});

test("signatures for rollouts that are not there get their verdict, and hide no other", async () => {
  const { statement } = await addRollout(1);
  const junk = [
    await addApproval(database.pool, statement, anna.sign(statement), { subject: randomUUID() }),
    await addApproval(database.pool, statement, anna.sign(statement), { subject: "no id at all" }),
  ];
  const good = await addApproval(database.pool, statement, anna.sign(statement), { person: "user:anna" });
  const dispatcher = open();
  await dispatcher.round();
  const verdictOf = async (id: string) => (await database.prisma.approval.findUniqueOrThrow({ where: { id } })).verdict;
  expect(await Promise.all([...junk, good].map(verdictOf))).toEqual(["refused", "refused", "accepted"]);
  dispatcher.close();
});

test("a signature for another rollout, or of the requester, accepts nothing", async () => {
  const first = await addRollout(1);
  const second = await addRollout(1);
  await addApproval(database.pool, first.statement, anna.sign(first.statement), {
    subject: second.statement.rolloutId,
  });
  const bert = localKey("user:bert");
  await addApproval(database.pool, second.statement, bert.sign(second.statement));
  const dispatcher = open();
  const command = await queue(second.statement.rolloutId, second.nodeIds[0] ?? "");
  await dispatcher.round();
  expect(await outcome(command)).toBe("dispatcher:not-approved");
  dispatcher.close();
});

test("what was accepted and cannot be read stops the dispatcher", async () => {
  const { statement } = await addRollout(1);
  await addApproval(database.pool, statement, anna.sign(statement));
  const dispatcher = open();
  await dispatcher.round();
  dispatcher.close();
  const path = `${dataDir}/dispatcher/rollouts/${statement.rolloutId}.json`;
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(/"nodeIds":\["(.)/, (_, c) => `"nodeIds":["${c === "e" ? "f" : "e"}`),
  );
  expect(open).toThrow("damaged");
});

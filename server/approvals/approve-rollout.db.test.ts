// Signatures over rollouts on a real PostgreSQL, with the real planner and the real dispatcher: who may sign what, what a signature is worth, and races.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { RolloutStatement, STATEMENT_TTL_MS } from "../../protocol/statement.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Grant } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey, type Signer } from "../dispatch/dispatcher.fixture.ts";
import { Fleet } from "../rollouts/fleet.fixture.ts";
import { planRollout } from "../rollouts/plan.ts";
import { getRollout } from "../rollouts/read.ts";
import type { PlanRolloutInput } from "../rollouts/schema.ts";
import { startRollout } from "../rollouts/start.ts";
import { approveRollout } from "./approve-rollout.ts";

let database: TestDatabase;
let db: PrismaClient;
let fleet: Fleet;
/** Holds the first key. */
const anna = localKey("user:anna");
const bert = localKey("user:bert");
let asAnna: Context;
let asBert: Context;
let asOlga: Context;
let pool = "";
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database, anna);
  await fleet.engine.person("anna", "admin");
  await fleet.engine.person("olga", "operator");
  await fleet.engine.dispatch();
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(async () => {
  count += 1;
  pool = `signed-${count}`;
  fleet.engine.clock = new Date();
  asAnna = fleet.contextOf("anna", "admin");
  asBert = fleet.contextOf("bert", "approver");
  asOlga = fleet.contextOf("olga", "operator");
  await fleet.addNodes(3, { pool });
});

const plan = (ctx: Context, over: Partial<PlanRolloutInput> = {}) =>
  planRollout.call(ctx, {
    change: { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } },
    where: { selector: `pool=${pool}` },
    policy: { rehearse: false, soakMs: 60_000 },
    ...over,
  });
const statementOf = async (id: string): Promise<RolloutStatement> =>
  RolloutStatement.parse((await db.rollout.findUniqueOrThrow({ where: { id } })).statement);
const approve = async (ctx: Context, key: Signer, id: string, over: Partial<RolloutStatement> = {}) =>
  approveRollout.call(ctx, { id, signature: key.sign({ ...(await statementOf(id)), ...over }) });
const phaseOf = async (id: string) => (await db.rollout.findUniqueOrThrow({ where: { id } })).phase;
const refusal = (en: string) => ({ code: "conflict", publicMessage: expect.stringContaining(en) });
const limitedTo = (ctx: Context, ...grants: Grant[]): Context => ({
  ...ctx,
  actor: { ...ctx.actor, grants } as Context["actor"],
});

/** A second person with an account and an accepted key, for one test. */
async function withBert<T>(work: () => Promise<T>, selector = "*"): Promise<T> {
  await db.user.create({ data: { id: "bert", email: "bert@console.example", name: "bert", role: "approver" } });
  const { keyId: id, type, person, publicKey } = bert;
  const times = { requestedAt: fleet.engine.clock, changedAt: fleet.engine.clock };
  const key = { id, type, person, personName: "bert", publicKey, state: "active", ...times };
  await db.approvalKey.upsert({ where: { id }, create: key, update: { state: "active" } });
  if (selector !== "*") asBert = limitedTo(asBert, { role: "approver", selector });
  try {
    return await work();
  } finally {
    await db.approvalKey.update({ where: { id }, data: { state: "removed" } });
    await db.user.delete({ where: { id: "bert" } });
  }
}

test("one signature carries it through the dispatcher to the first node, and no further than its first wave", async () => {
  const { id, targetHash } = await plan(asOlga);
  expect(await phaseOf(id)).toBe("planned");
  expect((await getRollout.call(asAnna, { id })).approval).toMatchObject({ needed: 1, given: [], canApprove: true });
  expect(await approve(asAnna, anna, id)).toEqual({ id, phase: "approved" });
  const row = await db.approval.findFirstOrThrow({ where: { subject: id } });
  expect(row).toMatchObject({ kind: "rollout", person: "user:anna", keyId: anna.keyId, verdict: "pending" });
  expect(
    await db.auditEvent.findFirstOrThrow({ where: { action: "approvals.approveRollout", entityId: id } }),
  ).toMatchObject({
    actor: "user:anna",
    before: { phase: "planned" },
    after: { by: ["user:anna"], phase: "approved", targetHash },
  });
  await startRollout.call(asOlga, { id, targetHash });
  fleet.answers = () => "silent";
  for (let i = 0; i < 3; i += 1) await fleet.turn(id);
  const after = await db.approval.findUniqueOrThrow({ where: { id: row.id } });
  expect(after.verdict).toBe("accepted");
  const steps = await db.command.findMany({ where: { repair: { rolloutId: id }, role: "step" } });
  expect(steps.map(({ state, type }) => `${type} ${state}`)).toEqual(["sysctl.put signed"]);
});

describe("who may sign", () => {
  test("the requester where nobody else can; not where somebody else can", async () => {
    const alone = await plan(asAnna);
    expect(await approve(asAnna, anna, alone.id)).toMatchObject({ phase: "approved" });
    await withBert(async () => {
      const { id } = await plan(asAnna);
      await expect(approve(asAnna, anna, id)).rejects.toMatchObject(refusal("You asked for it"));
      expect(await approve(asBert, bert, id)).toMatchObject({ phase: "approved" });
    });
  });

  test("two persons for the fast lane, each once; of two at once one sees the other", () =>
    withBert(async () => {
      const fast = { lane: "fast" as const, reason: "a hole is open", policy: { rehearse: false } };
      const one = await plan(asOlga, fast);
      expect(await approve(asAnna, anna, one.id)).toMatchObject({ phase: "planned" });
      await expect(approve(asAnna, anna, one.id)).rejects.toMatchObject(refusal("You approved it already"));
      expect(await approve(asBert, bert, one.id)).toMatchObject({ phase: "approved" });
      const two = await plan(asOlga, fast);
      const both = await Promise.all([approve(asAnna, anna, two.id), approve(asBert, bert, two.id)]);
      expect(both.map(({ phase }) => phase).sort()).toEqual(["approved", "planned"]);
      expect(await phaseOf(two.id)).toBe("approved");
    }));

  test("nobody whose part of the fleet does not hold all of its nodes", () =>
    withBert(async () => {
      await fleet.addNodes(1, { pool: `${pool}-b` });
      const { id } = await plan(asOlga, { where: { selector: `pool=${pool}|${pool}-b` } });
      await expect(approve(asBert, bert, id)).rejects.toMatchObject(refusal("all of its nodes"));
      asBert = limitedTo(asBert, { role: "approver", selector: "pool=elsewhere" });
      await expect(approve(asBert, bert, id)).rejects.toMatchObject({ code: "not_found" });
      expect(await db.approval.count({ where: { subject: id } })).toBe(0);
    }, `pool=${pool}`));

  test("a signature whose key was removed meanwhile counts no more", () =>
    withBert(async () => {
      const { id } = await plan(asOlga, { lane: "fast", reason: "a hole is open", policy: { rehearse: false } });
      await approve(asBert, bert, id);
      await db.approvalKey.update({ where: { id: bert.keyId }, data: { state: "removed" } });
      expect(await approve(asAnna, anna, id)).toMatchObject({ phase: "planned" });
    }));

  test("nobody while the fleet is frozen, after its time, or when it does not wait any more", async () => {
    const { id } = await plan(asOlga);
    const freeze = await db.freeze.create({
      data: { setBy: "user:x", setByName: "x", reason: "r", setAt: new Date() },
    });
    await expect(approve(asAnna, anna, id)).rejects.toMatchObject(refusal("frozen"));
    await db.freeze.update({ where: { epoch: freeze.epoch }, data: { liftedAt: new Date() } });
    fleet.engine.pass(STATEMENT_TTL_MS / 1_000);
    await expect(approve(asAnna, anna, id)).rejects.toMatchObject(refusal("time for approval is over"));
    const next = await plan(asOlga);
    await approve(asAnna, anna, next.id);
    await expect(approve(asAnna, anna, next.id)).rejects.toMatchObject(refusal("does not wait"));
  });
});

describe("what a signature is worth", () => {
  test("nothing over anything but the statement that is shown", async () => {
    const { id } = await plan(asOlga);
    const another = await plan(asOlga);
    const hash = "0".repeat(64);
    const odd: Partial<RolloutStatement>[] = [
      { rolloutId: another.id },
      { changeHash: hash },
      { targetHash: hash },
      { policyHash: hash },
      { targetCount: 1 },
      { lane: "fast" },
      { risk: "safe" },
      { title: "something else" },
    ];
    for (const over of odd)
      await expect(approve(asAnna, anna, id, over)).rejects.toMatchObject(refusal("does not fit"));
    await expect(approve(asAnna, bert, id)).rejects.toMatchObject(refusal("not accepted"));
    expect(await phaseOf(id)).toBe("planned");
  });

  test.each<[string, object]>([
    ["change", { changeHash: "0".repeat(64) }],
    ["nodes", { targetHash: "0".repeat(64) }],
    ["number of nodes", { targetCount: 2 }],
    ["policy", { policyHash: "0".repeat(64) }],
    ["lane", { lane: "fast" }],
    ["risk", { risk: "destructive" }],
    ["title", { title: "something else" }],
    ["kind", { kind: "label" }],
  ])("nothing where the row's %s is not what is signed", async (_name, over) => {
    const { id } = await plan(asOlga);
    await db.rollout.update({ where: { id }, data: over });
    await expect(approve(asAnna, anna, id)).rejects.toMatchObject(refusal("cannot be read"));
  });

  test("a row that says it was approved carries nothing through the dispatcher", async () => {
    const { id, targetHash } = await plan(asOlga);
    const { state } = await db.rollout.findUniqueOrThrow({ where: { id } });
    const forged = { ...(state as object), phase: "approved", approvedBy: ["user:anna"] };
    await db.rollout.update({ where: { id }, data: { phase: "approved", state: forged } });
    await startRollout.call(asOlga, { id, targetHash });
    for (let i = 0; i < 3; i += 1) await fleet.turn(id);
    const commands = await db.command.findMany({ where: { repair: { rolloutId: id } } });
    expect(commands.length).toBeGreaterThan(0);
    for (const { state: end, result } of commands)
      expect([end, (result as { code?: string } | null)?.code]).toEqual(["refused", "dispatcher:not-approved"]);
  });
});

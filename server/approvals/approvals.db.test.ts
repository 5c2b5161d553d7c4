// The two-person rule on a real PostgreSQL with the real dispatcher: who may approve what, that the hash shown is the hash that runs, and races.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { PlanStatement } from "../../protocol/statement.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey, passkey, type Signer } from "../dispatch/dispatcher.fixture.ts";
import { advanceRepair } from "../repairs/advance.ts";
import { cancelRepair } from "../repairs/cancel.ts";
import { alive, dead, Engine, hung } from "../repairs/engine.fixture.ts";
import { getRepair } from "../repairs/get.ts";
import { previewRepair } from "../repairs/preview.ts";
import { startRepair } from "../repairs/start.ts";
import { activeRepairs } from "../repairs/sweep.ts";
import { approveRun, rejectRun, releaseRun } from "./approve.ts";
import { listKeys, requestKey, signKey } from "./keys.ts";
import { getApproval, waitingRuns } from "./waiting.ts";

let database: TestDatabase;
let db: PrismaClient;
let engine: Engine;
const anna = localKey("user:anna");
/** Admin, holder of the first key. */
let asAnna: Context;
let asBert: Context;
/** Operator: starts safe repairs, approves nothing. */
let asOlga: Context;
/** May ask only. */
let asUma: Context;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  engine = await Engine.open(database, anna);
  process.env.DATABASE_URL = database.url; // where the verbs' own jobs go
  asAnna = await engine.person("anna", "admin");
  asBert = engine.contextOf("bert", "approver");
  asOlga = await engine.person("olga", "operator");
  asUma = await engine.person("uma", "user");
  await engine.freshNode();
  await engine.dispatch();
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  engine.close();
  await database.drop();
});
beforeEach(async () => {
  await engine.freshNode();
});

const stateOf = async (id: string) => (await db.repair.findUniqueOrThrow({ where: { id } })).state;
/** Signs what the console offers to sign, as the page does. */
async function approve(ctx: Context, id: string, key: Signer, over: Partial<PlanStatement> = {}) {
  const { approval } = await getApproval.call(ctx, { id });
  const offered = approval.toSign?.statement ?? (await db.repair.findUniqueOrThrow({ where: { id } })).statement;
  return approveRun.call(ctx, { id, signature: key.sign({ ...(offered as PlanStatement), ...over }) });
}
const start = async (ctx: Context) => engine.start(ctx, await engine.openHung());
const until = async (id: string, wanted: string) => {
  for (let i = 0; i < 6 && (await stateOf(id)) !== wanted; i += 1) {
    await engine.advance(id);
    for (const { id: command, state } of await engine.commands(id))
      if (state === "signed") await engine.answer(command, "done");
  }
  return stateOf(id);
};
/** A second person with an account and an accepted key, for one test. */
async function withBert<T>(work: (bert: Signer) => Promise<T>): Promise<T> {
  const bert = localKey("user:bert");
  await db.user.create({ data: { id: "bert", email: "bert@console.example", name: "bert", role: "approver" } });
  const added = await addKey(bert);
  try {
    return await work(bert);
  } finally {
    await removeKey(added, [asBert, bert]);
    await db.user.delete({ where: { id: "bert" } });
  }
}
async function addKey(key: Signer): Promise<string> {
  const at = engine.clock;
  await db.approvalKey.upsert({
    where: { id: key.keyId },
    create: {
      id: key.keyId,
      type: key.type,
      person: key.person,
      personName: key.person,
      publicKey: key.publicKey,
      state: "requested",
      requestedAt: at,
      changedAt: at,
    },
    update: { state: "requested" },
  });
  await signWithAnna(key.keyId);
  return key.keyId;
}
/** `also`: somebody else who wants it; where two persons hold keys, it takes two. */
async function signWithAnna(keyId: string, also?: readonly [Context, Signer]) {
  const row = (await listKeys.call(asAnna, undefined)).find(({ id }) => id === keyId);
  if (!row) throw new Error("no such key");
  const { statement } = row.toSign;
  if (also) await signKey.call(also[0], { keyId, signature: also[1].sign(statement) });
  await signKey.call(asAnna, { keyId, signature: anna.sign(statement) });
  await engine.dispatch();
  engine.pass(61); // the next statement about this key is another one
}
const removeKey = signWithAnna;

describe("one person alone", () => {
  test("a disruptive repair waits, holds nothing up, and runs with the hash that was signed", async () => {
    const { id, state, preview } = await start(asAnna);
    expect(preview).toMatchObject({
      risk: "disruptive",
      approval: { kind: "signature", needed: 1, countsYours: true },
    });
    expect(state).toBe("awaiting");
    expect(await db.repair.findUniqueOrThrow({ where: { id } })).toMatchObject({ activeKey: null });
    expect(await engine.advance(id)).toBe("awaiting");
    expect(await engine.commands(id)).toEqual([]);

    const shown = await getApproval.call(asAnna, { id });
    expect(shown).toMatchObject({
      planHash: preview.planHash,
      isYours: true,
      approval: { canApprove: true, needed: 1 },
    });
    expect(shown.approval.toSign?.statement).toMatchObject({ planHash: preview.planHash, runId: id });
    expect((await waitingRuns.call(asAnna, {})).map((run) => run.id)).toContain(id);

    expect(await approve(asAnna, id, anna)).toMatchObject({ state: "queued" });
    expect(await until(id, "verifying")).toBe("verifying");
    const [evidence, step] = await engine.commands(id);
    expect([evidence?.type, step?.type]).toEqual(["evidence.capture", "module.restart"]);
    const signed = JSON.parse(Buffer.from(step?.payload ?? []).toString());
    expect(signed).toMatchObject({ planHash: preview.planHash, repairId: id });
    engine.pass(60);
    await engine.report(alive());
    expect(await engine.advance(id)).toBe("succeeded");
    expect(await getRepair.call(asAnna, { id })).toMatchObject({
      approvedBy: [{ person: "user:anna", isSigned: true }],
    });
  });

  test("an operator's request waits for the approver, who did not ask", async () => {
    const { id } = await start(asOlga);
    await expect(approve(asOlga, id, localKey("user:olga"))).rejects.toMatchObject({ code: "forbidden" });
    expect(await approve(asAnna, id, anna)).toMatchObject({ state: "queued" });
    expect(await until(id, "verifying")).toBe("verifying");
  });

  test("a safe plan needs nobody; of somebody who may only ask it needs a release by another", async () => {
    const first = await engine.start(asOlga, await engine.openFinding());
    expect(first.state).toBe("queued");
    await cancelRepair.call(asOlga, { id: first.id });
    await engine.advance(first.id);
    const { id, preview, state } = await engine.start(asUma, first.findingId);
    expect(preview.approval).toMatchObject({ kind: "release" });
    expect(state).toBe("awaiting");
    await expect(releaseRun.call(asUma, { id })).rejects.toMatchObject({ code: "forbidden" });
    expect(await releaseRun.call(asOlga, { id })).toMatchObject({ state: "queued" });
    await expect(releaseRun.call(asOlga, { id })).rejects.toMatchObject({ code: "conflict" });
    expect(await until(id, "verifying")).toBe("verifying");
  });

  test("nothing but this run's statement counts", async () => {
    const { id } = await start(asAnna);
    const other = await withOtherRun(id);
    await expect(approve(asAnna, id, anna, { runId: other })).rejects.toMatchObject({ code: "conflict" });
    await expect(approve(asAnna, id, anna, { planHash: "0".repeat(64) })).rejects.toMatchObject({ code: "conflict" });
    await expect(approve(asAnna, id, anna, { risk: "safe" })).rejects.toMatchObject({ code: "conflict" });
    await expect(approve(asAnna, id, anna, { expiresAt: 9_999_999_999_999 })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(approve(asAnna, id, localKey("user:anna"))).rejects.toMatchObject({ code: "conflict" });
    await expect(releaseRun.call(asAnna, { id })).rejects.toMatchObject({ code: "conflict" });
    expect(await stateOf(id)).toBe("awaiting");
  });

  test("nobody approved in time", async () => {
    const { id } = await start(asAnna);
    engine.pass(46 * 60);
    await expect(approve(asAnna, id, anna)).rejects.toMatchObject({ code: "conflict" });
    expect(await activeRepairs(db, engine.clock)).toContain(id);
    expect(await engine.advance(id)).toBe("cancelled");
    expect((await getRepair.call(asAnna, { id })).outcome?.en).toContain("in time");
  });

  test("the same plan waits once", async () => {
    const { findingId, preview } = await start(asAnna);
    const { repairId, planHash } = preview;
    await expect(startRepair.call(asAnna, { findingId, repairId, planHash })).rejects.toMatchObject({
      code: "conflict",
      publicMessage: expect.stringContaining("waits for approval already"),
    });
  });
});

async function withOtherRun(id: string): Promise<string> {
  const row = await db.repair.findUniqueOrThrow({ where: { id } });
  const other = crypto.randomUUID();
  const { activeKey: _activeKey, ...copy } = row;
  await db.repair.create({ data: { ...copy, id: other, state: "cancelled", plan: {}, outcome: {}, statement: {} } });
  return other;
}

describe("an edit after approval voids it", () => {
  test("the node's state changed: the plan is another one", async () => {
    const { id } = await start(asAnna);
    await engine.report(hung(701));
    expect(await approve(asAnna, id, anna)).toMatchObject({ state: "cancelled" });
    expect((await getRepair.call(asAnna, { id })).outcome?.en).toContain("changed since");
    expect(await engine.commands(id)).toEqual([]);
  });

  test.each(["before", "after"] as const)("the row's plan is edited %s the signature", async (when) => {
    const { id } = await start(asAnna);
    const { plan } = await db.repair.findUniqueOrThrow({ where: { id } });
    const edited = JSON.parse(JSON.stringify(plan).replace('"containerd"', '"sshd"'));
    const edit = () => db.repair.update({ where: { id }, data: { plan: edited } });
    if (when === "before") await edit();
    const decided = await approve(asAnna, id, anna);
    expect(decided.state).toBe(when === "before" ? "cancelled" : "queued");
    if (when === "after") await edit();
    expect(["cancelled", "failed"]).toContain(await until(id, "failed"));
    for (const command of await engine.commands(id)) expect(command.payload).toBeNull();
  });

  test("a row that says it was approved is not believed", async () => {
    const { id } = await start(asAnna);
    await db.repair.update({ where: { id }, data: { state: "queued", activeKey: engine.nodeId, risk: "safe" } });
    expect(await until(id, "failed")).toBe("failed");
    const steps = (await engine.commands(id)).filter(({ role }) => role === "step");
    expect(steps).toMatchObject([{ state: "refused", payload: null, signature: null }]);
    expect((await getRepair.call(asAnna, { id })).outcome?.en).toContain("not-approved");
  });
});

describe("two persons", () => {
  test("the requester's own signature does not count; the other's does", () =>
    withBert(async (bert) => {
      const { id, preview } = await start(asAnna);
      expect(preview.approval).toMatchObject({ kind: "signature", needed: 1, countsYours: false });
      const shown = await getApproval.call(asAnna, { id });
      expect(shown.approval).toMatchObject({ canApprove: false, toSign: null });
      await expect(approve(asAnna, id, anna)).rejects.toMatchObject({ code: "conflict" });
      await expect(approve(asBert, id, anna)).rejects.toMatchObject({
        publicMessage: expect.stringContaining("somebody else"),
      });
      expect(await approve(asBert, id, bert)).toMatchObject({ state: "queued" });
      expect(await until(id, "verifying")).toBe("verifying");
    }));

  test("a second account that may approve is enough to end self-approval", async () => {
    const { id } = await start(asAnna);
    await db.user.create({ data: { id: "carl", email: "carl@console.example", name: "carl", role: "approver" } });
    await expect(approve(asAnna, id, anna)).rejects.toMatchObject({
      publicMessage: expect.stringContaining("another person"),
    });
    await db.user.update({ where: { id: "carl" }, data: { disabledAt: engine.clock } });
    expect(await approve(asAnna, id, anna)).toMatchObject({ state: "queued" });
    await db.user.delete({ where: { id: "carl" } });
  });

  test("a destructive plan needs both", () =>
    withBert(async (bert) => {
      const { id } = await start(asAnna);
      const row = await db.repair.findUniqueOrThrow({ where: { id } });
      const statement = { ...(row.statement as PlanStatement), risk: "destructive" as const };
      await db.repair.update({ where: { id }, data: { statement } });
      expect(await approve(asAnna, id, anna)).toMatchObject({ state: "awaiting" });
      await expect(approve(asAnna, id, anna)).rejects.toMatchObject({
        publicMessage: expect.stringContaining("already"),
      });
      expect((await getApproval.call(asBert, { id })).approval).toMatchObject({ needed: 2, canApprove: true });
      expect(await approve(asBert, id, bert)).toMatchObject({ state: "queued" });
    }));

  test("a signature whose key was removed since counts no more", () =>
    withBert(async (bert) => {
      const { id } = await start(asAnna);
      const row = await db.repair.findUniqueOrThrow({ where: { id } });
      const statement = { ...(row.statement as PlanStatement), risk: "destructive" as const };
      await db.repair.update({ where: { id }, data: { statement } });
      expect(await approve(asBert, id, bert)).toMatchObject({ state: "awaiting" });
      await db.user.update({ where: { id: "bert" }, data: { role: "viewer" } });
      await engine.advance(id);
      expect(await stateOf(id)).toBe("awaiting");
      const { approval } = await getApproval.call(asAnna, { id });
      expect(approval.given).toMatchObject([{ person: "user:bert" }]);
    }));
});

describe("races", () => {
  test("the same approval ten times at once starts the run once", async () => {
    const { id } = await start(asAnna);
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => approve(asAnna, id, anna)));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of all) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "conflict" });
    expect(await db.approval.count({ where: { subject: id } })).toBe(1);
    expect(await until(id, "verifying")).toBe("verifying");
    expect(await engine.commands(id)).toHaveLength(2);
  });

  test("an approval and a rejection at once: one is told that it is decided", async () => {
    for (let i = 0; i < 5; i += 1) {
      await engine.freshNode();
      const { id } = await start(asAnna);
      const [yes, no] = await Promise.allSettled([
        approve(asAnna, id, anna),
        rejectRun.call(asAnna, { id, reason: "not now" }),
        advanceRepair(db, id, engine.now),
      ]);
      expect([yes.status, no.status].sort()).toEqual(["fulfilled", "rejected"]);
      expect(await stateOf(id)).toBe(yes.status === "fulfilled" ? "queued" : "cancelled");
    }
  });

  test("approved while another repair runs: it waits for the node, then starts by itself", async () => {
    const { id } = await start(asAnna);
    const findingId = await engine.openFinding({ ...dead, ...hung() }, "runtime-hung");
    const busy = await db.repair.findUniqueOrThrow({ where: { id } });
    const other = await withOtherRun(id);
    await db.repair.update({
      where: { id: other },
      data: { state: "running", activeKey: engine.nodeId, endedAt: null },
    });
    expect(busy.findingId).toBe(findingId);
    expect(await approve(asAnna, id, anna)).toMatchObject({
      state: "awaiting",
      outcome: { en: expect.stringContaining("Another repair") },
    });
    await db.repair.delete({ where: { id: other } });
    expect(await activeRepairs(db, engine.clock)).toContain(id);
    expect(await engine.advance(id)).toBe("capturing");
  });
});

describe("keys", () => {
  test("a passkey is asked for, accepted by a signature, signs, and is removed", async () => {
    const key = passkey("user:anna");
    await db.passkey.create({
      data: { id: key.keyId, userId: "anna", name: "laptop", publicKey: key.publicKey, createdAt: engine.clock },
    });
    await expect(requestKey.call(asOlga, { passkeyId: key.keyId })).rejects.toMatchObject({ code: "forbidden" });
    await expect(requestKey.call(asBert, { passkeyId: key.keyId })).rejects.toMatchObject({ code: "not_found" });
    await requestKey.call(asAnna, { passkeyId: key.keyId });
    const row = async () => (await listKeys.call(asAnna, undefined)).find(({ id }) => id === key.keyId);
    expect(await row()).toMatchObject({
      state: "requested",
      isYours: true,
      toSign: { statement: { kind: "key-add" } },
    });

    const { id } = await start(asAnna);
    await expect(approve(asAnna, id, key)).rejects.toMatchObject({
      publicMessage: expect.stringContaining("not accepted"),
    });
    await signWithAnna(key.keyId);
    expect(await row()).toMatchObject({ state: "active", toSign: { statement: { kind: "key-remove" } } });
    expect(await approve(asAnna, id, key)).toMatchObject({ state: "queued" });
    expect(await until(id, "verifying")).toBe("verifying");
    await removeKey(key.keyId);
    expect(await row()).toMatchObject({ state: "removed" });
  });

  test("a wrong signature accepts nothing, and the last key stays", async () => {
    const stranger = localKey("user:mallory");
    const { id: last } = await db.approvalKey.findFirstOrThrow({ where: { state: "active" } });
    const row = (await listKeys.call(asAnna, undefined)).find(({ id }) => id === last);
    const signature = anna.sign(row?.toSign.statement ?? { v: 1, kind: "unfreeze", epoch: 1, expiresAt: 1 });
    await expect(signKey.call(asAnna, { keyId: last, signature })).rejects.toMatchObject({
      publicMessage: expect.stringContaining("last accepted key"),
    });
    await db.approvalKey.create({
      data: {
        id: stranger.keyId,
        type: "ed25519",
        person: stranger.person,
        personName: "mallory",
        publicKey: stranger.publicKey,
        state: "requested",
        requestedAt: engine.clock,
        changedAt: engine.clock,
      },
    });
    const asked = (await listKeys.call(asAnna, undefined)).find(({ id }) => id === stranger.keyId);
    const own = stranger.sign(asked?.toSign.statement ?? { v: 1, kind: "unfreeze", epoch: 1, expiresAt: 1 });
    await expect(signKey.call(asAnna, { keyId: stranger.keyId, signature: own })).rejects.toMatchObject({
      code: "conflict",
    });
    // A row that says it is accepted: the mirror believes it, the dispatcher does not.
    await db.approvalKey.update({ where: { id: stranger.keyId }, data: { state: "active" } });
    const mallory = await engine.person("mallory", "admin");
    const { id } = await start(asOlga);
    expect(await approve(mallory, id, stranger)).toMatchObject({ state: "queued" });
    expect(await until(id, "failed")).toBe("failed");
    expect((await getRepair.call(asAnna, { id })).outcome?.en).toContain("not-approved");
    await db.approvalKey.delete({ where: { id: stranger.keyId } });
    await db.user.delete({ where: { id: "mallory" } });
  });
});

test("approving is for one's own part of the fleet", async () => {
  const { id } = await start(asOlga);
  const elsewhere: Context = {
    ...asAnna,
    actor: { ...asAnna.actor, grants: [{ role: "admin", selector: "pool=elsewhere" }] } as Context["actor"],
  };
  await expect(approveRun.call(elsewhere, { id, signature: anna.sign(await statement(id)) })).rejects.toMatchObject({
    code: "not_found",
  });
  expect(await waitingRuns.call(elsewhere, {})).toEqual([]);
  expect(await previewRepair.call(asOlga, { findingId: await engine.openHung() })).toMatchObject({
    risk: "disruptive",
  });
});
const statement = async (id: string) =>
  (await db.repair.findUniqueOrThrow({ where: { id } })).statement as PlanStatement;

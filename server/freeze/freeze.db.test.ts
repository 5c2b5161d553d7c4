// The freeze on a real PostgreSQL with the real dispatcher: it stops what has not begun, survives restarts of everything, and takes two to lift.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { StatementSignature } from "../../protocol/statement.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { approveRun } from "../approvals/approve.ts";
import { listKeys, signKey } from "../approvals/keys.ts";
import { getApproval } from "../approvals/waiting.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey, type Signer } from "../dispatch/dispatcher.fixture.ts";
import { advanceRepair } from "../repairs/advance.ts";
import { Engine } from "../repairs/engine.fixture.ts";
import { getRepair } from "../repairs/get.ts";
import { getFreeze, liftFreeze, setFreeze } from "./freeze.ts";
import { stopCommands } from "./stop-commands.ts";

let database: TestDatabase;
let db: PrismaClient;
let engine: Engine;
const anna = localKey("user:anna");
const bert = localKey("user:bert");
let asAnna: Context;
let asOlga: Context;
let asBert: Context;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  engine = await Engine.open(database, anna);
  process.env.DATABASE_URL = database.url; // where the verbs' own jobs go
  asAnna = await engine.person("anna", "admin");
  asOlga = await engine.person("olga", "operator");
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

const freeze = (reason = "something is wrong") => setFreeze.call(asOlga, { reason });
async function lift(ctx: Context, key: Signer): Promise<void> {
  const { lift: offer, epoch } = await getFreeze.call(ctx, undefined);
  if (!offer.toSign || epoch === null) throw new Error("nothing to sign");
  await liftFreeze.call(ctx, { epoch, signature: key.sign(offer.toSign.statement) });
  await engine.dispatch();
}
/** As the workers' sweep does it. */
const sweep = async (id: string) => {
  await stopCommands(db, engine.clock);
  return advanceRepair(db, id, engine.now);
};

test("what has not begun ends, nothing starts, and one alone lifts it where one is alone", async () => {
  const findingId = await engine.openFinding();
  const { id } = await engine.start(asOlga, findingId);
  await freeze();
  expect(await getFreeze.call(asOlga, undefined)).toMatchObject({ isFrozen: true, reason: "something is wrong" });
  expect(await sweep(id)).toBe("cancelled");
  expect((await getRepair.call(asOlga, { id })).outcome?.en).toContain("before anything was touched");
  await expect(engine.start(asOlga, findingId)).rejects.toMatchObject({
    code: "conflict",
    publicMessage: expect.stringContaining("frozen (something is wrong, olga)"),
  });
  expect(await freeze("again")).toEqual({ epoch: (await getFreeze.call(asOlga, undefined)).epoch }); // one freeze, not two
  await engine.dispatch();
  await lift(asAnna, anna);
  expect(await getFreeze.call(asOlga, undefined)).toMatchObject({ isFrozen: false });
  expect(await engine.start(asOlga, findingId)).toMatchObject({ state: "queued" });
});

test("a step that no node has accepted is stopped on its way; one that was accepted ends and nothing follows", async () => {
  const { id } = await engine.start(asOlga, await engine.openFinding());
  await engine.advance(id);
  const [evidence] = await engine.commands(id);
  await engine.answer(evidence?.id ?? "", "done", { changed: false });
  await engine.advance(id);
  const step = (await engine.commands(id))[1];
  expect(step?.state).toBe("signed");
  await freeze();
  expect(await sweep(id)).toBe("failed");
  expect(await db.command.findUniqueOrThrow({ where: { id: step?.id ?? "" } })).toMatchObject({ state: "expired" });
  expect((await getRepair.call(asOlga, { id })).outcome?.en).toContain("frozen");
  await engine.dispatch();
  await lift(asAnna, anna);
});

test("it survives restarts, with the row lifted by hand as well: workers and dispatcher go on standing still", async () => {
  const { id, preview } = await engine.start(asAnna, await engine.openHung());
  const { epoch } = await freeze();
  await engine.dispatch();
  engine.restartDispatcher();
  const { approval } = await getApproval.call(asAnna, { id });
  expect(approval).toMatchObject({
    canApprove: false,
    toSign: null,
    refusal: { en: expect.stringContaining("frozen") },
  });
  const row = await db.repair.findUniqueOrThrow({ where: { id } });
  const signature: StatementSignature = anna.sign(row.statement as Parameters<Signer["sign"]>[0]);
  await expect(approveRun.call(asAnna, { id, signature })).rejects.toMatchObject({ code: "conflict" });
  expect(await advanceRepair(db, id, engine.now)).toBe("awaiting");

  // Somebody with the database: the row says lifted, an approval that the web tier never saw is there, the run is queued.
  await db.freeze.update({ where: { epoch }, data: { liftedAt: engine.clock } });
  await approveRun.call(asAnna, { id, signature });
  expect(await engine.advance(id)).toBe("capturing");
  expect(await engine.commands(id)).toMatchObject([{ state: "queued", payload: null }]);
  expect(preview.risk).toBe("disruptive");
  await db.freeze.update({ where: { epoch }, data: { liftedAt: null } });
  expect(await sweep(id)).toBe("cancelled");
  await lift(asAnna, anna);
  expect((await db.freeze.findUniqueOrThrow({ where: { epoch } })).liftedAt).not.toBeNull();
});

test("two lift it where two can; a stranger's and an old signature do not count", async () => {
  asBert = await engine.person("bert", "approver");
  await freeze();
  await engine.dispatch();
  const { epoch, lift: offer } = await getFreeze.call(asAnna, undefined);
  expect(offer).toMatchObject({ needed: 2, given: [] });
  await lift(asAnna, anna);
  const half = await getFreeze.call(asAnna, undefined);
  expect(half).toMatchObject({ isFrozen: true, lift: { needed: 2, given: [{ person: "user:anna" }], toSign: null } });
  expect((await getFreeze.call(asBert, undefined)).lift.toSign).toBeNull(); // no key yet
  const forged = bert.sign({ v: 1, kind: "unfreeze", epoch: epoch ?? 0, expiresAt: engine.clock.getTime() + 60_000 });
  await expect(liftFreeze.call(asBert, { epoch: epoch ?? 0, signature: forged })).rejects.toMatchObject({
    code: "conflict",
  });
  await expect(liftFreeze.call(asOlga, { epoch: epoch ?? 0, signature: forged })).rejects.toMatchObject({
    code: "forbidden",
  });
  await engine.dispatch();
  expect(await getFreeze.call(asAnna, undefined)).toMatchObject({ isFrozen: true });
  await acceptKey(bert);
  await lift(asBert, bert);
  expect(await getFreeze.call(asAnna, undefined)).toMatchObject({ isFrozen: false });
  const { liftedBy } = await db.freeze.findUniqueOrThrow({ where: { epoch: epoch ?? 0 } });
  expect(liftedBy.sort()).toEqual(["user:anna", "user:bert"]);
});

async function acceptKey({ keyId, type, publicKey, person }: Signer): Promise<void> {
  const at = engine.clock;
  await db.approvalKey.create({
    data: {
      id: keyId,
      type,
      person,
      personName: person,
      publicKey,
      state: "requested",
      requestedAt: at,
      changedAt: at,
    },
  });
  const row = (await listKeys.call(asAnna, undefined)).find(({ id }) => id === keyId);
  if (!row) throw new Error("no such key");
  await signKey.call(asAnna, { keyId, signature: anna.sign(row.toSign.statement) });
  await engine.dispatch();
}

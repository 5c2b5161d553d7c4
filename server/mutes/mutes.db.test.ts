// Mutes on a real PostgreSQL: what they cover, who may mute where, and that what they covered counts again at once.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Check, defineCheck } from "../../checks/define.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import { closeQueues } from "../core/queue.ts";
import { findingGroups } from "../findings/groups.ts";
import { listFindings } from "../findings/list.ts";
import { inspect } from "../inspections/evaluate.ts";
import { createMute } from "./create.ts";
import { endMute } from "./end.ts";
import { listMutes } from "./list.ts";
import { MUTES_PER_PERSON_MAX } from "./schema.ts";
import { settleMutes } from "./settle.ts";

let database: TestDatabase;
let db: PrismaClient;
let workers: PrismaClient;
const NOW = new Date("2026-03-01T12:00:00Z");
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
let clock = NOW;
const now = () => clock;
const ctx = () => ({ ...contextOf(db, "operator", now), db: database.as("web") });
const inPool = (...pools: string[]) => ({
  ...contextWith(
    db,
    pools.map((pool) => ({ role: "operator", selector: `pool=${pool}` })),
    { now },
  ),
  db: database.as("web"),
});
let [edge, core] = ["", ""];

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  workers = database.as("workers");
  process.env.DATABASE_URL = database.urlOf("web"); // for the job that a verb enqueues
});
afterAll(async () => {
  await closeQueues();
  await database.drop();
});

const text = { en: "x", zh: "x" };
/** Raised on every node, on the subjects "a" and "b". */
const always = defineCheck({
  id: "clock-off",
  title: text,
  area: "time",
  severity: "critical",
  needs: ["sysctls"],
  raiseAfterMs: 0,
  clearAfterMs: 0,
  factTtlMs: 1e12,
  thresholds: {},
  suggestion: text,
  repairs: [],
  evaluate: () => ["a", "b"].map((subject) => ({ subject, reason: "R", message: text, evidence: [], params: {} })),
}) satisfies Check;

beforeEach(async () => {
  clock = NOW;
  await db.mute.deleteMany();
  await db.node.deleteMany();
  edge = await addNode(db, { name: "edge-1", pool: "edge" });
  core = await addNode(db, { name: "core-1", pool: "core" });
  for (const nodeId of [edge, core])
    await db.nodeFact.create({ data: { nodeId, kind: "sysctls", hash: "h", data: {}, at: NOW, receivedAt: NOW } });
  await inspect(workers, [edge, core], now(), { checks: [always] });
});

const mute = (over: Partial<Parameters<typeof createMute.call>[1]> = {}, who = ctx()) =>
  createMute.call(who, { checkId: "clock-off", selector: "*", reason: "known trouble", expiresAt: at(60), ...over });
const critical = async () => {
  const nodes = await db.node.findMany({ orderBy: { name: "asc" }, select: { criticalCount: true, state: true } });
  return nodes.map(({ criticalCount, state }) => `${criticalCount} ${state}`); // core, edge
};

test("what is muted is kept, counts for nothing, and counts again when the mute ends", async () => {
  expect(await critical()).toEqual(["2 unhealthy", "2 unhealthy"]);
  const { id } = await mute({ selector: "pool=edge", subject: "a" });
  expect(await settleMutes(workers, now())).toEqual({ muted: 1, unmuted: 0 });
  expect(await critical()).toEqual(["2 unhealthy", "1 unhealthy"]);
  expect(await settleMutes(workers, now())).toEqual({ muted: 0, unmuted: 0 });
  expect(await listFindings.call(ctx(), {})).toMatchObject({ total: 3, muted: 1 });
  expect(await listFindings.call(ctx(), { muted: "only" })).toMatchObject({
    total: 1,
    rows: [{ subject: "a", state: "open", mute: { id, reason: "known trouble" } }],
  });
  expect((await findingGroups.call(ctx(), {}))[0]).toMatchObject({ findingCount: 3 });
  expect((await listMutes.call(ctx(), {})).rows).toMatchObject([{ id, findingCount: 1, nodeCount: 1, canEnd: true }]);
  await endMute.call(ctx(), { id });
  expect(await settleMutes(workers, now())).toEqual({ muted: 0, unmuted: 1 });
  expect(await critical()).toEqual(["2 unhealthy", "2 unhealthy"]);
  await expect(endMute.call(ctx(), { id })).rejects.toMatchObject({ code: "conflict" });
  const trail = await db.auditEvent.findMany({ where: { entityId: id }, orderBy: { id: "asc" } });
  expect(trail.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    "mutes.create done",
    "mutes.end done",
    "mutes.end refused",
  ]);
});

test("it ends by itself, and a new finding under it never counts", async () => {
  await mute({ checkId: "*", selector: "name=core-*" });
  await db.finding.deleteMany();
  await inspect(workers, [edge, core], now(), { checks: [always], isForced: true });
  expect(await critical()).toEqual(["0 healthy", "2 unhealthy"]);
  clock = at(60);
  expect(await settleMutes(workers, now())).toEqual({ muted: 0, unmuted: 2 });
  expect(await critical()).toEqual(["2 unhealthy", "2 unhealthy"]);
  expect(await listMutes.call(ctx(), {})).toMatchObject({ total: 0 });
  expect((await listMutes.call(ctx(), { state: "over" })).rows).toMatchObject([{ state: "expired", canEnd: false }]);
});

test("two that overlap: when one ends the other goes on", async () => {
  const { id: short } = await mute({ selector: "pool=edge", expiresAt: at(30) });
  await settleMutes(workers, now());
  const { id: long } = await mute({ selector: "*" });
  await settleMutes(workers, now());
  const of = async (nodeId: string) => new Set((await db.finding.findMany({ where: { nodeId } })).map((f) => f.muteId));
  expect(await of(edge)).toEqual(new Set([short])); // it keeps the one that it has
  expect(await of(core)).toEqual(new Set([long]));
  clock = at(31);
  await settleMutes(workers, now());
  expect(await of(edge)).toEqual(new Set([long]));
  expect(await critical()).toEqual(["0 healthy", "0 healthy"]);
});

test("at most 90 days, in the future, with a reason, for a check that exists and a selector that is one", async () => {
  await expect(mute({ expiresAt: at(90 * 1_440 + 1) })).rejects.toMatchObject({ code: "invalid" });
  await expect(mute({ expiresAt: at(0) })).rejects.toMatchObject({ code: "invalid" });
  await expect(mute({ reason: " " })).rejects.toMatchObject({ code: "invalid" });
  await expect(mute({ checkId: "no-such" })).rejects.toMatchObject({ code: "not_found" });
  await expect(mute({ selector: "pool=" })).rejects.toMatchObject({ code: "invalid" });
  await mute({ expiresAt: at(90 * 1_440) });
});

test("who holds a part of the fleet mutes in that part only", async () => {
  const own = inPool("edge");
  expect(await mute({ selector: "*" }, own)).toMatchObject({ selector: "pool=edge" });
  expect(await mute({ selector: "name=core-1" }, own)).toMatchObject({ selector: "name=core-1 pool=edge" });
  await settleMutes(workers, now());
  expect(await critical()).toEqual(["2 unhealthy", "0 healthy"]);
  await expect(mute({ selector: "*" }, inPool("edge", "lab"))).rejects.toMatchObject({ code: "forbidden" });
  expect(await mute({ selector: "pool=lab zone=a" }, inPool("edge", "lab"))).toMatchObject({
    selector: "pool=lab zone=a",
  });
  const { id } = await mute({ selector: "pool=core" });
  await expect(endMute.call(own, { id })).rejects.toMatchObject({ code: "not_found" });
  expect((await listMutes.call(own, {})).rows.map(({ selector }) => selector).sort()).toEqual([
    "name=core-1 pool=edge",
    "pool=edge",
  ]);
  const viewer = { ...contextOf(db, "viewer", now), db: database.as("web") };
  await expect(mute({}, viewer)).rejects.toMatchObject({ code: "forbidden" });
});

test("one person's mutes have an end, and those of another count apart", async () => {
  const { createdBy, createdByName } = await db.mute.findUniqueOrThrow({ where: { id: (await mute()).id } });
  const more = { checkId: "*", selector: "*", reason: "r", createdAt: NOW, expiresAt: at(60) };
  await db.mute.createMany({
    data: Array.from({ length: MUTES_PER_PERSON_MAX - 2 }, () => ({ ...more, createdBy, createdByName })),
  });
  await db.mute.create({ data: { ...more, createdBy: "user:other", createdByName: "other" } });
  await mute();
  await expect(mute()).rejects.toMatchObject({ code: "conflict" });
  await db.mute.updateMany({ where: { createdBy }, data: { expiresAt: NOW } });
  await mute();
});

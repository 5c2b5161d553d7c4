// Incidents on a real PostgreSQL: causes that checks name, causes that are inferred, and the life of both.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import { listFindings } from "../findings/list.ts";
import { acknowledgeIncident } from "./acknowledge.ts";
import { getIncident } from "./get.ts";
import { CLOSE_AFTER_MS, REOPEN_WITHIN_MS } from "./life.ts";
import { listIncidents } from "./list.ts";
import { settleIncidents } from "./settle.ts";

let database: TestDatabase;
let db: PrismaClient;
let workers: PrismaClient;
const NOW = new Date("2026-03-01T12:00:00Z");
let clock = NOW;
const now = () => clock;
const pass = (ms: number) => {
  clock = new Date(clock.getTime() + ms);
};
const ctx = () => ({ ...contextOf(db, "operator", now), db: database.as("web") });
const settle = () => settleIncidents(workers, clock);

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  workers = database.as("workers");
});
afterAll(() => database.drop());
beforeEach(async () => {
  clock = NOW;
  await db.incident.deleteMany();
  await db.node.deleteMany();
});

const nodes = (count: number, over: Partial<Parameters<typeof addNode>[1]> = {}) =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      addNode(db, { name: `${over.pool ?? "p"}-${over.kernel ?? ""}${i}`, ...over }),
    ),
  );
const open = (nodeId: string, over: Record<string, unknown> = {}) =>
  db.finding.create({
    data: {
      nodeId,
      checkId: "image-pull-failing",
      subject: "s",
      state: "open",
      severity: "warning",
      reason: "R",
      message: { en: "m", zh: "m" },
      evidence: [],
      params: {},
      causeKey: "registry:hub.example",
      liveKey: `${nodeId}/${JSON.stringify(over)}`,
      firstSeenAt: clock,
      openedAt: clock,
      lastSeenAt: clock,
      ...over,
    },
    select: { id: true },
  });
const close = (where: object) =>
  db.finding.updateMany({ where, data: { state: "closed", liveKey: null, closedAt: clock } });
const incidents = () => db.incident.findMany({ orderBy: { openedAt: "asc" } });

test("findings that name one cause on two nodes are one incident, with counts and a name in both languages", async () => {
  const [a = "", b = "", c = ""] = await nodes(3);
  await open(a);
  expect(await settle()).toMatchObject({ opened: 0 });
  await open(b, { severity: "critical", checkId: "image-pull-slow" });
  expect(await settle()).toEqual({ opened: 1, closed: 0, open: 1 });
  expect(await incidents()).toMatchObject([
    {
      causeKey: "registry:hub.example",
      title: { en: "Registry hub.example", zh: "镜像仓库 hub.example" },
      nodeCount: 2,
      findingCount: 2,
      severity: "critical",
      checkIds: ["image-pull-failing", "image-pull-slow"],
    },
  ]);
  await open(c);
  expect(await settle()).toEqual({ opened: 0, closed: 0, open: 1 });
  const [row] = (await listIncidents.call(ctx(), {})).rows;
  expect(row).toMatchObject({ nodeCount: 3, peakNodeCount: 3, inference: null });
  const detail = await getIncident.call(ctx(), { id: row?.id ?? "" });
  expect(detail).toMatchObject({ isHolding: true, checks: [{ findingCount: 2 }, { findingCount: 1 }] });
  expect(detail.nodes.map(({ id }) => id).sort()).toEqual([a, b, c].sort());
  expect(detail.nodes[0]?.findings[0]).toMatchObject({ incident: { id: row?.id, nodeCount: 3 } });
  expect((await listFindings.call(ctx(), { incident: row?.id })).total).toBe(3);
});

test("settling again writes nothing", async () => {
  for (const node of await nodes(2)) await open(node);
  await settle();
  const rows = async () =>
    (await database.pool.query("SELECT id, xmin FROM incident UNION ALL SELECT id, xmin FROM finding ORDER BY 1")).rows;
  const before = await rows();
  await Promise.all([settle(), settle(), settle()]);
  expect(await rows()).toEqual(before);
});

test("what every node has of its own, what is muted, and what two nodes have in common anyway is no shared cause", async () => {
  const [a = "", b = "", c = ""] = await nodes(3);
  const { id: muteId } = await db.mute.create({
    data: {
      checkId: "*",
      selector: "*",
      reason: "r",
      createdBy: "u",
      createdByName: "u",
      createdAt: NOW,
      expiresAt: NOW,
    },
  });
  for (const node of [a, b]) {
    await open(node, { causeKey: "dns:127.0.0.53", subject: "1" });
    await open(node, { causeKey: "registry:localhost:5000", subject: "2" });
    await open(node, { causeKey: "nfs:10.0.0.5", subject: "3", muteId });
    await open(node, { causeKey: "nfs:10.0.0.6", subject: "4", isShadow: true });
    await open(node, { causeKey: "nfs:10.0.0.7", subject: "5", state: "pending" });
    await open(node, { causeKey: "kernel:6.9.1", subject: "6" });
  }
  expect(await settle()).toMatchObject({ opened: 0 });
  await open(c, { causeKey: "kernel:6.9.1" });
  expect(await settle()).toMatchObject({ opened: 1 });
});

test("it closes when its nodes are well; a single one that is left is let go after a while; soon after it is the same again", async () => {
  const [a = "", b = ""] = await nodes(2);
  await open(a);
  await open(b);
  await settle();
  const [first] = await incidents();
  await acknowledgeIncident.call(ctx(), { id: first?.id ?? "" });
  pass(60_000);
  await settle();
  await close({ nodeId: a });
  pass(CLOSE_AFTER_MS - 1);
  expect(await settle()).toMatchObject({ closed: 0 });
  pass(1);
  expect(await settle()).toEqual({ opened: 0, closed: 1, open: 0 });
  await open(a);
  pass(REOPEN_WITHIN_MS - 1);
  expect(await settle()).toMatchObject({ opened: 1 });
  expect(await incidents()).toMatchObject([
    { id: first?.id, state: "open", nodeCount: 2, closedAt: null, acknowledgedBy: null },
  ]);
  await close({});
  expect(await settle()).toMatchObject({ closed: 1 });
  pass(REOPEN_WITHIN_MS + 1);
  await open(a);
  await open(b);
  expect(await settle()).toMatchObject({ opened: 1 });
  expect(await incidents()).toHaveLength(2);
  const over = (await listIncidents.call(ctx(), { state: "closed" })).rows;
  expect(over).toMatchObject([{ id: first?.id, nodeCount: 2, findingCount: 3, peakNodeCount: 2 }]);
});

test("nodes that turn bad together and share a rare kernel are one incident, with the test's own figures", async () => {
  await nodes(60, { kernel: "6.1", zone: "a" });
  const rare = await nodes(6, { kernel: "6.9", zone: "a" });
  const why = { causeKey: null, checkId: "runtime-down" };
  for (const node of rare.slice(0, 2)) await open(node, why);
  expect(await settle()).toMatchObject({ opened: 0 });
  for (const node of rare.slice(2, 5)) await open(node, why);
  expect(await settle()).toMatchObject({ opened: 1 });
  const { rows } = await listIncidents.call(ctx(), {});
  expect(rows).toMatchObject([
    { causeKey: "kernel:6.9", nodeCount: 5, inference: { attribute: "kernel", k: 5, n: 5, K: 6, N: 66 } },
  ]);
  expect(rows[0]?.inference?.p).toBeLessThan(0.001);
  pass(30_000);
  await open(rare[5] ?? "", why);
  await settle();
  expect(await incidents()).toMatchObject([{ nodeCount: 6, peakNodeCount: 6 }]);
});

test("nodes that turn bad together and share what all have are no incident", async () => {
  const all = await nodes(20, { kernel: "6.1", zone: "a" });
  for (const node of all.slice(0, 8)) await open(node, { causeKey: null });
  expect(await settle()).toMatchObject({ opened: 0 });
});

test("who sees a part of the fleet sees that part of an incident, and none that does not reach into it", async () => {
  const [a = "", b = ""] = [...(await nodes(1, { pool: "own" })), ...(await nodes(1, { pool: "other" }))];
  const [c = "", d = ""] = await nodes(2, { pool: "far" });
  for (const node of [a, b]) await open(node);
  for (const node of [c, d]) await open(node, { causeKey: "nfs:10.0.0.5" });
  await settle();
  const own = { ...contextWith(db, [{ role: "operator", selector: "pool=own" }], { now }), db: database.as("web") };
  const { rows, total } = await listIncidents.call(own, {});
  expect({ rows, total }).toMatchObject({ total: 1, rows: [{ nodeCount: 1, findingCount: 1, peakNodeCount: null }] });
  expect((await getIncident.call(own, { id: rows[0]?.id ?? "" })).nodes.map(({ id }) => id)).toEqual([a]);
  const far = (await incidents()).find(({ kind }) => kind === "nfs")?.id ?? "";
  await expect(getIncident.call(own, { id: far })).rejects.toMatchObject({ code: "not_found" });
  await expect(acknowledgeIncident.call(own, { id: far })).rejects.toMatchObject({ code: "not_found" });
});

test("two checks that break on one rack are one incident, and so is a cause that is named and inferred", async () => {
  await nodes(60, { pool: "far" });
  const rack = await nodes(5, { rack: "r1" });
  for (const node of rack)
    for (const checkId of ["runtime-down", "image-pull-failing"]) await open(node, { causeKey: null, checkId });
  for (const node of rack.slice(0, 3)) await open(node, { causeKey: "rack:r1", subject: "named" });
  expect(await settle()).toMatchObject({ opened: 1 });
  expect(await incidents()).toMatchObject([{ causeKey: "rack:r1", nodeCount: 5, findingCount: 13 }]);
});

test("a repair that was tried against a burst is not its cause; one that ended before it is", async () => {
  await nodes(60, { pool: "far" });
  const burst = await nodes(5, { pool: "near" });
  for (const node of burst) await open(node, { causeKey: null, checkId: "runtime-down" });
  const repair = async (ended: Date, state: string) => {
    for (const [i, nodeId] of burst.entries()) {
      const run = {
        repairId: "start-runtime",
        risk: "safe",
        plan: {},
        planHash: "",
        requestedBy: "u",
        createdAt: clock,
      };
      const { id } = await db.repair.create({ data: { ...run, nodeId, state: "failed", endedAt: ended } });
      const step = {
        id,
        role: "step",
        stepIndex: 0,
        type: "t",
        params: {},
        generation: i + (ended.getTime() % 1e6),
        state,
      };
      await db.command.create({ data: { ...step, repairId: id, nodeId } });
    }
  };
  await db.node.updateMany({ data: { pool: "one" } });
  await repair(new Date(clock.getTime() + 60_000), "done");
  await repair(new Date(clock.getTime() - 50_000), "expired");
  pass(120_000);
  expect(await settle()).toMatchObject({ opened: 0 });
  await repair(new Date(NOW.getTime() - 60_000), "done");
  expect(await settle()).toMatchObject({ opened: 1 });
  expect(await incidents()).toMatchObject([{ causeKey: "repair:start-runtime", nodeCount: 5 }]);
});

test("who sees a part of the fleet is not told how bad the rest of an incident is, nor since when", async () => {
  const [a = "", b = ""] = [...(await nodes(1, { pool: "own" })), ...(await nodes(1, { pool: "other" }))];
  await open(b, { severity: "critical", checkId: "image-pull-slow" });
  pass(60_000);
  await open(a);
  await settle();
  const own = { ...contextWith(db, [{ role: "operator", selector: "pool=own" }], { now }), db: database.as("web") };
  const told = { severity: "warning", checkIds: ["image-pull-failing"], firstSeenAt: clock };
  expect((await listIncidents.call(own, {})).rows).toMatchObject([told]);
  expect((await listIncidents.call(ctx(), {})).rows).toMatchObject([{ severity: "critical", firstSeenAt: NOW }]);
});

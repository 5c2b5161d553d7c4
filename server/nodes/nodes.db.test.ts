import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import { listContainers } from "../containers/list.ts";
import type { Grant, Permission, Role } from "../core/access.ts";
import { nodeHistory } from "./history.ts";
import { listNodes } from "./list.ts";
import { removeNode } from "./remove.ts";
import { setMaintenance } from "./set-maintenance.ts";
import { nodeTimeline } from "./timeline.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { prisma } = database;
  await addNode(prisma, {
    name: "web-1",
    pool: "web",
    zone: "zone-a",
    state: "healthy",
    kernel: "6.1.0",
    addresses: ["10.0.0.1"],
    labels: { rack: "r1" },
  });
  await addNode(prisma, { name: "web-2", pool: "web", zone: "zone-b", state: "unhealthy", kernel: "6.1.0" });
  const id = await addNode(prisma, {
    name: "batch_1",
    pool: "batch",
    zone: "zone-a",
    state: "degraded",
    kernel: "5.10.0",
  });
  const at = new Date();
  await prisma.container.createMany({
    data: [
      {
        nodeId: id,
        runtime: "containerd",
        id: "abc123",
        name: "main",
        podName: "shop-web",
        image: "shop:1",
        state: "running",
        createdAt: at,
      },
      {
        nodeId: id,
        runtime: "containerd",
        id: "def456",
        name: "side",
        podName: "shop-web",
        image: "shop:1",
        state: "exited",
        createdAt: at,
      },
    ],
  });
});
afterAll(() => database.drop());

const names = async (input: Parameters<typeof listNodes.call>[1]): Promise<string[]> =>
  (await listNodes.call(contextOf(database.prisma, "viewer"), input)).rows.map((r) => r.name);

test.each([
  { name: "worst first by default", input: {}, want: ["web-2", "batch_1", "web-1"] },
  { name: "by name", input: { sort: "name" as const }, want: ["batch_1", "web-1", "web-2"] },
  {
    name: "by name, descending",
    input: { sort: "name" as const, descending: true },
    want: ["web-2", "web-1", "batch_1"],
  },
  { name: "an address finds its node", input: { search: "10.0.0" }, want: ["web-1"] },
  { name: "a label finds its node", input: { search: "R1" }, want: ["web-1"] },
  { name: "_ is a character, not a wildcard", input: { search: "h_1" }, want: ["batch_1"] },
  { name: "a quote is a character", input: { search: "'; DROP TABLE node; --" }, want: [] },
  { name: "filters are joined by and", input: { pool: ["web"], zone: ["zone-a"] }, want: ["web-1"] },
  { name: "second page", input: { sort: "name" as const, page: 2, pageSize: 2 }, want: ["web-2"] },
])("nodes.list: $name", async ({ input, want }) => {
  expect(await names(input)).toEqual(want);
});

test("a facet counts what choosing another value would give", async () => {
  const { facets, total } = await listNodes.call(contextOf(database.prisma, "viewer"), { pool: ["web"] });
  expect(total).toBe(2);
  expect(facets.pool).toEqual([
    { value: "web", count: 2 },
    { value: "batch", count: 1 },
  ]);
  expect(facets.state.map((f) => f.value).sort()).toEqual(["healthy", "unhealthy"]);
});

test.each([
  { search: "ABC1", want: ["abc123"] },
  { search: "bc1", want: [] },
  { search: "shop-w", want: ["abc123", "def456"] },
])("containers.list: $search", async ({ search, want }) => {
  expect((await listContainers.call(contextOf(database.prisma, "viewer"), { search })).rows.map((r) => r.id)).toEqual(
    want,
  );
});

test("containers.list filters by state and still counts the others", async () => {
  const { rows, total, facets } = await listContainers.call(contextOf(database.prisma, "viewer"), {
    state: ["exited"],
  });
  expect(rows.map((r) => r.id)).toEqual(["def456"]);
  expect(total).toBe(1);
  expect(facets.state).toHaveLength(2);
});

test("a removed node leaves the lists, its name and containers are free, its findings are closed", async () => {
  const { prisma } = database;
  const id = await addNode(prisma, { name: "old-1" });
  const at = new Date();
  await prisma.finding.create({
    data: {
      nodeId: id,
      checkId: "x",
      subject: "y",
      state: "open",
      severity: "warning",
      reason: "R",
      message: {},
      evidence: [],
      params: {},
      liveKey: `${id}/x/y`,
      firstSeenAt: at,
      lastSeenAt: at,
    },
  });
  await removeNode.call(contextOf(prisma, "admin"), { node: "old-1" });
  expect(await names({ search: "old-1" })).toEqual([]);
  expect(await prisma.finding.findFirst({ where: { nodeId: id }, select: { state: true, closeReason: true } })).toEqual(
    { state: "closed", closeReason: "node-removed" },
  );
  await addNode(prisma, { name: "old-1" });
  await expect(removeNode.call(contextOf(prisma, "admin"), { node: "nobody" })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("a node's time line and history hold what may be read by itself", async () => {
  const { prisma } = database;
  const at = new Date();
  const nodeId = await addNode(prisma, { name: "lined", pool: "lined" });
  await prisma.repair.create({
    data: {
      nodeId,
      repairId: "x",
      risk: "safe",
      plan: {},
      planHash: "",
      state: "failed",
      requestedBy: "x",
      createdAt: at,
    },
    select: { id: true },
  });
  await setMaintenance.call(contextOf(prisma, "operator"), { node: "lined", on: true });
  const kinds = async (role: Role, options: { scopes?: readonly Permission[] } = {}, more: Grant[] = []) => {
    const ctx = contextWith(prisma, [{ role, selector: "pool=lined" }, ...more], options);
    const { events } = await nodeTimeline.call(ctx, { node: "lined" });
    const { marks } = await nodeHistory.call(ctx, { node: "lined" });
    return [
      ...new Set([...events, ...marks.map(({ kind }) => ({ kind: `mark ${kind}` }))].map(({ kind }) => kind)),
    ].sort();
  };
  expect(await kinds("operator")).toEqual(["audit", "mark repair", "repair", "state"]);
  expect(await kinds("viewer")).toEqual(["mark repair", "repair", "state"]);
  // A right to read the trail of another part is none here.
  expect(await kinds("viewer", {}, [{ role: "operator", selector: "pool=web" }])).not.toContain("audit");
  expect(await kinds("operator", { scopes: ["nodes:read"] })).toEqual(["state"]);
});

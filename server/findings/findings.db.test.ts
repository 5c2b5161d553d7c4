// The findings verbs on a real PostgreSQL: lists, groups, detail, acknowledge; what each role may do.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf } from "../../testing/fleet.ts";
import { acknowledgeFinding } from "./acknowledge.ts";
import { getFinding } from "./get.ts";
import { findingGroups } from "./groups.ts";
import { listFindings } from "./list.ts";

let database: TestDatabase;
let db: PrismaClient;
const NOW = new Date("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const ctx = (role: "viewer" | "operator" = "operator") => contextOf(db, role, () => NOW);
let nodes: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  nodes = await Promise.all(["n1", "n2", "n3"].map((name) => addNode(db, { name, kernel: "6.1.0" })));
  const [n1 = "", n2 = "", n3 = ""] = nodes;
  await add({ nodeId: n1, checkId: "runtime-down", severity: "critical", subject: "containerd", opened: 90 });
  await add({ nodeId: n2, checkId: "runtime-down", severity: "critical", subject: "containerd", opened: 30 });
  await add({
    nodeId: n1,
    checkId: "cni-broken",
    severity: "warning",
    subject: "10-net.conflist",
    opened: 10,
    causeKey: "sha-1",
  });
  await add({
    nodeId: n2,
    checkId: "cni-broken",
    severity: "warning",
    subject: "10-net.conflist",
    opened: 9,
    causeKey: "sha-1",
  });
  await add({
    nodeId: n3,
    checkId: "cni-broken",
    severity: "warning",
    subject: "99.conflist",
    opened: 8,
    causeKey: "sha-2",
  });
  await add({ nodeId: n3, checkId: "nic-name-collision", severity: "info", subject: "eth1", opened: 5 });
  await add({
    nodeId: n3,
    checkId: "disk-almost-full",
    severity: "warning",
    subject: "/",
    opened: 7,
    state: "pending",
  });
  await add({
    nodeId: n3,
    checkId: "disk-almost-full",
    severity: "warning",
    subject: "/var",
    opened: 600,
    state: "closed",
  });
});
afterAll(() => database.drop());

async function add(input: {
  nodeId: string;
  checkId: string;
  severity: string;
  subject: string;
  opened: number;
  state?: string;
  causeKey?: string;
}) {
  const { opened, state = "open", causeKey = null, ...rest } = input;
  await db.finding.create({
    data: {
      ...rest,
      state,
      causeKey,
      reason: "Reason",
      message: { en: `trouble with ${rest.subject}`, zh: `${rest.subject} 有问题` },
      evidence: [],
      params: {},
      liveKey: state === "closed" ? null : `${rest.nodeId}/${rest.checkId}/${rest.subject}`,
      firstSeenAt: minutesAgo(opened),
      openedAt: minutesAgo(opened),
      lastSeenAt: NOW,
      closedAt: state === "closed" ? NOW : null,
    },
  });
}
const subjects = (rows: { subject: string }[]) => rows.map(({ subject }) => subject);

test("the list shows what stands, worst first, never a debounce", async () => {
  const list = await listFindings.call(ctx(), {});
  expect(list.total).toBe(6);
  expect(list.rows.map(({ severity }) => severity)).toEqual([
    "critical",
    "critical",
    "warning",
    "warning",
    "warning",
    "info",
  ]);
  expect(list.rows[0]).toMatchObject({
    nodeName: "n2",
    suggestedRepair: { id: "start-runtime" },
    activeRepairId: null,
  });
  expect(list.facets.checkId).toEqual([
    { value: "cni-broken", count: 3 },
    { value: "runtime-down", count: 2 },
    { value: "nic-name-collision", count: 1 },
  ]);
  expect(subjects((await listFindings.call(ctx(), { state: "all", pageSize: 200 })).rows)).not.toContain("/");
});

test("filters, search in both languages, paging", async () => {
  const found = async (input: Parameters<typeof listFindings.call>[1]) => (await listFindings.call(ctx(), input)).total;
  expect(await found({ severity: ["critical"] })).toBe(2);
  expect(await found({ checkId: ["cni-broken"] })).toBe(3);
  expect(await found({ node: "n1" })).toBe(2);
  expect(await found({ node: nodes[1] })).toBe(2);
  expect(await found({ search: "TROUBLE with 99" })).toBe(1);
  expect(await found({ search: "有问题" })).toBe(6);
  expect(await found({ search: "100%" })).toBe(0);
  expect(await found({ state: "closed" })).toBe(1);
  const whole = (await listFindings.call(ctx(), {})).rows.map(({ id }) => id);
  const paged: string[] = [];
  for (const page of [1, 2, 3]) {
    const { rows } = await listFindings.call(ctx(), { page, pageSize: 2 });
    paged.push(...rows.map(({ id }) => id));
  }
  expect(paged).toEqual(whole);
  expect((await listFindings.call(ctx(), { page: 4, pageSize: 2 })).rows).toEqual([]);
});

test("groups: one cause, one group; with its spread", async () => {
  const groups = await findingGroups.call(ctx(), {});
  expect(groups.map(({ key, nodeCount }) => [key, nodeCount])).toEqual([
    ["runtime-down", 2],
    ["cni-broken/sha-1", 2],
    ["cni-broken/sha-2", 1],
    ["nic-name-collision", 1],
  ]);
  expect(groups[0]?.spread.slice(-2)).toEqual([1, 1]);
  expect(groups[0]?.spread).toHaveLength(24);
});

test("the detail offers repairs with their record, and says where else it stands", async () => {
  const [row] = (await listFindings.call(ctx(), { node: "n1", checkId: ["runtime-down"] })).rows;
  const detail = await getFinding.call(ctx(), { id: row?.id ?? "" });
  expect(detail.repairs[0]).toMatchObject({ id: "start-runtime", record: { total: 0, succeeded: 0 } });
  expect(detail.alsoOn).toMatchObject([{ nodeName: "n2" }]);
  expect(detail.article?.en).toContain("## Meaning");
  expect(detail.article?.zh).toContain("## 含义");
});

test("acknowledge: the first one wins, again is nothing new, viewers may not", async () => {
  const [row] = (await listFindings.call(ctx(), { node: "n1" })).rows;
  const id = row?.id ?? "";
  await expect(acknowledgeFinding.call(ctx("viewer"), { id })).rejects.toMatchObject({ code: "forbidden" });
  const first = await acknowledgeFinding.call(ctx(), { id });
  expect(await acknowledgeFinding.call(ctx(), { id })).toEqual(first);
  const other = { ...ctx(), actor: { ...ctx().actor, kind: "token", id: "t2", scopes: null, ownerId: null } as const };
  await expect(acknowledgeFinding.call(other, { id })).rejects.toMatchObject({ code: "conflict" });
  expect(await db.auditEvent.count({ where: { action: "findings.acknowledge", entityId: id, outcome: "done" } })).toBe(
    2,
  );
  const [closed] = (await listFindings.call(ctx(), { state: "closed" })).rows;
  await expect(acknowledgeFinding.call(ctx(), { id: closed?.id ?? "" })).rejects.toMatchObject({ code: "conflict" });
});

// The trend of the fleet against its plain definition, on histories that nobody would think of.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { scopeFor, wholeFleet } from "../core/scope.ts";
import { nodeStates } from "../nodes/schema.ts";
import { readTrend } from "./trend.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const HALF_HOUR = 1_800_000;
/** Some of them on the very points, some before the window, some after "now" (another process's clock). */
const time = fc.oneof(
  fc.integer({ min: -60, max: 1 }).map((steps) => NOW + steps * HALF_HOUR),
  fc.integer({ min: -30 * 3_600, max: 60 }).map((seconds) => NOW + seconds * 1_000),
);
const state = fc.constantFrom(...nodeStates);
const history = fc
  .record({
    pool: fc.constantFrom("web", "batch"),
    enrolledAt: time,
    revokedAt: fc.option(time),
    first: state,
    changes: fc.uniqueArray(fc.record({ at: time, to: state }), { maxLength: 6, selector: ({ at }) => at }),
  })
  .filter(({ enrolledAt, revokedAt }) => revokedAt === null || revokedAt > enrolledAt);
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** What really happened after a node came: changes in time, from its first state on. */
const changesOf = ({ changes, enrolledAt }: History) =>
  changes.filter(({ at }) => at > enrolledAt).sort((a, b) => a.at - b.at);

function stateOf(node: History, at: number): string | null {
  if (at < node.enrolledAt || (node.revokedAt !== null && at >= node.revokedAt)) return null;
  return changesOf(node).findLast((change) => change.at <= at)?.to ?? node.first;
}

async function store(nodes: readonly History[]): Promise<void> {
  await db.prisma.node.deleteMany();
  for (const node of nodes) {
    const changes = changesOf(node);
    const id = randomUUID();
    await db.prisma.node.create({
      data: {
        ...{ id, name: id, pool: node.pool, machineId: id, certificateSerial: id, certificateExpiresAt: new Date(NOW) },
        ...{ state: changes.at(-1)?.to ?? node.first, stateSince: new Date(NOW) },
        enrolledAt: new Date(node.enrolledAt),
        revokedAt: node.revokedAt === null ? null : new Date(node.revokedAt),
      },
      select: { id: true },
    });
    await db.prisma.nodeStateChange.createMany({
      data: [
        ...changes.map(({ at, to }, i) => ({ from: changes[i - 1]?.to ?? node.first, to, at })),
        // Of an enrolment before this one: it says nothing of the node that there is.
        ...node.changes.filter(({ at }) => at <= node.enrolledAt).map(({ at, to }) => ({ from: "degraded", to, at })),
      ].map((change) => ({ ...change, nodeId: id, reason: "test", at: new Date(change.at) })),
    });
  }
}

test("each point counts the nodes that were there, in the state that they had", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(history, { maxLength: 6 }), async (nodes) => {
      await store(nodes);
      const batch = scopeFor({ grants: [{ role: "viewer", selector: "pool=batch" }] }, "nodes:read");
      for (const [scope, seen] of [
        [wholeFleet, nodes],
        [batch, nodes.filter(({ pool }) => pool === "batch")],
      ] as const) {
        const { points, present } = await readTrend(db.prisma, scope, new Date(NOW));
        const now = seen
          .filter(({ revokedAt }) => revokedAt === null)
          .map((node) => changesOf(node).at(-1)?.to ?? node.first);
        expect(present).toEqual(
          new Map([...new Set(now)].map((name) => [name, now.filter((one) => one === name).length])),
        );
        expect(points).toHaveLength(49);
        for (const { at, ...counts } of points) {
          const states = seen.map((node) => stateOf(node, at.getTime()));
          const count = (...names: string[]) => states.filter((name) => name !== null && names.includes(name)).length;
          expect([at, counts]).toEqual([
            at,
            {
              healthy: count("healthy"),
              degraded: count("degraded"),
              unhealthy: count("unhealthy"),
              notReporting: count("not_reporting"),
              unknown: count("unknown", "maintenance"),
            },
          ]);
        }
      }
    }),
    { numRuns: 40 },
  );
});

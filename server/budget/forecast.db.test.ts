// What the preview of a repair says of the budget is what its start would be told: the same sum, from the same rows.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { forecastRun } from "./forecast.ts";
import { releaseLeases, takeLeases } from "./take.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const now = new Date();
const holder = (owner: string, kind: "action" | "cordon" = "action") => ({
  kind,
  owner,
  ownerName: owner.slice(owner.indexOf(":") + 1),
  reason: "swapped disk",
  expiresAt: null,
  isAutomatic: false,
});
const take = (nodeId: string, owner: string, kind?: "action" | "cordon") =>
  database.prisma.$transaction((tx) =>
    takeLeases(tx, [{ nodeId, pool: "small", domain: "a", isSick: false }], holder(owner, kind), now),
  );

test("granted, refused with the sum that decides, in other hands, and one's own cordon", async () => {
  const { prisma } = database;
  const [one, two] = [
    await addNode(prisma, { name: "one", pool: "small", zone: "a" }),
    await addNode(prisma, { name: "two", pool: "small", zone: "a" }),
  ];
  expect(await forecastRun(prisma, one, "user:anna")).toMatchObject({ isGranted: true });
  await take(two, "rollout:x");
  const refused = await forecastRun(prisma, one, "user:anna");
  expect(refused?.isGranted).toBe(false);
  expect(refused?.sum).toEqual((await take(one, "user:anna")).sum);
  expect(refused?.sum.en).toBe("pool small: 0 sick + 1 under way + 1 asked = 2 > 1 of 2 (10 %)");
  expect((await forecastRun(prisma, two, "user:anna"))?.sum.en).toBe(
    "The node is in somebody else's hands (x: swapped disk).",
  );
  await prisma.$transaction((tx) => releaseLeases(tx, "rollout:x", null, now));
  await take(one, "user:anna", "cordon");
  expect(await forecastRun(prisma, one, "user:anna")).toMatchObject({ isGranted: true });
  expect(await forecastRun(prisma, one, "user:bert")).toMatchObject({ isGranted: false });
  expect(await forecastRun(prisma, "00000000-0000-4000-8000-000000000000", null)).toBeNull();
});

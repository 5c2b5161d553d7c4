// A notification that cannot be read ends neither the process nor the listening: anyone with a database role may send one.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { listen } from "./listen.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

test("what cannot be read is passed over, and what follows arrives", async () => {
  const read: unknown[] = [];
  const unreadable: string[] = [];
  const done = Promise.withResolvers<void>();
  const listener = listen({
    url: db.url,
    channels: ["hints"],
    onMessage: (_channel, payload) => {
      read.push(JSON.parse(payload));
      if (payload === '"last"') done.resolve();
    },
    onUnreadable: (channel) => unreadable.push(channel),
  });
  await expect.poll(() => listener.isConnected()).toBe(true);
  for (const payload of ['{"a":', "", '"last"']) await db.pool.query("SELECT pg_notify('hints', $1)", [payload]);
  await done.promise;
  expect(read).toEqual(["last"]);
  expect(unreadable).toEqual(["hints", "hints"]);
  expect(listener.isConnected()).toBe(true);
  await listener.close();
});

// A lift outlives the key that signed it: after a rotation it is signed again, in the folder and in its row.
import { generateKeyPairSync, verify } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FreezeLift, freezeBytes } from "../../protocol/trust.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { dispatcherFolder } from "../core/secrets.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import { FreezeState } from "./freeze-state.ts";

let database: TestDatabase;
const dataDir = mkdtempSync(join(tmpdir(), "nodeops-freeze-"));

beforeAll(async () => {
  mkdirSync(dispatcherFolder(dataDir), { recursive: true });
  database = await testDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true });
});

function newKey(keyId: string): SigningKey & { isGood: (lift: FreezeLift) => boolean } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    keyId,
    privateKey,
    publicKey: publicKey.export({ format: "jwk" }).x ?? "",
    madeAt: null,
    isGood: ({ payload, signature }) =>
      verify(null, freezeBytes(Buffer.from(payload, "base64url")), publicKey, Buffer.from(signature, "base64url")),
  };
}

const liftInRow = async (): Promise<FreezeLift> => {
  const { rows } = await database.pool.query<{ lift: unknown }>(
    'SELECT lift FROM "freeze" ORDER BY epoch DESC LIMIT 1',
  );
  return FreezeLift.parse(rows[0]?.lift);
};

test("after a rotation the newest lift is signed by the new key, and only then", async () => {
  const [old, fresh] = [newKey("a".repeat(16)), newKey("b".repeat(16))];
  await database.pool.query(
    `INSERT INTO "freeze" (reason, set_by, set_by_name, set_at) VALUES ('drill', 'user:a', 'A', now())`,
  );
  const state = new FreezeState(dataDir);
  await state.renewLift(database.pool, fresh); // nothing to renew yet
  await state.sync(database.pool);
  await state.lift(database.pool, old, ["user:a"], Date.now());
  const first = await liftInRow();
  await state.renewLift(database.pool, old);
  expect(await liftInRow()).toEqual(first);

  await new FreezeState(dataDir).renewLift(database.pool, fresh);
  const second = await liftInRow();
  expect(second).toMatchObject({ payload: first.payload, keyId: fresh.keyId });
  expect(fresh.isGood(second)).toBe(true);
  expect(old.isGood(second)).toBe(false);
  // A row that somebody opens again gets the new one as well.
  await database.pool.query('UPDATE "freeze" SET lifted_at = NULL, lift = NULL');
  await new FreezeState(dataDir).sync(database.pool);
  expect(await liftInRow()).toEqual(second);
});

test("a freeze laid down on the host is in force without web or row, and gets its row; the next one from the console gets the next number", async () => {
  const path = join(dispatcherFolder(dataDir), "freeze-now.json");
  writeFileSync(path, JSON.stringify({ v: 1, reason: "web is not ours any more", at: new Date().toISOString() }));
  const state = new FreezeState(dataDir);
  const last = Math.max(0, ...(await database.pool.query('SELECT epoch FROM "freeze"')).rows.map(({ epoch }) => epoch));
  expect(state.takeLocal(Date.now())).toMatchObject({ reason: "web is not ours any more", epoch: last + 1 });
  expect(existsSync(path)).toBe(false);
  expect(new FreezeState(dataDir).frozen?.epoch).toBe(last + 1);
  await state.sync(database.poolOf("dispatcher"));
  const open = await database.pool.query('SELECT epoch, set_by FROM "freeze" WHERE lifted_at IS NULL');
  expect(open.rows).toEqual([{ epoch: last + 1, set_by: "system:host" }]);
  const next = await database
    .poolOf("web")
    .query(
      `INSERT INTO "freeze" (reason, set_by, set_by_name, set_at) VALUES ('x', 'user:a', 'A', now()) RETURNING epoch`,
    );
  expect(next.rows[0].epoch).toBeGreaterThan(last + 1);
});

test("an epoch far ahead is no freeze of ours", async () => {
  const state = new FreezeState(dataDir);
  const before = state.frozen?.epoch;
  await database.pool.query(
    `INSERT INTO "freeze" (epoch, reason, set_by, set_by_name, set_at) VALUES (2000000000, 'x', 'user:a', 'A', now())`,
  );
  await state.sync(database.pool);
  expect(state.frozen?.epoch).not.toBe(2_000_000_000);
  expect(state.frozen?.epoch).toBeGreaterThanOrEqual(before ?? 0);
});

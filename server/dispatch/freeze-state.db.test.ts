// A lift outlives the key that signed it: after a rotation it is signed again, in the folder and in its row.
import { generateKeyPairSync, verify } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FreezeLift, freezeBytes } from "../../protocol/trust.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { dispatcherFolder } from "../core/secrets.ts";
import type { SigningKey } from "../trust/signing.ts";
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

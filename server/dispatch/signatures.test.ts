// Signatures of local keys and of passkeys – real assertions, made by a software authenticator – over statements, and everything that makes them worthless.
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PlanStatement, Statement, StatementSignature } from "../../protocol/statement.ts";
import { type Assertion, keyAdd, localKey, PUBLIC_URL, passkey, type Signer } from "./dispatcher.fixture.ts";
import { KeyList } from "./key-list.ts";
import { Ledger } from "./ledger.ts";
import { check, type SignatureContext } from "./signatures.ts";

const NOW = Date.now();
const plan: PlanStatement = {
  v: 1,
  kind: "plan",
  runId: randomUUID(),
  nodeId: randomUUID(),
  nodeName: "node-7",
  repairId: "restart-container",
  planHash: "ab".repeat(32),
  risk: "disruptive",
  requestedBy: "user:olga",
  expiresAt: NOW + 60_000,
};

let dataDir = "";
let ctx: SignatureContext;
let local: Signer;
let pass: ReturnType<typeof passkey>;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "nodeops-signatures-"));
  mkdirSync(join(dataDir, "dispatcher"));
  local = localKey("user:anna");
  pass = passkey("user:berta");
  const keys = new KeyList(dataDir);
  for (const key of [local, pass]) expect(keys.add(keyAdd(key), localKey("user:x").sign(plan), NOW)).toBeNull();
  ctx = { keys, ledger: new Ledger(dataDir, NOW), publicUrl: PUBLIC_URL, disabled: new Set() };
});
afterEach(() => {
  ctx.ledger.close();
  rmSync(dataDir, { recursive: true });
});

/** "ok", or why not. */
async function judge(statement: unknown, signature: StatementSignature | unknown, now = NOW): Promise<string> {
  const checked = await check({ id: "row", statement, signature }, ctx, now);
  return checked.ok ? "ok" : checked.why;
}
const other = (over: Partial<PlanStatement>): Statement => ({ ...plan, ...over });

describe("a local key's signature", () => {
  it("is right over its statement and no other", async () => {
    const signature = local.sign(plan);
    expect(await judge(plan, signature)).toBe("ok");
    for (const over of [
      { planHash: "cd".repeat(32) },
      { runId: randomUUID() },
      { risk: "safe" as const },
      { requestedBy: "user:x" },
    ])
      expect(await judge(other(over), signature)).toBe("the signature does not fit the statement");
  });

  it("is worth nothing by a key that is not accepted, or is no more", async () => {
    expect(await judge(plan, localKey("user:anna").sign(plan))).toBe("the key is not accepted");
    const signature = local.sign(plan);
    expect(await judge(plan, signature)).toBe("ok");
    expect(ctx.keys.remove({ v: 1, kind: "key-remove", keyId: local.keyId, expiresAt: NOW })).toBeNull();
    expect(await judge(plan, signature)).toBe("the key is not accepted");
  });

  it("does not count while the account of its holder is disabled", async () => {
    const signature = local.sign(plan);
    expect(await judge(plan, signature)).toBe("ok");
    ctx = { ...ctx, disabled: new Set(["user:anna"]) };
    expect(await judge(plan, signature)).toMatch(/disabled/);
  });

  it("is worth nothing under another key's name", async () => {
    expect(await judge(plan, { ...localKey("user:x").sign(plan), keyId: local.keyId })).toBe(
      "the signature does not fit the statement",
    );
    expect(await judge(plan, { ...local.sign(plan), keyId: pass.keyId })).toBe("the key is of another type");
  });

  it("ends with its statement, which lives for an hour at most", async () => {
    expect(await judge(plan, local.sign(plan), plan.expiresAt)).toBe("the statement has expired");
    const long = other({ expiresAt: NOW + 7_200_000 });
    expect(await judge(long, local.sign(long))).toBe("the statement is good for too long");
  });

  it.each([null, "x", {}, { ...plan, more: 1 }, { ...plan, kind: "shell" }, { ...plan, planHash: "x" }])(
    "is not asked over %j",
    async (statement) => {
      expect(await judge(statement, local.sign(plan))).toBe("the statement or its signature cannot be read");
    },
  );
});

describe("a passkey's signature", () => {
  it("is right, and stays so when it is looked at again", async () => {
    const signature = pass.assert(plan);
    expect(await judge(plan, signature)).toBe("ok");
    expect(ctx.keys.get(pass.keyId)?.counter).toBe(1);
    expect(await judge(plan, signature)).toBe("ok");
    ctx.ledger.close();
    ctx = { ...ctx, keys: new KeyList(dataDir), ledger: new Ledger(dataDir, NOW) };
    expect(await judge(plan, signature)).toBe("ok");
  });

  const wrong: [string, Assertion, RegExp][] = [
    ["made for another site", { origin: "https://console.example.evil" }, /origin/],
    ["made for another port", { origin: `${PUBLIC_URL}:8443` }, /origin/],
    ["of another relying party", { rpId: "example" }, /RP ID/],
    ["without proof of the person", { isVerified: false }, /verif/i],
    ["over another challenge", { challenge: "A".repeat(43) }, /challenge/],
    ["of a registration", { type: "webauthn.create" }, /type/],
    ["from a frame of another site", { crossOrigin: true }, /another site/],
  ];
  it.each(wrong)("%s is worth nothing", async (_name, quirks, why) => {
    expect(await judge(plan, pass.assert(plan, quirks))).toMatch(why);
  });

  it("over one statement is worth nothing for another", async () => {
    const signature = pass.assert(plan);
    expect(await judge(other({ planHash: "cd".repeat(32) }), signature)).toMatch(/challenge/);
  });

  it("whose counter goes back comes from a copy", async () => {
    expect(await judge(plan, pass.assert(plan, { counter: 5 }))).toBe("ok");
    const next = other({ runId: randomUUID() });
    expect(await judge(next, pass.assert(next, { counter: 5 }))).toMatch(/counter/);
    expect(await judge(next, pass.assert(next, { counter: 4 }))).toMatch(/counter/);
    expect(await judge(next, pass.assert(next, { counter: 6 }))).toBe("ok");
  });

  it("is made for localhost where the console is open on this machine only", async () => {
    ctx = { ...ctx, publicUrl: "http://127.0.0.1:7080" };
    expect(await judge(plan, pass.assert(plan, { origin: "http://localhost:7080", rpId: "localhost" }))).toBe("ok");
    const next = other({ runId: randomUUID() });
    expect(await judge(next, pass.assert(next, { origin: "http://localhost:7081", rpId: "localhost" }))).toMatch(
      /origin/,
    );
  });

  it("of authenticators that do not count is right each time", async () => {
    for (let i = 0; i < 3; i += 1) {
      const statement = other({ runId: randomUUID() });
      expect(await judge(statement, pass.assert(statement, { counter: 0 }))).toBe("ok");
    }
  });

  it("that was changed is worth nothing", async () => {
    const signature = pass.assert(plan);
    if (signature.type !== "webauthn") throw new Error("not a passkey's");
    const inner = signature.response.response as Record<string, string>;
    for (const [name, text] of Object.entries(inner)) {
      const bytes = Buffer.from(text, "base64url");
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
      const response = { ...signature.response, response: { ...inner, [name]: bytes.toString("base64url") } };
      expect([name, await judge(plan, { ...signature, response })]).not.toEqual([name, "ok"]);
    }
    expect(await judge(plan, { ...signature, response: {} })).not.toBe("ok");
    expect(await judge(plan, { ...signature, response: { ...signature.response, id: "x", rawId: "x" } })).not.toBe(
      "ok",
    );
  });

  it("by a stranger's passkey under this one's name is worth nothing", async () => {
    const stranger = passkey("user:berta").assert(plan);
    if (stranger.type !== "webauthn") throw new Error("not a passkey's");
    const response = { ...stranger.response, id: pass.keyId, rawId: pass.keyId };
    expect(await judge(plan, { type: "webauthn", keyId: pass.keyId, response })).toBe(
      "the signature does not fit the statement",
    );
  });
});

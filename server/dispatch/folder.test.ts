// What the dispatcher keeps on its own disk: it outlives restarts and crashes, and what cannot be read stops it rather than be forgotten.
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyAdd, localKey, type Signer } from "./dispatcher.fixture.ts";
import { FreezeState } from "./freeze-state.ts";
import { KeyList } from "./key-list.ts";
import { Ledger, REMEMBER_MS, type Signed } from "./ledger.ts";
import { takeFolder } from "./lock.ts";
import { defaultPolicy, loadPolicy } from "./policy.ts";

const NOW = 1_700_000_000_000;
let dataDir = "";
const file = (name: string) => join(dataDir, "dispatcher", name);

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "nodeops-folder-"));
  mkdirSync(join(dataDir, "dispatcher"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const signed = (over: Partial<Signed> = {}): Omit<Signed, "t"> => ({
  at: NOW,
  runId: "r1",
  role: "step",
  step: 0,
  nodeId: "n1",
  commandId: "c1",
  kind: "change",
  isFree: true,
  risk: "safe",
  planHash: "h",
  generation: 1,
  expiresAt: NOW + 120_000,
  keyId: "k",
  payload: "cGF5bG9hZA",
  signature: "c2ln",
  ...over,
});

describe("the ledger", () => {
  it("remembers across restarts, and forgets after two hours", () => {
    const first = new Ledger(dataDir, NOW);
    first.addSigned(signed(), { at: NOW, runId: "r1", nodeId: "n1", planHash: "h", by: [] });
    first.addSeen({ at: NOW, challenge: "ch", person: "user:a", keyId: "k1", expiresAt: NOW + REMEMBER_MS });
    first.addSpent("ch2", NOW + REMEMBER_MS, NOW);
    first.close();
    const second = new Ledger(dataDir, NOW + 1_000);
    expect(second.signedFor("r1", "step", 0)).toMatchObject({ commandId: "c1", payload: "cGF5bG9hZA" });
    expect([second.run("r1")?.planHash, second.seen("ch", "k1")?.person, second.isSpent("ch2")]).toEqual([
      "h",
      "user:a",
      true,
    ]);
    expect([second.signedFor("r1", "step", 1), second.seen("ch", "k2"), second.run("r2")]).toEqual([null, null, null]);
    second.tidy(NOW + 200_000);
    expect(second.signedFor("r1", "step", 0)?.payload).toBe("");
    second.tidy(NOW + REMEMBER_MS + 1);
    expect([second.signedFor("r1", "step", 0), second.run("r1"), second.isSpent("ch2")]).toEqual([null, null, false]);
    second.close();
  });

  it("drops a line that a crash cut off, and goes on behind the whole ones", () => {
    const first = new Ledger(dataDir, NOW);
    first.addSigned(signed(), null);
    first.close();
    appendFileSync(file("ledger.log"), '{"t":"signed","runId":"r9');
    const second = new Ledger(dataDir, NOW);
    second.addSigned(signed({ step: 1, commandId: "c2" }), null);
    second.close();
    const third = new Ledger(dataDir, NOW);
    expect([third.signedFor("r1", "step", 0)?.commandId, third.signedFor("r1", "step", 1)?.commandId]).toEqual([
      "c1",
      "c2",
    ]);
    third.close();
  });

  it("does not open when a line is damaged", () => {
    const ledger = new Ledger(dataDir, NOW);
    ledger.addSigned(signed(), null);
    ledger.close();
    writeFileSync(file("ledger.log"), `garbage\n${readFileSync(file("ledger.log"), "utf8")}`);
    expect(() => new Ledger(dataDir, NOW)).toThrow(/line 1 is damaged/);
  });

  it("is written anew when it has grown, and says the same", () => {
    const ledger = new Ledger(dataDir, NOW);
    const payload = "x".repeat(100_000);
    for (let step = 0; step < 100; step += 1)
      ledger.addSigned(signed({ step, at: NOW + step, expiresAt: NOW + 10_000, payload }), null);
    const before = statSync(file("ledger.log")).size;
    ledger.tidy(NOW + 20_000);
    expect(statSync(file("ledger.log")).size).toBeLessThan(before / 50);
    ledger.addSigned(signed({ runId: "r2" }), null);
    ledger.close();
    const again = new Ledger(dataDir, NOW + 20_000);
    expect([
      again.free().length,
      again.signedFor("r1", "step", 99)?.step,
      again.signedFor("r2", "step", 0)?.step,
    ]).toEqual([101, 99, 0]);
    again.close();
  });
});

describe("the keys", () => {
  const first = (signer: Signer, over: object = {}) => {
    const { keyId, type, publicKey, person } = signer;
    writeFileSync(
      file("first-key.json"),
      JSON.stringify({ keyId, type, publicKey, person, personName: "Anna", ...over }),
    );
  };
  const [anna, berta] = [localKey("user:anna"), localKey("user:berta")];

  it("begin with the first key, once: one that is laid there later changes nothing", () => {
    const keys = new KeyList(dataDir);
    expect([keys.takeFirst(NOW), keys.all().length]).toEqual([null, 0]);
    first(anna);
    expect(keys.takeFirst(NOW)?.person).toBe("user:anna");
    first(berta);
    expect([keys.takeFirst(NOW), new KeyList(dataDir).takeFirst(NOW)]).toEqual([null, null]);
    expect(new KeyList(dataDir).persons()).toEqual(["user:anna"]);
    expect(statSync(file("keys.json")).mode & 0o777).toBe(0o600);
  });

  it("refuse what cannot be a key, and a key that admits itself", () => {
    const keys = new KeyList(dataDir);
    first(anna, { keyId: berta.keyId });
    expect(() => keys.takeFirst(NOW)).toThrow(/id/);
    first(anna);
    keys.takeFirst(NOW);
    const byAnna = anna.sign(keyAdd(berta));
    expect(keys.add(keyAdd(berta), berta.sign(keyAdd(berta)), NOW)).toMatch(/itself/);
    expect(keys.add(keyAdd(berta, { keyId: "f".repeat(32) }), byAnna, NOW)).toMatch(/id/);
    expect(keys.add(keyAdd(berta, { publicKey: "AAAA" }), byAnna, NOW)).not.toBeNull();
    expect(keys.add(keyAdd(berta), byAnna, NOW)).toBeNull();
    expect(keys.add(keyAdd(berta), byAnna, NOW)).toMatch(/already/);
  });

  it("never end: the last one stays", () => {
    const keys = new KeyList(dataDir);
    first(anna);
    keys.takeFirst(NOW);
    const remove = { v: 1 as const, kind: "key-remove" as const, keyId: anna.keyId, expiresAt: NOW };
    expect(keys.remove(remove)).toMatch(/last/);
    expect(keys.add(keyAdd(berta), anna.sign(keyAdd(berta)), NOW)).toBeNull();
    expect(keys.remove(remove)).toBeNull();
    expect(new KeyList(dataDir).persons()).toEqual(["user:berta"]);
  });

  it("are not guessed at: a damaged list stops the start", () => {
    writeFileSync(file("keys.json"), "{");
    expect(() => new KeyList(dataDir)).toThrow(/keys.json is damaged/);
    writeFileSync(file("freeze.json"), "{}");
    expect(() => new FreezeState(dataDir)).toThrow(/freeze.json is damaged/);
  });
});

describe("the policy", () => {
  it("has defaults, takes numbers, and refuses to start with what it does not understand", () => {
    expect(loadPolicy(dataDir)).toEqual(defaultPolicy());
    writeFileSync(file("policy.json"), JSON.stringify({ spread: { max: 3 }, changes: { node: { burst: 2 } } }));
    expect(loadPolicy(dataDir)).toMatchObject({
      spread: { min: 10, max: 3 },
      changes: { node: { burst: 2, perHour: 60 } },
    });
    for (const text of ["", "[]", '{"limits":1}', '{"changes":{"node":{"burst":"many"}}}', '{"spread":{"ratio":2}}']) {
      writeFileSync(file("policy.json"), text);
      expect(() => loadPolicy(dataDir)).toThrow(/policy.json/);
    }
  });
});

describe("the folder", () => {
  it("is for one living process", () => {
    takeFolder(dataDir);
    takeFolder(dataDir); // our own
    writeFileSync(file("pid"), "1 0\n"); // another process with that pid
    takeFolder(dataDir);
    const ticks = readFileSync("/proc/1/stat", "utf8").split(") ").at(-1)?.split(" ")[19];
    writeFileSync(file("pid"), `1 ${ticks}\n`);
    expect(() => takeFolder(dataDir)).toThrow(/another dispatcher, process 1/);
  });
});

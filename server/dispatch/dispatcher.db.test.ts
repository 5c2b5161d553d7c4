// The dispatcher process itself, on a real database that an attacker writes to as they like: no disruptive command is ever signed without a valid
// approval, nothing outside of the catalogue is signed at all, forged safe commands stay inside the rate, and a freeze holds.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { authenticate } from "../../agent/commands/verify.ts";
import { ephemeralPort } from "../../cli/ports.ts";
import type { CommandAction, SignedCommand } from "../../protocol/commands.ts";
import type { Statement } from "../../protocol/statement.ts";
import { FreezeLift, openFreeze } from "../../protocol/trust.ts";
import { actionRisk } from "../../repairs/action-risk.ts";
import { planHashOf } from "../../repairs/plan-hash.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { verifyChain } from "../audit/verify.ts";
import { FREEZE_CHANNEL } from "../core/changes.ts";
import { loadTrust } from "../trust/document.ts";
import { readAnchors } from "./anchors.ts";
import {
  addApproval,
  addCommand,
  addRun,
  keyAdd,
  localKey,
  makeFolder,
  PUBLIC_URL,
  passkey,
  type Signer,
  statementOf,
  type TestRun,
} from "./dispatcher.fixture.ts";
import { plans } from "./plans.fixture.ts";

let database: TestDatabase;
let dataDir = "";
let healthPort = 0;
const children: ChildProcess[] = [];
const anna = localKey("user:anna");
const berta = passkey("user:berta");
const mallory = localKey("user:anna"); // calls herself Anna
/** Runs whose disruptive or destructive steps may be signed: all others must not. */
const approved = new Set<string>();

function start(): ChildProcess {
  const main = join(import.meta.dirname, "../../workers/dispatcher.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      DATABASE_URL: database.urlOf("dispatcher"),
      NODEOPS_DATA: dataDir,
      HEALTH_PORT: String(healthPort),
      PUBLIC_URL,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.push(child);
  return child;
}
async function kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
  const child = children.at(-1);
  if (!child) throw new Error("no dispatcher runs");
  const exit = once(child, "exit");
  child.kill(signal);
  return (await exit)[0];
}
const eventually = <T>(assertion: () => Promise<T>) => vi.waitFor(assertion, { timeout: 20_000, interval: 50 });
const sql = async (text: string, ...values: unknown[]) => (await database.pool.query(text, values)).rows;
const command = (id: string) => database.prisma.command.findUniqueOrThrow({ where: { id } });
type Command = Awaited<ReturnType<typeof command>>;
/** The row once it was judged. */
const judged = (id: string): Promise<Command> =>
  eventually(async () => {
    const row = await command(id);
    expect(row.state).not.toBe("queued");
    return row;
  });
/** "signed", or the code of the refusal. */
async function verdict(id: string): Promise<string> {
  const row = await judged(id);
  return row.state === "signed" ? "signed" : String((row.result as { code?: unknown } | null)?.code);
}
const frame = (row: Command): SignedCommand => ({
  payload: row.payload ?? new Uint8Array(),
  signature: row.signature ?? new Uint8Array(),
  keyId: row.keyId ?? "",
});
const trusted = () => loadTrust(dataDir)().content.commandKeys;
const verdictOf = (id: string) =>
  eventually(async () => {
    const row = await database.prisma.approval.findUniqueOrThrow({ where: { id } });
    expect(row.verdict).not.toBe("pending");
    return [row.verdict, row.reason];
  });

let nodes = 0;
async function newRun(risk: keyof typeof plans, over: Partial<TestRun> = {}): Promise<{ run: TestRun; name: string }> {
  nodes += 1;
  const name = `node-${nodes}`;
  const nodeId = await addNode(database.prisma, { name });
  return { run: await addRun(database.pool, { nodeId, ...plans[risk], ...over }), name };
}
/** A signature over the run as it stands, or over what is told. */
async function approve(
  run: TestRun,
  name: string,
  signer: Signer,
  over: Parameters<typeof statementOf>[2] = {},
): Promise<Statement> {
  const statement = statementOf(run, name, over);
  await addApproval(database.pool, statement, signer.sign(statement));
  return statement;
}

beforeAll(async () => {
  database = await testDatabase();
  healthPort = await ephemeralPort();
  dataDir = await makeFolder(anna);
  start();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await database.drop();
  rmSync(dataDir, { recursive: true });
});

describe("the dispatcher", { timeout: 60_000 }, () => {
  it("signs what an agent takes, each step once, with rising generations", async () => {
    const { run } = await newRun("safe");
    const evidence = await judged(await addCommand(database.pool, run, { role: "evidence" }));
    const step = await judged(await addCommand(database.pool, run));
    expect([evidence.state, step.state]).toEqual(["signed", "signed"]);
    expect(authenticate(frame(step), trusted(), run.nodeId)).toMatchObject({
      ok: true,
      payload: { id: step.id, generation: step.generation, planHash: run.planHash, repairId: run.id },
    });
    expect(step.generation).toBeGreaterThan(evidence.generation);
  });

  it("alone among people: one signature is enough, of a key that root laid there", async () => {
    const { run, name } = await newRun("disruptive", { requestedBy: "user:anna" });
    await approve(run, name, anna);
    approved.add(run.id);
    expect(await verdict(await addCommand(database.pool, run))).toBe("signed");
    expect(await verdict(await addCommand(database.pool, run, { stepIndex: 1 }))).toBe("signed");
    expect(await sql("SELECT id, person, state FROM approval_key")).toEqual([
      { id: anna.keyId, person: "user:anna", state: "active" },
    ]);
  });

  it("takes a key that an accepted one vouches for, and no other", async () => {
    const own = keyAdd(mallory);
    expect(await verdictOf(await addApproval(database.pool, own, mallory.sign(own)))).toEqual([
      "refused",
      "the key is not accepted",
    ]);
    const stolen = keyAdd(mallory);
    const forged = { ...mallory.sign(stolen), keyId: anna.keyId };
    expect((await verdictOf(await addApproval(database.pool, stolen, forged)))[0]).toBe("refused");
    const right = keyAdd(berta);
    expect(await verdictOf(await addApproval(database.pool, right, anna.sign(right)))).toEqual(["accepted", ""]);
    expect(await sql("SELECT state FROM approval_key WHERE id = $1", berta.keyId)).toEqual([{ state: "active" }]);
    expect(JSON.parse(readFileSync(join(dataDir, "dispatcher/keys.json"), "utf8")).keys).toHaveLength(2);
  });

  it("a third person comes in only when two of the two want it: nobody invents a colleague", async () => {
    const keys = () => JSON.parse(readFileSync(join(dataDir, "dispatcher/keys.json"), "utf8")).keys.length;
    const before = keys();
    const carla = localKey("user:carla");
    const statement = keyAdd(carla);
    const first = await addApproval(database.pool, statement, berta.sign(statement));
    await addApproval(
      database.pool,
      { ...statement, expiresAt: statement.expiresAt - 1 },
      berta.sign({ ...statement, expiresAt: statement.expiresAt - 1 }),
    );
    // A later request has its verdict: the first one was looked at and waits.
    const own = localKey("user:anna");
    const further = keyAdd(own);
    expect((await verdictOf(await addApproval(database.pool, further, anna.sign(further))))[0]).toBe("accepted");
    expect(keys()).toBe(before + 1);
    expect(await sql("SELECT verdict FROM approval WHERE id = $1", first)).toEqual([{ verdict: "pending" }]);
    await addApproval(database.pool, statement, anna.sign(statement));
    expect((await verdictOf(first))[0]).toBe("accepted");
    expect(keys()).toBe(before + 2);
    for (const { keyId } of [carla, own]) {
      const remove: Statement = { v: 1, kind: "key-remove", keyId, expiresAt: Date.now() + 60_000 };
      if (keyId === carla.keyId) await addApproval(database.pool, remove, berta.sign(remove));
      expect((await verdictOf(await addApproval(database.pool, remove, anna.sign(remove))))[0]).toBe("accepted");
    }
  });

  it("one of two is not rid of the other, invents no key of theirs, and taps alone change no key", async () => {
    const list = (): string[] =>
      JSON.parse(readFileSync(join(dataDir, "dispatcher/keys.json"), "utf8")).keys.map((key: Signer) => key.keyId);
    const before = list();
    const waiting: string[] = [];
    const asks = async (statement: Statement, signer: Signer) =>
      waiting.push(await addApproval(database.pool, statement, signer.sign(statement)));
    const expiresAt = Date.now() + 60_000;
    await asks({ v: 1, kind: "key-remove", keyId: berta.keyId, expiresAt }, anna); // rid of her
    await asks(keyAdd(localKey("user:berta")), anna); // a key in her name
    await asks(keyAdd(localKey("user:berta")), berta); // her own wish, by a tap
    // A later request has its verdict: these were looked at.
    const stray: Statement = { v: 1, kind: "key-remove", keyId: "f".repeat(32), expiresAt };
    expect((await verdictOf(await addApproval(database.pool, stray, anna.sign(stray))))[0]).toBe("refused");
    expect(list()).toEqual(before);
    expect(await sql("SELECT DISTINCT verdict FROM approval WHERE id = ANY($1::uuid[])", waiting)).toEqual([
      { verdict: "pending" },
    ]);
  });

  it("believes no list of keys but its own", async () => {
    await sql(
      `INSERT INTO approval_key (id, type, person, person_name, public_key, state, requested_at, changed_at)
       VALUES ($1, 'ed25519', 'user:anna', 'Anna', $2, 'active', now(), now())`,
      mallory.keyId,
      mallory.publicKey,
    );
    const { run, name } = await newRun("disruptive");
    await approve(run, name, mallory);
    expect(await verdict(await addCommand(database.pool, run))).toBe("dispatcher:not-approved");
  });

  it("with two people: somebody else for disruptive, both for destructive; passkeys count", async () => {
    const own = await newRun("disruptive", { requestedBy: "user:anna" });
    await approve(own.run, own.name, anna);
    expect(await verdict(await addCommand(database.pool, own.run))).toBe("dispatcher:not-approved");
    const other = await newRun("disruptive", { requestedBy: "user:anna" });
    await approve(other.run, other.name, berta);
    approved.add(other.run.id);
    expect(await verdict(await addCommand(database.pool, other.run))).toBe("signed");
    const one = await newRun("destructive");
    await approve(one.run, one.name, anna);
    expect(await verdict(await addCommand(database.pool, one.run))).toBe("dispatcher:not-approved");
    const both = await newRun("destructive");
    await approve(both.run, both.name, anna);
    await approve(both.run, both.name, berta);
    approved.add(both.run.id);
    expect(await verdict(await addCommand(database.pool, both.run))).toBe("signed");
  });

  it("one person's two keys are one person", async () => {
    const second = localKey("user:anna");
    const statement = keyAdd(second);
    expect((await verdictOf(await addApproval(database.pool, statement, anna.sign(statement))))[0]).toBe("accepted");
    const { run, name } = await newRun("destructive");
    await approve(run, name, anna);
    await approve(run, name, second);
    expect(await verdict(await addCommand(database.pool, run))).toBe("dispatcher:not-approved");
    const remove: Statement = { v: 1, kind: "key-remove", keyId: second.keyId, expiresAt: Date.now() + 60_000 };
    expect((await verdictOf(await addApproval(database.pool, remove, anna.sign(remove))))[0]).toBe("accepted");
    // The old admission, put there again, admits nobody.
    const again = await addApproval(database.pool, statement, anna.sign(statement), { person: "user:x" });
    expect((await verdictOf(again))[0]).toBe("accepted"); // long ago
    expect(JSON.parse(readFileSync(join(dataDir, "dispatcher/keys.json"), "utf8")).keys).toHaveLength(2);
  });
});

const prune: CommandAction = { type: "runtime.prune", params: { runtime: "containerd", containers: [], images: [] } };

describe("rows that an attacker writes", { timeout: 60_000 }, () => {
  it("forged disruptive and destructive runs are refused, and the refusal is in the trail", async () => {
    for (const risk of ["disruptive", "destructive"] as const) {
      const { run } = await newRun(risk);
      await sql("UPDATE repair SET risk = 'safe', statement = NULL WHERE id = $1", run.id);
      const id = await addCommand(database.pool, run);
      expect(await verdict(id)).toBe("dispatcher:not-approved");
      expect(
        await sql("SELECT actor, outcome FROM audit_event WHERE entity = 'command' AND entity_id = $1", id),
      ).toEqual([{ actor: "system:dispatcher", outcome: "denied" }]);
    }
  });

  it("a destructive action inside of a safe repair's plan is destructive", async () => {
    const steps = [{ title: { en: "", zh: "" }, action: prune }];
    const { run } = await newRun("safe", { plan: { ...plans.safe.plan, steps } });
    expect(await verdict(await addCommand(database.pool, run))).toBe("dispatcher:not-approved");
  });

  it("a plan that was edited after its approval is another plan", async () => {
    const { run, name } = await newRun("disruptive");
    await approve(run, name, anna);
    const edited = { ...run.plan, steps: [...run.plan.steps, { title: { en: "", zh: "" }, action: prune }] };
    await sql("UPDATE repair SET plan = $2 WHERE id = $1", run.id, JSON.stringify({ ...edited, guards: [] }));
    expect(await verdict(await addCommand(database.pool, run))).toBe("dispatcher:plan-changed");
    const planHash = planHashOf({ nodeId: run.nodeId, findingId: null, repairId: run.repairId, plan: edited });
    await sql("UPDATE repair SET plan_hash = $2 WHERE id = $1", run.id, planHash);
    await sql("DELETE FROM command WHERE repair_id = $1", run.id);
    expect(await verdict(await addCommand(database.pool, { ...run, plan: edited }))).toBe("dispatcher:not-approved");
  });

  it("a plan that was edited between two steps is another plan", async () => {
    const { run, name } = await newRun("disruptive");
    await approve(run, name, anna);
    approved.add(run.id);
    expect(await verdict(await addCommand(database.pool, run))).toBe("signed");
    const edited = {
      ...run.plan,
      steps: [run.plan.steps[0], { title: { en: "", zh: "" }, action: prune }].flatMap((s) => s ?? []),
    };
    const planHash = planHashOf({ nodeId: run.nodeId, findingId: null, repairId: run.repairId, plan: edited });
    await sql("UPDATE repair SET plan = $2, plan_hash = $3 WHERE id = $1", run.id, JSON.stringify(edited), planHash);
    expect(await verdict(await addCommand(database.pool, { ...run, plan: edited }, { stepIndex: 1 }))).toBe(
      "dispatcher:plan-changed",
    );
  });

  it("an approval copied from another run, or moved to another requester, does not count", async () => {
    const source = await newRun("disruptive");
    const statement = await approve(source.run, source.name, anna);
    const target = await newRun("disruptive");
    await addApproval(database.pool, statement, anna.sign(statement), { subject: target.run.id });
    const relabelled = { ...statementOf(target.run, target.name) };
    await addApproval(database.pool, relabelled, anna.sign(statement));
    expect(await verdict(await addCommand(database.pool, target.run))).toBe("dispatcher:not-approved");
    // Asked for by Anna, signed by Anna, and the row says that somebody else had asked.
    const own = await newRun("disruptive", { requestedBy: "user:anna" });
    await approve(own.run, own.name, anna);
    await sql("UPDATE repair SET requested_by = 'user:zoe' WHERE id = $1", own.run.id);
    expect(await verdict(await addCommand(database.pool, own.run))).toBe("dispatcher:not-approved");
  });

  it("an approval of one node is not one of another, whatever the rows are called", async () => {
    const a = await newRun("disruptive");
    const b = await newRun("disruptive");
    await approve(a.run, a.name, anna);
    await sql("UPDATE repair SET node_id = $2 WHERE id = $1", a.run.id, b.run.nodeId);
    expect(await verdict(await addCommand(database.pool, { ...a.run, nodeId: b.run.nodeId }))).toBe(
      "dispatcher:plan-changed",
    );
  });

  it("nothing outside of the catalogue is signed", async () => {
    const { run } = await newRun("safe");
    const shell = { type: "shell.run", params: { command: "id" } } as unknown as CommandAction;
    expect(await verdict(await addCommand(database.pool, run, { action: shell }))).toBe("dispatcher:malformed");
    const core = await newRun("safe", { repairId: "run-shell" });
    expect(await verdict(await addCommand(database.pool, core.run))).toBe("dispatcher:unknown-repair");
    const params = { key: "kernel.core_pattern", expected: "core", value: "|/bin/sh" };
    const steps = [{ title: { en: "", zh: "" }, action: { type: "sysctl.set" as const, params } }];
    const sysctl = await newRun("safe", { plan: { ...plans.safe.plan, steps } });
    expect(await verdict(await addCommand(database.pool, sysctl.run))).toBe("dispatcher:malformed");
  });

  it("a step is signed once, however often its row comes back", async () => {
    const { run } = await newRun("safe");
    const first = await judged(await addCommand(database.pool, run));
    await sql("UPDATE command SET state = 'queued', payload = NULL, signature = NULL WHERE id = $1", first.id);
    const second = await judged(first.id);
    expect([second.state, Buffer.from(frame(second).payload)]).toEqual(["signed", Buffer.from(frame(first).payload)]);
    await sql("DELETE FROM command WHERE id = $1", first.id);
    expect(await verdict(await addCommand(database.pool, run))).toBe("dispatcher:signed-before");
  });

  it("a signature that is made to trip whoever reads it is refused, and holds nothing up", async () => {
    const statement: Statement = { v: 1, kind: "unfreeze", epoch: 1, expiresAt: Date.now() + 60_000 };
    const odd = berta.assert(statement, { origin: `https://\u0000${"x".repeat(3_000)}` });
    const [said, why] = await verdictOf(await addApproval(database.pool, statement, odd));
    expect([said, why?.length]).toEqual(["refused", 300]);
    const { run } = await newRun("safe");
    expect(await verdict(await addCommand(database.pool, run))).toBe("signed");
  });

  it("a generation that somebody has taken holds nothing up", async () => {
    const { run } = await newRun("safe");
    await sql("UPDATE node SET generation = 3 WHERE id = $1", run.nodeId);
    const row = await judged(await addCommand(database.pool, run, { generation: 40 }));
    expect([row.state, row.generation]).toEqual(["signed", 41]);
  });

  it("accounts make it stricter, never laxer: more approvers, or a signer whose account was disabled", async () => {
    await sql("DELETE FROM approval_key");
    const one = await newRun("destructive");
    await approve(one.run, one.name, berta);
    expect(await verdict(await addCommand(database.pool, one.run))).toBe("dispatcher:not-approved");
    await sql(
      `INSERT INTO "user" (id, name, email, role, updated_at, disabled_at) VALUES ('anna', 'Anna', 'anna@example.org', 'admin', now(), now())`,
    );
    const two = await newRun("disruptive");
    await approve(two.run, two.name, anna);
    expect(await verdict(await addCommand(database.pool, two.run))).toBe("dispatcher:not-approved");
    await sql(`DELETE FROM "user"`);
  });
});

describe("a freeze", { timeout: 60_000 }, () => {
  const setFreeze = async (): Promise<number> => {
    const [row] = await sql(
      `INSERT INTO "freeze" (reason, set_by, set_by_name, set_at) VALUES ('fire', 'user:olga', 'Olga', now()) RETURNING epoch`,
    );
    await sql("SELECT pg_notify($1, '')", FREEZE_CHANNEL);
    return row.epoch;
  };
  const frozenEpoch = async (): Promise<number | null> => {
    const { detail } = await database.prisma.processBeat.findUniqueOrThrow({ where: { name: "dispatcher" } });
    return (detail as { frozenEpoch: number | null }).frozenEpoch;
  };
  const unfreeze = (epoch: number): Statement => ({ v: 1, kind: "unfreeze", epoch, expiresAt: Date.now() + 60_000 });
  let epoch = 0;

  it("holds everything, outlives the process and whoever edits the row", async () => {
    const { run } = await newRun("safe");
    const late = await newRun("safe");
    epoch = await setFreeze();
    const id = await addCommand(database.pool, run);
    await eventually(async () => expect(await frozenEpoch()).toBe(epoch));
    await sql(`DELETE FROM "freeze"`);
    await eventually(async () =>
      expect(await sql(`SELECT epoch, lifted_at FROM "freeze"`)).toEqual([{ epoch, lifted_at: null }]),
    );
    await sql(`UPDATE "freeze" SET lifted_at = now(), lifted_by = '{user:anna,user:berta}'`);
    await eventually(async () => expect(await sql(`SELECT lifted_at FROM "freeze"`)).toEqual([{ lifted_at: null }]));
    await kill("SIGKILL");
    await sql(`DELETE FROM "freeze"`);
    start();
    await eventually(async () => expect(await sql(`SELECT epoch FROM "freeze"`)).toEqual([{ epoch }]));
    const other = await addCommand(database.pool, late.run);
    expect([(await command(id)).state, (await command(other)).state]).toEqual(["queued", "queued"]);
  });

  it("is lifted by two persons, for this freeze, and agents can see that it is", async () => {
    const wrong = unfreeze(epoch + 1);
    expect((await verdictOf(await addApproval(database.pool, wrong, anna.sign(wrong))))[0]).toBe("refused");
    const own = unfreeze(epoch);
    expect((await verdictOf(await addApproval(database.pool, own, mallory.sign(own))))[0]).toBe("refused");
    const first = { ...unfreeze(epoch), expiresAt: Date.now() + 61_000 } as Statement;
    expect((await verdictOf(await addApproval(database.pool, first, anna.sign(first))))[0]).toBe("accepted");
    const again = { ...unfreeze(epoch), expiresAt: Date.now() + 62_000 } as Statement;
    expect((await verdictOf(await addApproval(database.pool, again, anna.sign(again))))[0]).toBe("accepted");
    expect(await frozenEpoch()).toBe(epoch);
    const second = { ...unfreeze(epoch), expiresAt: Date.now() + 63_000 } as Statement;
    await addApproval(database.pool, second, berta.sign(second));
    await eventually(async () => expect(await frozenEpoch()).toBeNull());
    const [row] = await sql(`SELECT lifted_at, lifted_by, lift FROM "freeze" WHERE epoch = $1`, epoch);
    expect([row.lifted_at, row.lifted_by.sort()]).toEqual([expect.any(Date), ["user:anna", "user:berta"]]);
    const lift = FreezeLift.parse(row.lift);
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
    const said = openFreeze(
      { payload: bytes(lift.payload), keyId: lift.keyId, signature: bytes(lift.signature) },
      trusted(),
    );
    expect(said).toMatchObject({ isSigned: true, content: { epoch, frozen: false } });
    await eventually(async () => expect(await sql("SELECT 1 FROM command WHERE state = 'queued'")).toEqual([]));
    // The row once more as if it had never been lifted: it is no new freeze.
    await sql(`UPDATE "freeze" SET lifted_at = NULL, lift = NULL`);
    await eventually(async () => expect((await sql(`SELECT lift FROM "freeze"`))[0]?.lift).toEqual(lift));
    expect(await frozenEpoch()).toBeNull();
  });
});

describe("in the end", { timeout: 120_000 }, () => {
  it("a thousand forged safe commands stay inside rate and spread", async () => {
    const isFree = `state = 'signed' AND role = 'step' AND type = 'module.restart'`;
    const [before] = await sql(
      `SELECT count(*)::int AS signed, count(DISTINCT node_id)::int AS nodes FROM command WHERE ${isFree}`,
    );
    const fleet = await Promise.all(
      Array.from({ length: 40 }, (_, i) => addNode(database.prisma, { name: `forged-${i}` })),
    );
    for (let i = 0; i < 1_000; i += 1) {
      const run = await addRun(database.pool, { nodeId: fleet[i % fleet.length] ?? "", ...plans.safe });
      await addCommand(database.pool, run, { generation: -1 - i });
    }
    await eventually(async () => {
      const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
      const waiting = [...text.matchAll(/nodeops_dispatch_waiting\{[^}]*\} (\d+)/g)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
      expect(waiting).toBeGreaterThan(900);
    });
    const [after] = await sql(
      `SELECT count(*)::int AS signed, count(DISTINCT node_id)::int AS nodes FROM command WHERE ${isFree}`,
    );
    const minutes = (Date.now() - startedAt) / 60_000;
    expect(after.signed).toBeLessThanOrEqual(60 + Math.ceil(minutes * 30));
    expect(after.nodes).toBeLessThanOrEqual(10);
    expect(after.signed).toBeGreaterThan(before.signed);
    // Hidden behind none of them: what people have approved goes on.
    const { run, name } = await newRun("disruptive");
    await approve(run, name, anna);
    approved.add(run.id);
    expect(await verdict(await addCommand(database.pool, run))).toBe("signed");
    await kill("SIGKILL");
    start();
    const [restarted] = await eventually(async () => {
      expect(await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text()).toContain(
        "nodeops_dispatch_waiting{",
      );
      return sql(`SELECT count(DISTINCT node_id)::int AS nodes FROM command WHERE ${isFree}`);
    });
    expect(restarted.nodes).toBeLessThanOrEqual(10);
  });

  it("every signed command is one of the catalogue, and of an approved run where it can hurt", async () => {
    const rows = await database.prisma.command.findMany({ where: { payload: { not: null } } });
    let risky = 0;
    for (const row of rows) {
      const genuine = authenticate(frame(row), trusted(), row.nodeId);
      if (!genuine.ok) throw new Error(`${row.id}: ${genuine.code}`);
      const { action, repairId } = genuine.payload;
      if (actionRisk(action) === "safe") continue;
      risky += 1;
      expect([row.id, action.type, approved.has(repairId ?? "")]).toEqual([row.id, action.type, true]);
    }
    expect([rows.length > 20, risky]).toEqual([true, 6]);
  });

  it("the trail is whole and anchored outside", async () => {
    const { anchors, faults } = await eventually(async () => {
      const read = readAnchors(dataDir);
      expect(read.anchors.length).toBeGreaterThan(0);
      return read;
    });
    const client = await database.pool.connect();
    try {
      expect([faults, await verifyChain(client, anchors)]).toMatchObject([[], { isWhole: true }]);
    } finally {
      client.release();
    }
  });

  it("ends when it is told", async () => expect(await kill("SIGTERM")).toBe(0));
});

const startedAt = Date.now();

// For tests: a dispatcher's folder with keys, people who sign by local key or passkey (real assertions, made here), and rows as the engine writes them.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { v7 as uuidv7 } from "uuid";
import type { CommandAction } from "../../protocol/commands.ts";
import {
  ed25519KeyId,
  type KeyAddStatement,
  type PlanStatement,
  type Statement,
  type StatementSignature,
  statementBytes,
  statementChallenge,
} from "../../protocol/statement.ts";
import { planRisk } from "../../repairs/action-risk.ts";
import type { Plan } from "../../repairs/define.ts";
import { repairById } from "../../repairs/index.ts";
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import { APPROVALS_CHANNEL, QUEUED_CHANNEL } from "../core/changes.ts";
import { ensureTrust } from "../trust/ensure.ts";

export const PUBLIC_URL = "https://console.example";

/** Somebody who signs. */
export type Signer = {
  person: string;
  keyId: string;
  type: "ed25519" | "webauthn";
  publicKey: string;
  sign: (statement: Statement) => StatementSignature;
};

export function localKey(person: string): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const x = publicKey.export({ format: "jwk" }).x ?? "";
  const keyId = ed25519KeyId(Buffer.from(x, "base64url"));
  return {
    person,
    keyId,
    type: "ed25519",
    publicKey: x,
    sign: (statement) => ({
      type: "ed25519",
      keyId,
      signature: sign(null, statementBytes(statement), privateKey).toString("base64url"),
    }),
  };
}

const cborBytes = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0x58, bytes.length]), bytes]);

/** COSE key of an ES256 key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const head = Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
  return Buffer.concat([
    head,
    cborBytes(Buffer.from(x, "base64url")),
    Buffer.from([0x22]),
    cborBytes(Buffer.from(y, "base64url")),
  ]);
}

export type Assertion = Partial<{
  origin: string;
  rpId: string;
  isVerified: boolean;
  counter: number;
  challenge: string;
  type: string;
  crossOrigin: boolean;
}>;

/** A software authenticator; its answers are to the byte what a browser would give. `quirks` make wrong ones. */
export function passkey(
  person: string,
): Signer & { counter: number; assert: (s: Statement, quirks?: Assertion) => StatementSignature } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyId = randomBytes(32).toString("base64url");
  const self = {
    person,
    keyId,
    type: "webauthn" as const,
    publicKey: coseKey(publicKey).toString("base64url"),
    counter: 0,
    assert(statement: Statement, quirks: Assertion = {}): StatementSignature {
      self.counter += 1;
      const clientData = Buffer.from(
        JSON.stringify({
          type: quirks.type ?? "webauthn.get",
          challenge: quirks.challenge ?? statementChallenge(statement),
          origin: quirks.origin ?? PUBLIC_URL,
          crossOrigin: quirks.crossOrigin ?? false,
        }),
      );
      const data = Buffer.alloc(37);
      createHash("sha256")
        .update(quirks.rpId ?? new URL(PUBLIC_URL).hostname)
        .digest()
        .copy(data);
      data[32] = quirks.isVerified === false ? 0x01 : 0x05; // user present, user verified
      data.writeUInt32BE(quirks.counter ?? self.counter, 33);
      const signed = Buffer.concat([data, createHash("sha256").update(clientData).digest()]);
      const response = {
        clientDataJSON: clientData.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: sign("sha256", signed, privateKey).toString("base64url"),
      };
      return {
        type: "webauthn",
        keyId,
        response: { id: keyId, rawId: keyId, type: "public-key", clientExtensionResults: {}, response },
      };
    },
    sign: (statement: Statement) => self.assert(statement),
  };
  return self;
}

/** A state folder with trust made, and the first key laid out as `up` does. */
export async function makeFolder(first: Signer | null): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), "nodeops-dispatch-"));
  await ensureTrust(dataDir, new Date());
  mkdirSync(join(dataDir, "dispatcher"), { mode: 0o700 });
  if (first) {
    const { keyId, type, publicKey, person } = first;
    const content = { keyId, type, publicKey, person, personName: person, label: "local approval key" };
    writeFileSync(join(dataDir, "dispatcher", "first-key.json"), JSON.stringify(content));
  }
  return dataDir;
}

export type RunInput = {
  nodeId: string;
  repairId: string;
  plan: Plan;
  requestedBy?: string;
  state?: string;
  undoOfId?: string;
  planHash?: string;
};
export type TestRun = RunInput & { id: string; planHash: string; requestedBy: string };

/** A run in the middle of its life, with guards beside the plan as `start` writes them. */
export async function addRun(pool: pg.Pool, input: RunInput): Promise<TestRun> {
  const { nodeId, plan, undoOfId = null, requestedBy = "user:olga", state = "running" } = input;
  const repairId = undoOfId === null ? input.repairId : undoRepairId(undoOfId);
  const planHash = input.planHash ?? planHashOf({ nodeId, findingId: null, repairId, plan });
  const id = uuidv7();
  await pool.query(
    `INSERT INTO repair (id, repair_id, node_id, undo_of_id, risk, plan, plan_hash, state, requested_by, created_at)
     VALUES ($1, $2, $3, $4, 'safe', $5, $6, $7, $8, now())`,
    [id, input.repairId, nodeId, undoOfId, JSON.stringify({ ...plan, guards: [] }), planHash, state, requestedBy],
  );
  return { ...input, id, planHash, requestedBy };
}

export type CommandInput = {
  role?: string;
  stepIndex?: number;
  action?: CommandAction;
  generation?: number;
  nodeId?: string;
};

/** A queued command of a run: what its plan says, unless told otherwise. @returns its id */
export async function addCommand(pool: pg.Pool, run: TestRun, input: CommandInput = {}): Promise<string> {
  const { role = "step", stepIndex = 0, nodeId = run.nodeId } = input;
  const planned: CommandAction | undefined =
    role === "evidence" ? { type: "evidence.capture", params: run.plan.evidence } : run.plan.steps[stepIndex]?.action;
  const action = input.action ?? planned;
  const id = uuidv7();
  await pool.query(
    `INSERT INTO command (id, repair_id, node_id, role, step_index, type, params, generation, state, queued_at)
     SELECT $1, $2, $3::uuid, $4, $5, $6, $7, coalesce($8::int, (SELECT coalesce(max(generation), 0) + 1 FROM command WHERE node_id = $3::uuid)), 'queued', now()`,
    [id, run.id, nodeId, role, stepIndex, action?.type, JSON.stringify(action?.params), input.generation ?? null],
  );
  await pool.query("SELECT pg_notify($1, $2)", [QUEUED_CHANNEL, nodeId]);
  return id;
}

/** What approvers of a run sign. */
export function statementOf(run: TestRun, nodeName: string, over: Partial<PlanStatement> = {}): PlanStatement {
  const definition = repairById(run.repairId);
  return {
    v: 1,
    kind: "plan",
    runId: run.id,
    nodeId: run.nodeId,
    nodeName,
    repairId: run.repairId,
    planHash: run.planHash,
    risk: definition ? planRisk(definition, run.plan) : "safe",
    requestedBy: run.requestedBy,
    expiresAt: Date.now() + 600_000,
    ...over,
  };
}

/** A row of `approval`, as the web tier – or whoever has taken it over – writes it. */
export async function addApproval(
  pool: pg.Pool,
  statement: Statement,
  signature: StatementSignature,
  over: { person?: string; subject?: string; kind?: string } = {},
): Promise<string> {
  const id = randomUUID();
  const subject =
    statement.kind === "plan"
      ? statement.runId
      : statement.kind === "rollout"
        ? statement.rolloutId
        : statement.kind === "unfreeze"
          ? `${statement.epoch}`
          : statement.keyId;
  await pool.query(
    `INSERT INTO approval (id, kind, subject, challenge, statement, signature, key_id, person, person_name, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, now())`,
    [
      id,
      over.kind ?? statement.kind,
      over.subject ?? subject,
      `${statementChallenge(statement)}`,
      JSON.stringify(statement),
      JSON.stringify(signature),
      signature.keyId,
      over.person ?? `user:${id}`,
    ],
  );
  await pool.query("SELECT pg_notify($1, $2)", [APPROVALS_CHANNEL, statement.kind]);
  return id;
}

/** Asks for a key to be accepted. */
export const keyAdd = (
  { keyId, type, publicKey, person }: Signer,
  over: Partial<KeyAddStatement> = {},
): KeyAddStatement => ({
  v: 1,
  kind: "key-add",
  keyId,
  type,
  publicKey,
  person,
  personName: person,
  expiresAt: Date.now() + 600_000,
  ...over,
});

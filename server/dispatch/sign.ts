// Carries a decision out: a signed command or a refusal, durable in the ledger before the row shows it.
import { randomBytes, sign } from "node:crypto";
import type pg from "pg";
import { type CommandPayload, commandBytes, payloadBytes } from "../../protocol/commands.ts";
import { COMMAND_TTL_MS } from "../../protocol/constants.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import type { AcceptedRun, Ledger, Signed } from "./ledger.ts";
import type { Decision } from "./rules.ts";
import {
  audit,
  claim,
  isFreezeOpen,
  nextGeneration,
  type Queryable,
  type Queued,
  readPhases,
  type SignedRow,
  storeRefused,
  storeSigned,
} from "./store.ts";

/** Runs in one transaction; `false` from `run` takes everything back. */
export async function within(pool: pg.Pool, run: (tx: Queryable) => Promise<boolean>): Promise<boolean> {
  const client = await pool.connect();
  let isLost = false;
  try {
    await client.query("BEGIN");
    const isKept = await run(client);
    await client.query(isKept ? "COMMIT" : "ROLLBACK");
    return isKept;
  } catch (err) {
    await client.query("ROLLBACK").catch(() => {
      isLost = true;
    });
    throw err;
  } finally {
    client.release(isLost);
  }
}

type Sign = Decision & { do: "sign" };

/** One signed command: the row, the ledger's line and the audit trail's, which looks leave out. */
export type Made = { row: SignedRow; noted: Omit<Signed, "t">; audit: Record<string, unknown> | null };

/** Signs what was decided on, not what the row says by now. Nothing of it is stored yet. */
export function makeSigned(
  input: { key: SigningKey; queued: Queued; decision: Sign; planHash: string; generation: number },
  now: number,
): Made {
  const { key, queued, decision, planHash, generation } = input;
  const { id: commandId, repairId: runId, nodeId, stepIndex: step } = queued.command;
  const role = queued.command.role === "evidence" ? "evidence" : "step";
  const { action, risk, kind, isFree, approvals } = decision;
  const { keyId } = key;
  const expiresAt = now + COMMAND_TTL_MS;
  const content: CommandPayload = {
    id: commandId,
    nodeId,
    repairId: runId,
    planHash,
    generation,
    nonce: randomBytes(16).toString("base64url"),
    issuedAt: now,
    expiresAt,
    action,
  };
  const payload = payloadBytes(content);
  const signature = sign(null, commandBytes(payload), key.privateKey);
  const about = { runId, role, step, risk, planHash, generation } as const;
  return {
    row: { commandId, nodeId, generation, payload, signature, keyId, issuedAt: now, expiresAt },
    noted: {
      at: now,
      ...about,
      nodeId,
      commandId,
      kind,
      isFree,
      expiresAt,
      keyId,
      payload: Buffer.from(payload).toString("base64url"),
      signature: signature.toString("base64url"),
    },
    audit:
      risk !== "safe" || action.type !== "evidence.capture"
        ? { ...about, type: action.type, rolloutId: queued.run?.rolloutId ?? null, by: byOf(approvals) }
        : null,
  };
}

const byOf = (approvals: Sign["approvals"]): AcceptedRun["by"] =>
  approvals.map(({ person, keyId, challenge }) => ({ person, keyId, challenge }));

/** Rollout of a command, and the phase that the decision rests on: one that was halted since gets no further signature. */
export type DecidedIn = { rolloutId: string; phase: string };

/** Whether the rollout is still in that phase. */
export const isStill = (phases: ReadonlyMap<string, string>, decidedIn: DecidedIn | null): boolean =>
  decidedIn === null || phases.get(decidedIn.rolloutId) === decidedIn.phase;

type SignInput = {
  pool: pg.Pool;
  ledger: Ledger;
  key: SigningKey;
  queued: Queued;
  decision: Sign;
  planHash: string;
  decidedIn: DecidedIn | null;
};

/**
 * Signs and stores one command.
 * @returns false when somebody else has the row, it is not queued any more, or the fleet was frozen or its rollout halted in this moment
 */
export function signCommand(input: SignInput, now: number): Promise<boolean> {
  const { pool, ledger, queued, decision, planHash, decidedIn } = input;
  const { id: commandId, repairId: runId, nodeId } = queued.command;
  return within(pool, async (tx) => {
    const generation = await nextGeneration(tx, nodeId);
    if (!(await claim(tx, commandId)) || (await isFreezeOpen(tx))) return false;
    if (decidedIn && !isStill(await readPhases(tx, [decidedIn.rolloutId]), decidedIn)) return false;
    const { row, noted, audit: after } = makeSigned({ ...input, generation }, now);
    await storeSigned(tx, row, runId);
    if (after)
      await audit(tx, { action: "dispatch.sign", entity: ["command", commandId], nodeId, after, outcome: "done", now });
    const by = byOf(decision.approvals);
    const run: Omit<AcceptedRun, "t"> | null = by.length > 0 ? { at: now, runId, nodeId, planHash, by } : null;
    // Last: on the disk before anybody can see it. Should the commit fail, the same bytes are stored at the next try.
    ledger.addSigned(noted, run);
    return true;
  });
}

/** Stores once more what was signed before a crash. @returns as `signCommand` */
export function repeatCommand(pool: pg.Pool, signed: Signed): Promise<boolean> {
  return within(pool, async (tx) => {
    await nextGeneration(tx, signed.nodeId, signed.generation);
    if (!(await claim(tx, signed.commandId)) || (await isFreezeOpen(tx))) return false;
    const { commandId, nodeId, generation, keyId, expiresAt, at } = signed;
    const payload = Buffer.from(signed.payload, "base64url");
    const signature = Buffer.from(signed.signature, "base64url");
    await storeSigned(
      tx,
      { commandId, nodeId, generation, payload, signature, keyId, issuedAt: at, expiresAt },
      signed.runId,
    );
    return true;
  });
}

/** Ends the row; every refusal is in the audit trail, with what was asked. @returns as `signCommand` */
export function refuseCommand(
  pool: pg.Pool,
  { command, run }: Queued,
  { code, message }: Decision & { do: "refuse" },
  now: number,
): Promise<boolean> {
  return within(pool, async (tx) => {
    if (!(await claim(tx, command.id))) return false;
    await storeRefused(tx, { commandId: command.id, runId: command.repairId, code, message, now });
    const asked = { runId: command.repairId, role: command.role, step: command.stepIndex, type: command.type };
    const after = { ...asked, requestedBy: run?.requestedBy ?? null, planHash: run?.planHash ?? null, code, message };
    const entity = ["command", command.id] as const;
    await audit(tx, { action: "dispatch.refuse", entity, nodeId: command.nodeId, after, outcome: "denied", now });
    return true;
  });
}

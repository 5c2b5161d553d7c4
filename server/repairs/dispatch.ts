// Signs commands and puts them on their way. Only workers load the key; the row is durable before any agent can see the command.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { CommandAction, type CommandPayload } from "../../protocol/commands.ts";
import { COMMAND_TTL_MS } from "../../protocol/constants.ts";
import { toJson } from "../core/audit.ts";
import { COMMANDS_CHANNEL } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { ensureSecret } from "../core/secrets.ts";
import { sql } from "../core/sql.ts";

export type DispatchKey = { keyId: string; privateKey: KeyObject };
/** Content of <data>/secrets/dispatch.pub: what agents are told to trust. `publicKey` is the raw 32 bytes, base64url. */
export type DispatchPublicKey = { keyId: string; publicKey: string };

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (typeof x !== "string") throw new Error("secrets/dispatch.key is not an Ed25519 key");
  return Buffer.from(x, "base64url");
}

/**
 * Reads the signing key, or makes it at the very first start; several workers that start together end with one.
 * @throws Error when the file holds something else
 */
export function loadDispatchKey(dataDir: string): DispatchKey {
  const pem = ensureSecret(dataDir, "dispatch.key", () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  const privateKey = createPrivateKey(pem);
  const raw = rawPublicKey(privateKey);
  const keyId = createHash("sha256").update(raw).digest("hex").slice(0, 16);
  ensureSecret(dataDir, "dispatch.pub", () =>
    JSON.stringify({ keyId, publicKey: raw.toString("base64url") } satisfies DispatchPublicKey),
  );
  return { keyId, privateKey };
}

export type Order = {
  repairId: string;
  nodeId: string;
  planHash: string;
  role: "evidence" | "step";
  stepIndex: number;
  action: CommandAction;
};

/**
 * Writes one signed command and wakes the gateways when the transaction commits. Each step of a repair has one command, ever: a second one fails
 * on its unique key and takes the transaction with it.
 */
export async function dispatch(tx: Tx, key: DispatchKey, order: Order, now: Date): Promise<string> {
  const { repairId, nodeId, planHash, role, stepIndex } = order;
  // Generations are handed out and used in one transaction: the row lock keeps them in order.
  const { generation } = await tx.node.update({
    where: { id: nodeId },
    data: { generation: { increment: 1 } },
    select: { generation: true },
  });
  const action = CommandAction.parse(order.action);
  const issuedAt = now.getTime();
  const content: CommandPayload = {
    id: uuidv7(),
    nodeId,
    repairId,
    planHash,
    generation,
    nonce: randomBytes(16).toString("base64url"),
    issuedAt,
    expiresAt: issuedAt + COMMAND_TTL_MS,
    action,
  };
  const payload = Buffer.from(JSON.stringify(content));
  await tx.command.create({
    data: {
      id: content.id,
      repairId,
      nodeId,
      role,
      stepIndex,
      type: action.type,
      params: toJson(action.params),
      generation,
      state: "signed",
      payload: new Uint8Array(payload),
      signature: new Uint8Array(sign(null, payload, key.privateKey)),
      keyId: key.keyId,
      issuedAt: now,
      expiresAt: new Date(content.expiresAt),
    },
    select: { id: true },
  });
  await tx.$executeRaw(sql`SELECT pg_notify(${COMMANDS_CHANNEL}, ${nodeId})`);
  return content.id;
}

// Enrolment: trades a join token and a certificate request for a node's identity. The gateway calls it for POST /v1/enrol.
import { timingSafeEqual } from "node:crypto";
import ipaddr from "ipaddr.js";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { Prisma } from "../../generated/prisma/client.ts";
import { EnrolRequest, type EnrolResponse } from "../../protocol/messages.ts";
import { COMMANDS_CHANNEL } from "../core/changes.ts";
import { type Context, systemActor, type Tx } from "../core/context.ts";
import { AppError, toAppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import type { Trust } from "../trust/document.ts";
import { type Authority, type IssuedCertificate, readRequest } from "./ca.ts";
import { toPgText } from "./pg-json.ts";
import { RELEASED_SERIAL } from "./schema.ts";
import { hashSecret, parseToken } from "./token.ts";

type Refusal = Extract<EnrolResponse, { ok: false }>["code"];
/** Names of nodes: host names, more or less. "~" is left to names of removed nodes. */
const NODE_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$/;

type Enrolled = { nodeId: string; name: string; certificate: string; isNew: boolean };

const refuse = (code: Refusal, message: string): AppError =>
  new AppError("forbidden", message, { details: { enrol: code } });

type ClaimedToken = { id: string; pool: string; labels: Record<string, string> };

/** Whether an address lies in one of these networks (CIDR); no networks: any address does. IPv4 within IPv6 counts as IPv4. */
export function isFrom(cidrs: readonly string[], address: string): boolean {
  if (cidrs.length === 0) return true;
  if (!ipaddr.isValid(address)) return false;
  const own = ipaddr.process(address);
  return cidrs.some((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) return false;
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return network.kind() === own.kind() && own.match(network, bits);
  });
}

/** Takes one use of the token. The conditional update makes the last use go to exactly one of any number of attempts. */
async function claimToken(tx: Tx, text: string, address: string, now: Date): Promise<ClaimedToken> {
  const token = parseToken(text);
  const row = token && (await tx.joinToken.findUnique({ where: { id: token.id } }));
  const isRight = token && row && timingSafeEqual(Buffer.from(hashSecret(token.secret)), Buffer.from(row.secretHash));
  if (!isRight) throw refuse("bad-token", "this join token is not known here");
  if (row.revokedAt) throw refuse("bad-token", "this join token was revoked");
  if (row.expiresAt <= now) throw refuse("expired", "this join token has expired: make a new one in the console");
  if (!isFrom(row.cidrs, address)) throw refuse("wrong-network", `this join token may not be used from ${address}`);
  const claimed = await tx.$executeRaw(sql`
    UPDATE join_token SET uses = uses + 1
    WHERE id = ${row.id} AND uses < max_uses AND revoked_at IS NULL AND expires_at > ${now}::timestamptz`);
  if (claimed === 0) throw refuse("used-up", "this join token was used already: make a new one in the console");
  return { id: row.id, pool: row.pool, labels: z.record(z.string(), z.string()).catch({}).parse(row.labels) };
}

/**
 * Which node asks. The same name on the same machine is the same node coming back (a reinstalled agent): it keeps its id and history and its
 * older certificate stops to work. The same name on another machine is refused, else any token would be enough to take over a node.
 * The same machine id under another name is a node of its own: cloned images share machine ids. Removed nodes have given up their name.
 * A quarantined node lets nobody in: the copy has the machine id too. Once released, it takes whichever machine comes with a token next, and no
 * other after it.
 */
async function nodeFor(tx: Tx, request: EnrolRequest): Promise<{ id: string; isNew: boolean }> {
  const [namesake] = await tx.$queryRaw<
    { id: string; machine_id: string; serial: string; quarantined_at: Date | null }[]
  >(sql`
    SELECT id, machine_id, certificate_serial AS serial, quarantined_at FROM node WHERE name = ${request.name} FOR UPDATE`);
  if (!namesake) return { id: uuidv7(), isNew: true };
  if (namesake.quarantined_at !== null)
    throw refuse("quarantined", `${request.name} is quarantined: release it in the console first`);
  if (namesake.serial === RELEASED_SERIAL) return { id: namesake.id, isNew: false };
  if (request.machineId !== "" && namesake.machine_id === request.machineId) return { id: namesake.id, isNew: false };
  throw refuse(
    "name-taken",
    `a node named ${request.name} is there already, on another machine: remove it first, or join with --name`,
  );
}

async function store(
  tx: Tx,
  input: {
    node: { id: string; isNew: boolean };
    request: EnrolRequest;
    token: ClaimedToken;
    issued: IssuedCertificate;
    now: Date;
  },
) {
  const { node, request, token, issued, now } = input;
  const { zone, rack, ...labels } = token.labels;
  const data = {
    name: request.name,
    pool: token.pool,
    zone: zone ?? "",
    rack: rack ?? "",
    labels,
    machineId: toPgText(request.machineId, 128),
    bootId: toPgText(request.bootId, 128),
    agentVersion: toPgText(request.agentVersion, 64),
    certificateSerial: issued.serial,
    certificateExpiresAt: issued.expiresAt,
    enrolledAt: now,
    ackedSeq: 0, // a fresh agent counts its durable frames from one
    epochs: [], // starts of the older identity say nothing about this one
  };
  if (!node.isNew) {
    // The older identity's session ends wherever it is: gateways look at a node that is named to them.
    await tx.$executeRaw(sql`SELECT pg_notify(${COMMANDS_CHANNEL}, ${node.id})`);
    return tx.node.update({ where: { id: node.id }, data, select: { id: true } });
  }
  return tx.node.create({
    data: { ...data, id: node.id, state: "unknown", stateReason: "not inspected yet", stateSince: now },
    select: { id: true },
  });
}

const enrolVerb = (authority: () => Authority) =>
  mutation({
    name: "agents.enrol",
    access: "nodes:write",
    on: "fleet",
    input: EnrolRequest.extend({ address: z.string() }),
    async run(
      { tx, now },
      { address, ...request },
    ): Promise<{
      result: Enrolled;
      audit: { entity: ["node", string]; nodeId: string; after: unknown };
      changes: { domain: "nodes" | "tokens"; ids: string[] }[];
    }> {
      const at = now();
      const token = await claimToken(tx, request.token, address, at);
      const node = await nodeFor(tx, request);
      const issued = await authority().issueNode({ csr: request.csr, nodeId: node.id, now: at });
      await store(tx, { node, request, token, issued, now: at });
      const after = {
        name: request.name,
        machineId: request.machineId,
        token: token.id,
        serial: issued.serial,
        rejoined: !node.isNew,
      };
      return {
        result: { nodeId: node.id, name: request.name, certificate: issued.certificate, isNew: node.isNew },
        audit: { entity: ["node", node.id], nodeId: node.id, after },
        changes: [
          { domain: "nodes", ids: [node.id] },
          { domain: "tokens", ids: [token.id] },
        ],
      };
    },
  });

function refusalOf(err: unknown): Extract<EnrolResponse, { ok: false }> | null {
  // Two machines that enrol the same new name at once: the unique index lets one through.
  if (err instanceof Prisma.PrismaClientKnownRequestError && err.code === "P2002") {
    return { ok: false, code: "name-taken", message: "another node has just taken this name" };
  }
  const app = toAppError(err);
  if (app.code === "invalid") return { ok: false, code: "malformed", message: app.message };
  const code = app.details?.enrol;
  return typeof code === "string" ? { ok: false, code: code as Refusal, message: app.message } : null;
}

/** @param address of the TCP peer */
export type Enrol = (body: unknown, address: string) => Promise<EnrolResponse>;

/**
 * The enrolment service of one gateway. Answers are typed refusals; only trouble of our own (database away) is thrown.
 * A refused attempt changes nothing, so the token keeps its use.
 */
export function enrolment(input: {
  db: Context["db"];
  authority: () => Authority;
  trust: () => Trust;
  now?: () => Date;
}): Enrol {
  const { db, authority, trust, now = () => new Date() } = input;
  const verb = enrolVerb(authority);
  return async (body, address) => {
    try {
      const parsed = EnrolRequest.safeParse(body);
      if (!parsed.success)
        return { ok: false, code: "malformed", message: parsed.error.issues[0]?.message ?? "not an enrolment request" };
      if (!NODE_NAME.test(parsed.data.name))
        return { ok: false, code: "malformed", message: "a node's name is letters, digits, _ . -" };
      await readRequest(parsed.data.csr); // before the token is touched
      const ctx: Context = { db, actor: systemActor("gateway"), now, requestId: null, address };
      const { nodeId, name, certificate } = await verb.call(ctx, { ...parsed.data, address });
      return { ok: true, nodeId, name, certificate, trust: trust().json };
    } catch (err) {
      const refusal = refusalOf(err);
      if (refusal) return refusal;
      throw err;
    }
  };
}

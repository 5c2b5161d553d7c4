// How simulated agents get their identities: over the wire with a join token as any machine does, or in bulk by the same CA code, with their rows.
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { v7 as uuidv7 } from "uuid";
import { makeCsr, makeKey } from "../../agent/link/csr.ts";
import { enrol } from "../../agent/link/enrol.ts";
import { parseJoinToken } from "../../agent/link/token.ts";
import { openAuthority } from "../../server/agents/ca.ts";
import type { Trust } from "../../server/trust/document.ts";
import type { SimulatedAgent } from "./agent.ts";

/** Enrolments over the wire at once: the gateway works on four. */
const AT_ONCE = 8;
const VERSION = "0.0.0-bench";

/** Each makes a key of its own and trades it for a certificate at a gateway. @throws EnrolError with the first refusal */
export async function enrolByToken(agents: readonly SimulatedAgent[], gateway: string, token: string): Promise<void> {
  const pins = parseJoinToken(token);
  let next = 0;
  async function work(): Promise<void> {
    for (let agent = agents[next++]; agent; agent = agents[next++]) {
      const key = makeKey();
      const { name, machineId, bootId } = agent.own;
      const body = { token, csr: makeCsr(key, name), name, machineId, bootId, agentVersion: VERSION };
      const { nodeId, certificate } = await enrol(gateway, pins, body);
      agent.credentials = { nodeId, key, certificate };
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, agents.length) }, work));
}

export type Issued = { agent: SimulatedAgent; serial: string; expiresAt: Date };

/** Keys and certificates, without a gateway: what enrolment does but for token, transaction and audit. */
export async function issueInBulk(agents: readonly SimulatedAgent[], dataDir: string, trust: Trust): Promise<Issued[]> {
  const authority = await openAuthority(dataDir, trust.content);
  const issued: Issued[] = [];
  for (const agent of agents) {
    const key = makeKey();
    const nodeId = uuidv7();
    const now = new Date();
    const { certificate, serial, expiresAt } = await authority.issueNode({
      csr: makeCsr(key, agent.own.name),
      nodeId,
      now,
    });
    agent.credentials = { nodeId, key, certificate };
    issued.push({ agent, serial, expiresAt });
  }
  return issued;
}

/** The rows that enrolment would have made; written just before these agents connect, for a node that never came is called not reporting. */
export async function insertRows(pool: pg.Pool, issued: readonly Issued[]): Promise<void> {
  const rows = issued.map(({ agent, serial, expiresAt }) => ({
    id: agent.credentials?.nodeId ?? randomUUID(),
    ...placeOf(agent.number),
    name: agent.own.name,
    machine_id: agent.own.machineId,
    boot_id: agent.own.bootId,
    serial,
    expires_at: expiresAt.toISOString(),
  }));
  await pool.query(
    `INSERT INTO node (id, name, pool, zone, rack, state, state_reason, state_since, enrolled_at, machine_id, boot_id, agent_version,
       certificate_serial, certificate_expires_at)
     SELECT id, name, pool, zone, rack, 'unknown', 'not inspected yet', now(), now(), machine_id, boot_id, $2, serial, expires_at
     FROM jsonb_to_recordset($1::jsonb) AS t(id uuid, name text, pool text, zone text, rack text, machine_id text, boot_id text, serial text,
       expires_at timestamptz)`,
    [JSON.stringify(rows), VERSION],
  );
}

/** Twenty pools, three zones, racks of two hundred. */
const placeOf = (i: number) => ({ pool: `pool-${i % 20}`, zone: `zone-${i % 3}`, rack: `rack-${Math.floor(i / 200)}` });

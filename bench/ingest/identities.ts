// The nodes of `bench ingest`: certificates by the product's own authority for the sessions with TLS, rows for all.
import type pg from "pg";
import { v7 as uuidv7 } from "uuid";
import { makeCsr, makeKey } from "../../agent/link/csr.ts";
import { openAuthority } from "../../server/agents/ca.ts";
import { ensureTrust } from "../../server/trust/ensure.ts";
import type { Identity, LoadSettings } from "./messages.ts";

/** Makes trust, certificates and rows of `count` nodes for each transport. */
export async function makeIdentities(
  pool: pg.Pool,
  dataDir: string,
  count: number,
): Promise<Omit<LoadSettings, "ports">> {
  const trust = await ensureTrust(dataDir, new Date());
  const authority = await openAuthority(dataDir, trust.content);
  const rows: { id: string; name: string; serial: string; expires_at: string }[] = [];
  const make = async (transport: "tls" | "plain", i: number): Promise<Identity> => {
    const nodeId = uuidv7();
    const name = `${transport}-${i}`;
    if (transport === "plain") {
      rows.push({ id: nodeId, name, serial: "plain", expires_at: new Date().toISOString() });
      return { nodeId, key: "", certificate: "" };
    }
    const key = makeKey();
    const issued = await authority.issueNode({ csr: makeCsr(key, name), nodeId, now: new Date() });
    rows.push({ id: nodeId, name, serial: issued.serial, expires_at: issued.expiresAt.toISOString() });
    return { nodeId, key, certificate: issued.certificate };
  };
  const identities = { tls: [] as Identity[], plain: [] as Identity[] };
  for (const transport of ["tls", "plain"] as const)
    for (let i = 0; i < count; i += 1) identities[transport].push(await make(transport, i));
  await pool.query(
    `INSERT INTO node (id, name, state, state_reason, state_since, enrolled_at, machine_id, boot_id, agent_version, certificate_serial, certificate_expires_at)
     SELECT id, name, 'unknown', 'not inspected yet', now(), now(), name, 'boot', '0.0.0-bench', serial, expires_at
     FROM jsonb_to_recordset($1::jsonb) AS t(id uuid, name text, serial text, expires_at timestamptz)`,
    [JSON.stringify(rows)],
  );
  return { cas: trust.content.cas, identities };
}

// How the fleet's keys stand, and how many nodes have followed. Agents say what they hold in their own fact.
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { keyFingerprint } from "../../protocol/trust.ts";
import { readEnv } from "../core/env.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { caFingerprint, issuingCa, loadTrust, servingCa, type Trust } from "./document.ts";
import { isRotating } from "./rotate.ts";
import { FOLLOW_WITHIN_MS, type TrustStatus } from "./schema.ts";

/** Names shown of nodes that have not followed. */
const BEHIND_MAX = 20;

type Row = { name: string; has_document: boolean; has_certificate: boolean };

/** The verb over the file that it reads. */
export const trustStatusOf = (trust: () => Trust) =>
  query({
    name: "trust.status",
    access: "keys:read",
    on: "fleet",
    input: z.object({}).default({}),
    async run({ db, now }): Promise<TrustStatus> {
      const { content } = read(trust);
      const issuing = caFingerprint(issuingCa(content));
      const since = new Date(now().getTime() - FOLLOW_WITHIN_MS);
      const rows = await db.$queryRaw<Row[]>(sql`
        SELECT n.name, coalesce((f.data->'trust'->>'serial')::numeric >= ${content.serial}, false) AS has_document,
          coalesce(f.data->'trust'->>'certificateCa' = ${issuing}, false) AS has_certificate
        FROM node n LEFT JOIN node_fact f ON f.node_id = n.id AND f.kind = 'agent'
        WHERE n.revoked_at IS NULL AND n.quarantined_at IS NULL AND n.last_seen_at > ${since}::timestamptz ORDER BY n.name`);
      const behind = rows.filter((row) => !(row.has_document && row.has_certificate));
      return {
        serial: content.serial,
        issuedAt: new Date(content.issuedAt),
        signingKeys: Object.entries(content.commandKeys).map(([id, raw]) => ({
          id,
          fingerprint: keyFingerprint(Buffer.from(raw, "base64url")),
          isSigner: id === content.signer,
        })),
        authorities: content.cas.map((pem) => {
          const { validFromDate, validToDate } = new X509Certificate(pem);
          const isIssuing = pem === issuingCa(content);
          const isServing = pem === servingCa(content);
          return {
            fingerprint: caFingerprint(pem),
            validFrom: validFromDate,
            validTo: validToDate,
            isIssuing,
            isServing,
          };
        }),
        isRotating: { signing: isRotating(content, "signing"), ca: isRotating(content, "ca") },
        nodes: {
          total: rows.length,
          withDocument: rows.filter((row) => row.has_document).length,
          withCertificate: rows.length - behind.length,
          behind: behind.slice(0, BEHIND_MAX).map(({ name }) => name),
        },
      };
    },
  });

function read(trust: () => Trust): Trust {
  try {
    return trust();
  } catch (cause) {
    throw new AppError("unavailable", "the trust document cannot be read", {
      publicMessage: "The fleet's keys are not there yet. ./nodeops up makes them.",
      cause,
    });
  }
}

let published: (() => Trust) | undefined;

/** As the console serves it. */
export const trustStatus = trustStatusOf(() => {
  published ??= loadTrust(readEnv().NODEOPS_DATA);
  return published();
});

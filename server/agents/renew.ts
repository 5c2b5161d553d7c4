// Renewal: a node that is in good standing trades a new certificate request for a younger certificate. The gateway calls it for POST /v1/renew.
import { z } from "zod";
import { type EnrolResponse, RenewRequest } from "../../protocol/messages.ts";
import { type Context, systemActor } from "../core/context.ts";
import { AppError, toAppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import type { Trust } from "../trust/document.ts";
import type { Authority } from "./ca.ts";
import type { Certificate } from "./sessions.ts";

const RenewInput = RenewRequest.extend({ nodeId: z.uuid(), serial: z.string(), expiresAt: z.date() });

/** Nothing is recorded but the audit row: the new certificate takes over when it is first used, so a lost answer costs the node nothing. */
const renewVerb = (authority: () => Authority) =>
  mutation({
    name: "agents.renew",
    access: "nodes:write",
    on: "fleet",
    input: RenewInput,
    async run({ tx, now }, { nodeId, serial, expiresAt, csr }) {
      const node = await tx.node.findFirst({
        where: {
          id: nodeId,
          revokedAt: null,
          quarantinedAt: null,
          OR: [{ certificateSerial: serial }, { certificateExpiresAt: { lt: expiresAt } }],
        },
        select: { name: true },
      });
      if (!node) throw new AppError("forbidden", "this identity is not valid here");
      const issued = await authority().issueNode({ csr, nodeId, now: now() });
      const after = { serial: issued.serial, expiresAt: issued.expiresAt };
      return {
        result: { name: node.name, certificate: issued.certificate },
        audit: { entity: ["node", nodeId], nodeId, after },
      };
    },
  });

export type Renew = (certificate: Certificate, body: unknown, address: string) => Promise<EnrolResponse>;

/** The renewal service of one gateway. Refusals are typed; only trouble of our own is thrown. */
export function renewal(input: {
  db: Context["db"];
  authority: () => Authority;
  trust: () => Trust;
  now?: () => Date;
}): Renew {
  const { db, authority, trust, now = () => new Date() } = input;
  const verb = renewVerb(authority);
  return async ({ nodeId, serial, expiresAt }, body, address) => {
    const parsed = RenewRequest.safeParse(body);
    if (!parsed.success) return { ok: false, code: "malformed", message: "not a renewal request" };
    const ctx: Context = { db, actor: systemActor("gateway"), now, requestId: null, address };
    try {
      const { name, certificate } = await verb.call(ctx, { nodeId, serial, expiresAt, csr: parsed.data.csr });
      return { ok: true, nodeId, name, certificate, trust: trust().json };
    } catch (err) {
      const app = toAppError(err);
      if (app.code === "invalid") return { ok: false, code: "malformed", message: app.message };
      if (app.code === "forbidden") return { ok: false, code: "bad-token", message: app.message };
      throw err;
    }
  };
}

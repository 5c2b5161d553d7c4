// Makes a join token: the only moment at which its secret exists in clear.
import { randomBytes } from "node:crypto";
import { keyFingerprint, type TrustContent } from "../../protocol/trust.ts";
import { readEnv } from "../core/env.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { caFingerprint, loadTrust, servingCa, type Trust } from "../trust/document.ts";
import { agentBundle, type Bundle } from "./bundle.ts";
import { readGatewayDetail } from "./gateway-facts.ts";
import { CreateJoinToken, type NewJoinToken } from "./schema.ts";
import { formatToken, hashSecret, joinCommand, newSecret } from "./token.ts";

/** What a machine is to believe before it knows anything: files of this host, never rows, which a stolen database could change. */
export type Pins = { trust: () => Trust; bundle: () => Bundle | null };

/** Fingerprints of the CA that gateways present now and of the key that signs now. */
function fingerprints(content: TrustContent): { ca: string; key: string } {
  const raw = content.commandKeys[content.signer] ?? "";
  return { ca: caFingerprint(servingCa(content)), key: keyFingerprint(Buffer.from(raw, "base64url")) };
}

function readPins({ trust }: Pins): { ca: string; key: string } {
  try {
    return fingerprints(trust().content);
  } catch (cause) {
    throw new AppError("unavailable", "the trust document cannot be read", {
      publicMessage: "The fleet's keys are not there yet. ./nodeops up makes them.",
      cause,
    });
  }
}

/** The verb over the files that it pins. */
export const createJoinTokenWith = (pins: Pins) =>
  mutation({
    name: "joinTokens.create",
    access: "tokens:write",
    on: "fleet",
    stepUp: true,
    input: CreateJoinToken,
    async run({ tx, actor, now }, input) {
      const { url } = await readGatewayDetail(tx);
      const pin = readPins(pins);
      const id = randomBytes(6).toString("hex");
      const secret = newSecret();
      const createdAt = now();
      const expiresAt = new Date(createdAt.getTime() + input.expiresInMinutes * 60_000);
      const { pool, labels, maxUses, note, cidrs } = input;
      await tx.joinToken.create({
        data: {
          id,
          secretHash: hashSecret(secret),
          pool,
          labels,
          cidrs,
          maxUses,
          note,
          expiresAt,
          createdAt,
          createdBy: actor.name,
        },
        select: { id: true },
      });
      const token = formatToken({ id, secret, ...pin });
      const agentSha256 = pins.bundle()?.sha256 ?? null;
      const result: NewJoinToken = {
        id,
        token,
        gatewayUrl: url,
        caFingerprint: pin.ca,
        keyFingerprint: pin.key,
        agentSha256,
        command: joinCommand({ gatewayUrl: url, token, agentSha256 }),
        expiresAt,
      };
      return {
        result,
        audit: { entity: ["join-token", id], after: { pool, labels, cidrs, maxUses, note, expiresAt } },
        changes: [{ domain: "tokens", ids: [id] }],
      };
    },
  });

let published: (() => Trust) | undefined;
function publishedTrust(): Trust {
  published ??= loadTrust(readEnv().NODEOPS_DATA);
  return published();
}

/** As the console serves it. */
export const createJoinToken = createJoinTokenWith({ trust: publishedTrust, bundle: agentBundle() });

// The line that makes a machine a node is run as root there: on the console's own host it is written here, from files that only the launcher writes.
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keyFingerprint, readTrust, TrustDocumentJson, trustFromJson } from "../protocol/trust.ts";
import type { NewJoinToken } from "../server/agents/schema.ts";
import { joinCommand, parseToken } from "../server/agents/token.ts";
import { errorCode, UserError } from "./errors.ts";

/** What this host's own files say a node is to trust, hex. */
export type LocalPins = { ca: string; key: string; agentSha256: string | null };

/** @throws Error when the trust document is damaged */
export function localPins(publicFolder: string, distFolder: string): LocalPins {
  const text = readFileSync(join(publicFolder, "trust.json"), "utf8");
  const content = readTrust(trustFromJson(TrustDocumentJson.parse(JSON.parse(text))));
  if (!content) throw new Error(`${publicFolder}/trust.json is damaged`);
  const serving = new X509Certificate(content.cas.at(-1) ?? ""); // what gateways present, the last one
  return {
    ca: serving.fingerprint256.replaceAll(":", "").toLowerCase(),
    key: keyFingerprint(Buffer.from(content.commandKeys[content.signer] ?? "", "base64url")),
    agentSha256: checksum(join(distFolder, "agent.mjs")),
  };
}

function checksum(path: string): string | null {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (err) {
    if (errorCode(err) === "ENOENT") return null; // not built
    throw err;
  }
}

/** An https address without anything that a shell would act on. */
const GATEWAY = /^https:\/\/[A-Za-z0-9._:[\]-]+$/;
const TOKEN = /^nodeops1\.[A-Za-z0-9_-]+$/;

/** The line to copy. @throws UserError when the console's answer and this host's files do not say the same */
export function joinLine({ token, gatewayUrl, agentSha256 }: NewJoinToken, pins: LocalPins): string {
  const parsed = TOKEN.test(token) ? parseToken(token) : null;
  const differs =
    !parsed || parsed.ca !== pins.ca || parsed.key !== pins.key
      ? "the token names other keys than public/trust.json"
      : agentSha256 !== pins.agentSha256
        ? "it offers another agent than the one in dist/"
        : !GATEWAY.test(gatewayUrl)
          ? "the gateway's address is none"
          : null;
  if (differs)
    throw new UserError(
      `the console's answer cannot be trusted: ${differs}; do not use this token`,
      "revoke it (./nodeops join-tokens); after an update run ./nodeops down and up, from the checkout that the console runs from",
    );
  return joinCommand({ gatewayUrl, token, agentSha256: pins.agentSha256 });
}

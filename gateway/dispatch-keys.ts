// The public key that commands are signed with; the workers make the pair, the gateway only tells agents which to trust.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { secretPath } from "../server/core/secrets.ts";

const DispatchKey = z.object({ keyId: z.string(), publicKey: z.string() });

/** Reads `dispatch.pub` of the state folder when asked, until it is there. @returns key id → raw Ed25519 key, base64url; empty while it is missing */
export function dispatchKeys(dataDir: string): () => Record<string, string> {
  let known: Record<string, string> = {};
  return () => {
    if (Object.keys(known).length > 0) return known;
    try {
      const { keyId, publicKey } = DispatchKey.parse(
        JSON.parse(readFileSync(secretPath(dataDir, "dispatch.pub"), "utf8")),
      );
      known = { [keyId]: publicKey };
    } catch {
      // Not made yet, or being written: the next call looks again.
    }
    return known;
  };
}

// The approval key that this machine's command line signs with, and how the dispatcher first hears of it.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ed25519KeyId } from "../../protocol/statement.ts";
import { ensureSecret } from "../../server/core/secrets.ts";
import { writeAtomic } from "../files.ts";
import type { DataPaths } from "../paths.ts";

type Person = { id: string; name: string };

/** Makes the key when missing. Until the dispatcher has a list of keys of its own it is told, by a file in its folder, to begin with this one. */
export function ensureApprovalKey(paths: DataPaths, admin: Person | null): void {
  const pem = ensureSecret(paths.dir, "launcher", "approval-key", () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  if (!admin || existsSync(join(paths.dispatcher, "keys.json"))) return;
  const { x: publicKey = "" } = createPublicKey(createPrivateKey(pem)).export({ format: "jwk" });
  const first = {
    keyId: ed25519KeyId(Buffer.from(publicKey, "base64url")),
    type: "ed25519",
    publicKey,
    person: `user:${admin.id}`,
    personName: admin.name,
    label: "local approval key",
  };
  writeAtomic(join(paths.dispatcher, "first-key.json"), `${JSON.stringify(first)}\n`);
}

// Command-signing keys (Ed25519): made here, read by the dispatcher alone. During a rotation there are two.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { commandKeyId } from "../../protocol/trust.ts";

export type SigningKey = {
  keyId: string;
  privateKey: KeyObject;
  /** Raw Ed25519 public key, base64url. */
  publicKey: string;
  madeAt: Date | null;
};

const BLOCK = /(?:# made (\S+)\n)?(-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----)/g;

/** One key as it stands in the file; the comment tells its age, PEM readers skip it. */
export function newSigningKey(now: Date): string {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return `# made ${now.toISOString()}\n${pem.trim()}\n`;
}

/** Keys of the file's text, newest first. @throws Error when there is none, or one that is not Ed25519 */
export function parseSigningKeys(text: string): [SigningKey, ...SigningKey[]] {
  const keys = [...text.matchAll(BLOCK)].map(([, madeAt, pem = ""]): SigningKey => {
    const privateKey = createPrivateKey(pem);
    const { x } = createPublicKey(privateKey).export({ format: "jwk" });
    if (privateKey.asymmetricKeyType !== "ed25519" || typeof x !== "string")
      throw new Error("dispatch.key is not an Ed25519 key");
    return {
      keyId: commandKeyId(Buffer.from(x, "base64url")),
      privateKey,
      publicKey: x,
      madeAt: madeAt === undefined ? null : new Date(madeAt),
    };
  });
  const [first, ...others] = keys;
  if (!first) throw new Error("dispatch.key holds no key");
  return [first, ...others];
}

/** The key's own text back, to write it again. */
export const signingKeyText = ({ privateKey, madeAt }: SigningKey): string =>
  `${madeAt ? `# made ${madeAt.toISOString()}\n` : ""}${privateKey.export({ type: "pkcs8", format: "pem" }).toString().trim()}\n`;

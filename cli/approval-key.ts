// The local approval key: a file that only root (or whoever runs the console) can read. With it the command line signs what it has shown.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { ed25519KeyId, Statement, type StatementSignature, statementBytes } from "../protocol/statement.ts";
import { errorCode, UserError } from "./errors.ts";
import { dataDir, dataPaths } from "./paths.ts";

export type ApprovalKey = { keyId: string; sign: (statement: unknown) => StatementSignature };

/**
 * The key of the console of this call; null where there is none to be read: on another machine, or for an account that may not.
 * @throws UserError when the file is no Ed25519 key
 */
export function localApprovalKey(options: { data?: string }): ApprovalKey | null {
  if (process.env.NODEOPS_URL) return null;
  const path = dataPaths(dataDir(options.data)).approvalKey;
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (err) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(errorCode(err) ?? "")) return null;
    throw err;
  }
  const key = createPrivateKey(pem);
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ed25519" || typeof x !== "string")
    throw new UserError(`${path} is no Ed25519 key`, "./nodeops up makes one where none is");
  const keyId = ed25519KeyId(Buffer.from(x, "base64url"));
  return {
    keyId,
    sign: (statement) => ({
      type: "ed25519",
      keyId,
      signature: sign(null, statementBytes(Statement.parse(statement)), key).toString("base64url"),
    }),
  };
}

/** @throws UserError when the key is not there */
export function needApprovalKey(options: { data?: string }): ApprovalKey {
  const key = localApprovalKey(options);
  if (key) return key;
  throw new UserError(
    "this account cannot read a local approval key",
    "run it as root on the console's host, or use a passkey in the console",
  );
}

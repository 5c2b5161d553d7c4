// The agent's folder (0700): who this node is, its key and certificate (0600), and the durable logs of spool and journal.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readTrust, type TrustContent, TrustDocumentJson, trustFromJson } from "../protocol/trust.ts";
import { syncFolder, writeDurably } from "./host/file.ts";

/** Written by enrolment; the key lies beside it and never leaves the node. */
export const Identity = z.object({
  nodeId: z.uuid(),
  name: z.string(),
  /** https://host:port of the gateway. */
  gateway: z.url(),
  certificate: z.string(),
  /** Which keys may sign commands and which CAs name gateways: pinned by the join token, changed only by a document that a pinned key has signed. */
  trust: TrustDocumentJson,
  enrolledAt: z.number(),
});
export type Identity = z.infer<typeof Identity>;

export type StatePaths = ReturnType<typeof statePaths>;

export const statePaths = (folder: string) => ({
  folder,
  identity: join(folder, "identity.json"),
  freeze: join(folder, "freeze.json"),
  key: join(folder, "node-key.pem"),
  spool: join(folder, "spool"),
  journal: join(folder, "journal"),
  pid: join(folder, "agent.pid"),
  status: join(folder, "status.json"),
  memory: join(folder, "memory.json"),
  goodCni: join(folder, "good-cni"),
  backups: join(folder, "backups"),
});

/** Makes the folder, readable by its owner only. */
export function prepareState(folder: string): StatePaths {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return statePaths(folder);
}

/** An identity with its key and the content of its trust document. */
export type Own = { identity: Identity; keyPem: string; trust: TrustContent };

function parseIdentity(path: string): { identity: Identity; trust: TrustContent } {
  const json: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof json === "object" && json !== null && !("trust" in json))
    throw new Error(`${path} is of an older agent that pinned no keys: join again with a new token and --force`);
  const identity = Identity.parse(json);
  const trust = readTrust(trustFromJson(identity.trust));
  if (!trust) throw new Error(`${path} is damaged: join again with a new token and --force`);
  return { identity, trust };
}

/** Who this node is, null before enrolment. @throws when the file is there but damaged */
export function loadIdentity(paths: StatePaths): Own | null {
  if (!existsSync(paths.identity)) return null;
  const { identity, trust } = parseIdentity(paths.identity);
  const certificate = new X509Certificate(identity.certificate);
  for (const path of [paths.key, `${paths.key}.new`]) {
    const keyPem = existsSync(path) ? readFileSync(path, "utf8") : null;
    if (keyPem !== null && certificate.checkPrivateKey(createPrivateKey(keyPem))) return { identity, keyPem, trust };
  }
  throw new Error(`${paths.key} does not fit the certificate: enrol this node again with join --force`);
}

/**
 * Keeps the outcome of enrolment or renewal. Key and certificate must fit whenever the agent ends: a new key is put beside the old one first, and
 * becomes the key after the identity was replaced (loadIdentity takes whichever fits).
 */
export function saveIdentity(paths: StatePaths, identity: Identity, keyPem?: string): void {
  if (keyPem !== undefined) writeDurably(`${paths.key}.new`, keyPem);
  writeDurably(paths.identity, `${JSON.stringify(identity, null, 2)}\n`);
  if (keyPem === undefined) return;
  renameSync(`${paths.key}.new`, paths.key);
  syncFolder(paths.folder);
}

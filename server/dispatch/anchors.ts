// Anchors of the audit chain outside the database: the dispatcher writes down, signed, how far the chain had come; `audit verify` compares. Rows that
// are cut off later, or a chain that is made anew, disagree with them.
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { Anchor } from "../audit/chain.ts";

const AnchorLine = z.strictObject({
  seq: z.string().regex(/^\d{1,19}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  /** Raw Ed25519 public key and signature, base64url. */
  publicKey: z.string().length(43),
  signature: z.string().length(86),
});

const DOMAIN = "nodeops-audit-anchor-v1\n";
const signed = (line: { seq: string; hash: string; at: string }): Buffer =>
  Buffer.from(DOMAIN + canonicalJson({ seq: line.seq, hash: line.hash, at: line.at }));

export const anchorsPath = (dataDir: string): string => join(dataDir, "dispatcher", "audit-anchors.log");

/** Adds one line. `key` is the dispatcher's signing key. */
export function appendAnchor(dataDir: string, anchor: Anchor, key: KeyObject, now: Date): void {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const line = { seq: anchor.seq.toString(), hash: anchor.hash, at: now.toISOString() };
  const signature = sign(null, signed(line), key).toString("base64url");
  appendFileSync(anchorsPath(dataDir), `${JSON.stringify({ ...line, publicKey: x, signature })}\n`, { mode: 0o600 });
}

/** All anchors; `faults` names lines that are damaged or whose signature does not fit (a last line that was cut off by a crash is left out). */
export function readAnchors(dataDir: string): { anchors: Anchor[]; faults: string[] } {
  const path = anchorsPath(dataDir);
  if (!existsSync(path)) return { anchors: [], faults: [] };
  const lines = readFileSync(path, "utf8").split("\n");
  const cutOff = lines.pop() ?? ""; // whole lines end with a line feed
  const anchors: Anchor[] = [];
  const faults: string[] = [];
  lines.forEach((text, index) => {
    const line = parse(text);
    if (line) anchors.push({ seq: BigInt(line.seq), hash: line.hash });
    else faults.push(`line ${index + 1} of ${path} is damaged or not signed by its key`);
  });
  const last = cutOff === "" ? null : parse(cutOff);
  if (last) anchors.push({ seq: BigInt(last.seq), hash: last.hash });
  return { anchors, faults };
}

function parse(text: string): z.infer<typeof AnchorLine> | null {
  try {
    const line = AnchorLine.parse(JSON.parse(text));
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: line.publicKey }, format: "jwk" });
    return verify(null, signed(line), key, Buffer.from(line.signature, "base64url")) ? line : null;
  } catch {
    return null;
  }
}

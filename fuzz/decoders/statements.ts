// Approvals and trust documents: what people and the dispatcher sign, read by whoever must not believe the sender.
import { canonicalJson } from "../../protocol/canonical-json.ts";
import {
  type KeyAddStatement,
  type KeyRemoveStatement,
  type PlanStatement,
  type RolloutStatement,
  Statement,
  StatementSignature,
  statementChallenge,
  type UnfreezeStatement,
} from "../../protocol/statement.ts";
import {
  FreezeContent,
  keyFingerprint,
  keyWithFingerprint,
  openFreeze,
  openTrust,
  readTrust,
  type TrustContent,
  TrustDocumentJson,
  trustFromJson,
} from "../../protocol/trust.ts";
import { NOW } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs } from "../mutate-text.ts";
import { readJson } from "./json.ts";

const id = "0192f0c1-2d3e-7f40-8a51-62738495a6b7";
const plan: PlanStatement = {
  v: 1,
  kind: "plan",
  runId: id,
  nodeId: id,
  nodeName: "node-7",
  repairId: "restart-container",
  planHash: "0123456789abcdef".repeat(4),
  risk: "disruptive",
  requestedBy: "user:abc",
  expiresAt: NOW,
};
const rollout: RolloutStatement = {
  v: 1,
  kind: "rollout",
  rolloutId: id,
  title: "more maps",
  change: "sysctl",
  changeHash: "0123456789abcdef".repeat(4),
  targetHash: "fedcba9876543210".repeat(4),
  targetCount: 40,
  policyHash: "0011223344556677".repeat(4),
  lane: "fast",
  risk: "disruptive",
  requestedBy: "token:abc",
  expiresAt: NOW,
};
const keyAdd: KeyAddStatement = {
  v: 1,
  kind: "key-add",
  keyId: "0123456789abcdef",
  type: "webauthn",
  publicKey: "pQECAyYgASFYIA",
  person: "user:abc",
  personName: "Ann",
  expiresAt: NOW,
};
const keyRemove: KeyRemoveStatement = { v: 1, kind: "key-remove", keyId: "0123456789abcdef", expiresAt: NOW };
const unfreeze: UnfreezeStatement = { v: 1, kind: "unfreeze", epoch: 3, expiresAt: NOW };
const signatures = [
  { type: "ed25519", keyId: "0123456789abcdef", signature: "A".repeat(86) },
  {
    type: "webauthn",
    keyId: "0123456789abcdef",
    response: {
      id: "x",
      rawId: "x",
      type: "public-key",
      response: { clientDataJSON: "e30", authenticatorData: "AA", signature: "AA" },
    },
  },
];

export const statement: Decoder = {
  name: "statement",
  what: "an approval statement with its signature, as the dispatcher reads it from the database",
  generate: jsonInputs([plan, rollout, keyAdd, keyRemove, unfreeze, ...signatures]),
  decode(input) {
    const json = readJson(asText(input));
    if (!json) return false;
    const parsed = Statement.safeParse(json.value);
    if (parsed.success) statementChallenge(parsed.data);
    return parsed.success || StatementSignature.safeParse(json.value).success;
  },
};

const raw = Buffer.alloc(32, 9);
const keyId = keyFingerprint(raw).slice(0, 16);
const keys = { [keyId]: raw.toString("base64url") };
const trust: TrustContent = {
  v: 1,
  serial: 4,
  issuedAt: NOW,
  commandKeys: keys,
  signer: keyId,
  cas: ["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"],
};
const freeze: FreezeContent = { v: 1, epoch: 2, frozen: true, issuedAt: NOW };

/** A document with the input as its content, and a signature that does not fit: nothing of it may be believed. */
function isBelieved(payload: Uint8Array<ArrayBuffer>): boolean {
  const signature = new Uint8Array(64).fill(payload.length);
  const isTrusted = openTrust({ payload, signatures: { [keyId]: signature, constructor: signature } }, keys) !== null;
  return isTrusted || openFreeze({ payload, keyId, signature }, keys)?.isSigned === true;
}

export const trustDocument: Decoder = {
  name: "trust-document",
  what: "a trust document or freeze, as agents read them from a gateway they do not believe",
  generate: jsonInputs([
    trust,
    trust,
    { payload: Buffer.from(JSON.stringify(trust)).toString("base64url"), signatures: { [keyId]: "A".repeat(86) } },
    freeze,
  ]),
  decode(input) {
    const text = asText(input);
    const payload = new TextEncoder().encode(text);
    // Signatures cost much and are the same for every text: a few will do.
    if (text.length % 64 === 0 && isBelieved(payload)) throw new Error("believed without a signature");
    const content = readTrust({ payload, signatures: {} });
    if (content) keyWithFingerprint(content, keyId);
    const json = readJson(text);
    const document = TrustDocumentJson.safeParse(json?.value);
    if (document.success) readTrust(trustFromJson(document.data));
    return content !== null || document.success || FreezeContent.safeParse(json?.value).success;
  },
};

export const canonical: Decoder = {
  name: "canonical-json",
  what: "the one text of a value, over which hashes are made: order of keys must not matter, and reading it back must change nothing",
  generate: jsonInputs([plan, { b: [1, { d: null, c: "x" }], a: { "1": 2, "0": 3 } }], false),
  decode(input) {
    const json = readJson(asText(input));
    if (!json) return false;
    const text = canonicalJson(json.value);
    if (canonicalJson(JSON.parse(text)) !== text) throw new Error("canonical JSON is not stable");
    return true;
  },
};

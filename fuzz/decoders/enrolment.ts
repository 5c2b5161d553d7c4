// What a machine without an identity can send: join tokens, enrolment requests, certificate requests.
import { parseJoinToken } from "../../agent/link/token.ts";
import { EnrolRequest, JOIN_TOKEN_PREFIX, type JoinToken, RenewRequest } from "../../protocol/messages.ts";
import { readRequest } from "../../server/agents/ca.ts";
import { formatToken, parseToken } from "../../server/agents/token.ts";
import { AppError } from "../../server/core/errors.ts";
import { asText, type Decoder } from "../decoder.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import { jsonInputs, mutateWord, noise } from "../mutate-text.ts";
import type { Random } from "../random.ts";
import { readJson } from "./json.ts";

const token: JoinToken = {
  id: "0192f0c1-2d3e-7f40-8a51-62738495a6b7",
  secret: "s".repeat(43),
  ca: "0123456789abcdef".repeat(4),
  key: "fedcba9876543210".repeat(4),
};
const tokenJson = jsonInputs([token]);

/** Both readers: the gateway's, which is silent, and the agent's, which says in words what is wrong. */
function readToken(text: string): boolean {
  const isTaken = parseToken(text) !== null;
  try {
    parseJoinToken(text);
  } catch (err) {
    if (!(err instanceof Error) || !/join token/.test(err.message)) throw err;
  }
  return isTaken;
}

export const joinToken: Decoder = {
  name: "join-token",
  what: "the text of a join token, at the gateway (anyone who reaches its port) and at the agent (whoever pasted it)",
  generate(random) {
    if (random.oneIn(20)) return JOIN_TOKEN_PREFIX + noise(random);
    if (random.oneIn(4)) return mutateWord(random, formatToken(token));
    return JOIN_TOKEN_PREFIX + Buffer.from(tokenJson(random)).toString("base64url");
  },
  decode: (input) => readToken(asText(input)),
};

// Certificate requests made once with OpenSSL: P-256, P-384, Ed25519; their keys were thrown away.
const REQUESTS = [
  "MIHIMHECAQAwDzENMAsGA1UEAwwEbm9kZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABILR6FhSZwcSu6IDJX8N5RTlU81zJtGF7skv9DqD1NMxrc7DZcsEgzo+pb1xDAwWnXlaynKmpwH9xgpCJWgFJiqgADAKBggqhkjOPQQDAgNHADBEAiAKET4bOaf8LxxXAyR0bp5u2QrmXEZSwlYusnMRxLCnaQIgMHhl1qZLKzXBrrbKvyEf3JlftcebNvu5mJqcWTe1hqg=",
  "MIIBCDCBjgIBADAPMQ0wCwYDVQQDDARub2RlMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEnWg4640g+zsuLiLOxRwunOiialX8GAHxBMk6lpkz8mK/tZuAJDf7R51fG9YqurqUwvIzsrnZkMhEh2nJwrMe0oVBvc7E5tp9KNySJZt94U6Tm6JtSPjWx5pb6w2CvMPgoAAwCgYIKoZIzj0EAwIDaQAwZgIxAIWEfeeCXSFtne/76WbQlcetTqquQL0hCOydLmzQNAG5a0dewC3wwp/TruOCL0bJ1QIxAJWkvMDwc8ProCdj7en+6Mk2Rrso/RMAmNWhmGB8r7P0DWufLK3po4RjX3vjB4Vgng==",
  "MIGOMEICAQAwDzENMAsGA1UEAwwEbm9kZTAqMAUGAytlcAMhADQ+gcvzhdIOFRXPrGCSzZOi/LDIhsxAV75gAC2A7+s4oAAwBQYDK2VwA0EAchIfcc7iRqB3ZIlTEo1nm9MAD+Uhuk9W845R3fse5Raix+QA8+qN2VEmKnFXuoGuUEaTWtkAGGJzuy0+1dofCw==",
].map((text) => new Uint8Array(Buffer.from(text, "base64")));

const TAGS = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x30, 0x31, 0x80, 0x81, 0x82, 0x84, 0x88, 0xa0, 0xff,
];

function mutateDer(random: Random, der: Uint8Array): Uint8Array {
  if (random.oneIn(3)) return mutateBytes(random, der);
  const out = Uint8Array.from(der);
  out[random.below(out.length)] = random.pick(TAGS); // types and lengths: nearly every byte of the head is one
  return out;
}

const toPem = (der: Uint8Array, label = "CERTIFICATE REQUEST"): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`;
const deepDer = Uint8Array.from(Buffer.concat(Array.from({ length: 2_000 }, () => Buffer.from([0x30, 0x80]))));

function certificateRequest(random: Random): string {
  const der = random.pick(REQUESTS);
  if (random.oneIn(20)) return toPem(der);
  if (random.oneIn(40)) return noise(random);
  if (random.oneIn(20)) return mutateWord(random, toPem(der));
  if (random.oneIn(200)) return toPem(deepDer);
  return toPem(mutateDer(random, der), random.oneIn(30) ? "CERTIFICATE" : undefined);
}

export const csr: Decoder = {
  name: "csr",
  what: "a certificate request (PKCS#10), read and its signature verified",
  share: { of: 0.05, why: "each input is parsed by the X.509 library and its signature verified" },
  generate: certificateRequest,
  async decode(input) {
    try {
      await readRequest(asText(input));
      return true;
    } catch (err) {
      if (err instanceof AppError && err.code === "invalid") return false;
      throw err;
    }
  },
};

const requests = jsonInputs([
  {
    token: formatToken(token),
    csr: toPem(REQUESTS[0] ?? deepDer),
    name: "node-7.zone-a",
    machineId: "8f3c1d",
    bootId: token.id,
    agentVersion: "0.1.0",
  },
  { csr: "x" },
]);

export const enrolRequest: Decoder = {
  name: "enrol-request",
  what: "the body of an enrolment or renewal, from anyone who reaches the gateway's port",
  generate: requests,
  decode(input) {
    const json = readJson(asText(input));
    if (!json) return false;
    const isRenewal = RenewRequest.safeParse(json.value).success;
    const parsed = EnrolRequest.safeParse(json.value);
    if (parsed.success) parseToken(parsed.data.token);
    return parsed.success || isRenewal;
  },
};

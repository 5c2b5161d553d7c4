// What says who somebody is: the session's cookie, and a passkey's answer. Both come from anyone.
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { PlanStatement } from "../../protocol/statement.ts";
import { actorOf } from "../../server/accounts/actor.ts";
import { sessionToken } from "../../server/accounts/session-cookie.ts";
import { isSignedBy } from "../../server/approvals/signature.ts";
import { NOW } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs, mutateWord, textInputs } from "../mutate-text.ts";
import { readJson } from "./json.ts";

const NAME = "nodeops.session_token";
const SECRET = createHash("sha256").update("fuzz").digest("hex");
const TOKEN = "t0ken-of-a-session-that-lasts-32";
const signed = (token: string) =>
  encodeURIComponent(`${token}.${createHmac("sha256", SECRET).update(token).digest("base64")}`);

const cookies = textInputs(
  [
    `${NAME}=${signed(TOKEN)}`,
    `theme=dark; ${NAME}=${signed(TOKEN)}; locale=zh`,
    `${NAME}=; ${NAME}=${signed(TOKEN)}`,
    `${NAME}=${signed("a.b.c")}`,
  ],
  [
    `${NAME}=`,
    "; ",
    ";",
    "=",
    ".",
    "%",
    "%2e",
    "%00",
    "%E0%A4%A",
    '"',
    "__proto__=",
    "theme=dark",
    signed(TOKEN),
    "\n",
    "é",
  ],
);

export const sessionCookie: Decoder = {
  name: "session-cookie",
  what: "the Cookie header; a token that we did not sign must never come out of it",
  generate: (random) => (random.oneIn(3) ? mutateWord(random, asText(cookies(random))) : cookies(random)),
  decode(input) {
    const token = sessionToken(asText(input), NAME, SECRET);
    if (token !== null && token !== TOKEN && token !== "a.b.c") throw new Error(`a token that nobody signed: ${token}`);
    return token !== null;
  },
};

const bearers = textInputs(
  [`Bearer ${"a1_-".repeat(8)}`, "Bearer nodeops_0123456789abcdefghij", "Basic YWRtaW46YWRtaW4="],
  ["Bearer ", "bearer", " ", "\t", "\n", "\0", "a".repeat(20), "_", "-", ".", ",", "é", "Basic ", "="],
);

export const authorization: Decoder = {
  name: "authorization",
  what: "the Authorization header, up to the question to the database, which here knows no token: nobody may come out of it",
  generate: bearers,
  async decode(input) {
    let isAsked = false;
    const findUnique = async () => {
      isAsked = true;
      return null;
    };
    // Only these are touched before a token is found.
    const req = { headers: { authorization: asText(input), cookie: "x=y" } } as unknown as IncomingMessage;
    const deps = { prisma: { apiToken: { findUnique } }, now: new Date(NOW) } as unknown as Parameters<
      typeof actorOf
    >[1];
    const actor = await actorOf(req, deps);
    if (actor.kind !== "anonymous") throw new Error("somebody came out of it");
    return isAsked;
  },
};

const statement: PlanStatement = {
  v: 1,
  kind: "plan",
  runId: "0192f0c1-2d3e-7f40-8a51-62738495a6b7",
  nodeId: "0192f0c1-2d3e-7f40-8a51-62738495a6b7",
  nodeName: "node-7",
  repairId: "restart-container",
  planHash: "0123456789abcdef".repeat(4),
  risk: "disruptive",
  requestedBy: "user:abc",
  expiresAt: NOW,
};
const challenge = "A".repeat(43);
const clientData = Buffer.from(
  JSON.stringify({ type: "webauthn.get", challenge, origin: "https://console.example", crossOrigin: false }),
).toString("base64url");
const answers = jsonInputs([
  {
    id: "0123456789abcdef",
    rawId: "0123456789abcdef",
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData,
      authenticatorData: Buffer.alloc(37, 5).toString("base64url"),
      signature: Buffer.from("30450220", "hex").toString("base64url"),
    },
  },
]);
// COSE: EC2, ES256, P-256, made up.
const publicKey = Buffer.from(`a5010203262001215820${"11".repeat(32)}225820${"22".repeat(32)}`, "hex").toString(
  "base64url",
);

export const passkeyAnswer: Decoder = {
  name: "passkey-answer",
  what: "a passkey's assertion over an approval; never right here, and never a crash",
  share: { of: 0.1, why: "it goes through the WebAuthn library" },
  // Nothing can be accepted without the key: what gets as far as the library counts as taken.
  generate: answers,
  async decode(input) {
    const json = readJson(asText(input));
    const response = json?.value;
    if (typeof response !== "object" || response === null || Array.isArray(response)) return false;
    const key = { id: "0123456789abcdef", type: "webauthn", publicKey };
    const isRight = await isSignedBy(key, statement, {
      type: "webauthn",
      keyId: key.id,
      response: response as Record<string, unknown>,
    });
    if (isRight) throw new Error("a signature that nobody made");
    return "response" in response;
  },
};

// A device with one passkey for tests: makes a P-256 key, answers registration and authentication as a browser would pass them on.
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();
const b64 = (data: Buffer): string => data.toString("base64url");

/** CBOR of what is needed here: whole numbers, bytes, texts and maps. */
function cbor(value: number | string | Buffer | Map<number | string, unknown>): Buffer {
  const head = (major: number, n: number): Buffer =>
    n < 24
      ? Buffer.from([(major << 5) | n])
      : n < 256
        ? Buffer.from([(major << 5) | 24, n])
        : Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const parts = [...value].flatMap(([key, one]) => [cbor(key), cbor(one as Parameters<typeof cbor>[0])]);
  return Buffer.concat([head(5, value.size), ...parts]);
}

/** What the device is made to do wrong. */
export type Fault = { origin?: string; rpId?: string; isVerified?: boolean; counter?: number };

export function authenticator(origin: string) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = publicKey.export({ format: "jwk" });
  const id = randomBytes(32);
  let counter = 0;

  const clientData = (type: string, challenge: string, fault: Fault): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin: fault.origin ?? origin, crossOrigin: false }));
  const authData = (fault: Fault, hasKey: boolean): Buffer => {
    const flags = 1 | (fault.isVerified === false ? 0 : 4) | (hasKey ? 64 : 0);
    const count = Buffer.alloc(4);
    counter += 1;
    count.writeUInt32BE(fault.counter ?? counter);
    return Buffer.concat([sha256(fault.rpId ?? new URL(origin).hostname), Buffer.from([flags]), count]);
  };
  return {
    id: b64(id),
    register(options: { challenge: string }, fault: Fault = {}): Record<string, unknown> {
      const key = cbor(
        new Map<number, unknown>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(String(jwk.x), "base64url")],
          [-3, Buffer.from(String(jwk.y), "base64url")],
        ]),
      );
      const data = Buffer.concat([authData(fault, true), Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
      const attestation = cbor(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", data],
        ]),
      );
      return {
        id: b64(id),
        rawId: b64(id),
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: b64(clientData("webauthn.create", options.challenge, fault)),
          attestationObject: b64(attestation),
          transports: ["internal"],
        },
      };
    },
    answer(options: { challenge: string }, fault: Fault = {}): Record<string, unknown> {
      const client = clientData("webauthn.get", options.challenge, fault);
      const data = authData(fault, false);
      const signature = createSign("sha256")
        .update(Buffer.concat([data, sha256(client)]))
        .sign(privateKey);
      return {
        id: b64(id),
        rawId: b64(id),
        type: "public-key",
        clientExtensionResults: {},
        response: { clientDataJSON: b64(client), authenticatorData: b64(data), signature: b64(signature) },
      };
    },
  };
}

// The node's key and its certificate request (PKCS#10, RFC 2986), written out by hand: some dozen bytes of DER need no library in the agent.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

function tlv(tag: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const sequence = (...contents: Uint8Array[]): Buffer => tlv(0x30, ...contents);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));

/** 2.5.4.3 commonName, 1.2.840.10045.4.3.2 ecdsa-with-SHA256. */
const commonName = oid("550403");
const ecdsaWithSha256 = oid("2a8648ce3d040302");

/** A new P-256 key, PKCS#8 PEM. */
export function makeKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Certificate request for `keyPem` with subject CN=`name`, PEM. */
export function makeCsr(keyPem: string, name: string): string {
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const subject = sequence(tlv(0x31, sequence(commonName, tlv(0x0c, Buffer.from(name)))));
  const info = sequence(tlv(0x02, Buffer.from([0])), subject, publicKey, tlv(0xa0));
  const signature = sign("sha256", info, key);
  const der = sequence(info, sequence(ecdsaWithSha256), tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}

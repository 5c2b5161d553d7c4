// Codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s). Pure but for the clock, which is given.
import { createHmac, timingSafeEqual } from "node:crypto";

const STEP_S = 30;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code of the step that `now` lies in. @param secret the key's bytes as text, as better-auth keeps them */
export function totp(secret: string, now: Date, offset = 0): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000 / STEP_S) + offset));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}

/** Whether the code is of this step or of one beside it (clocks differ, people type slowly). */
export function isTotp(secret: string, code: string, now: Date): boolean {
  if (!/^\d{6}$/.test(code)) return false;
  return [-1, 0, 1].some((offset) => timingSafeEqual(Buffer.from(totp(secret, now, offset)), Buffer.from(code)));
}

/** What authenticator apps read from a QR code. */
export function totpUri(secret: string, email: string, issuer: string): string {
  const query = new URLSearchParams({
    secret: base32(Buffer.from(secret)),
    issuer,
    digits: "6",
    period: String(STEP_S),
  });
  return `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(email)}?${query.toString().replaceAll("+", "%20")}`;
}

function base32(bytes: Buffer): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

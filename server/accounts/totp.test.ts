import { expect, test } from "vitest";
import { isTotp, totp, totpUri } from "./totp.ts";

// RFC 6238, appendix B (its codes have eight digits; the last six are ours).
const SECRET = "12345678901234567890";

test.each([
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
])("at %i s the code is %s", (seconds, code) => {
  expect(totp(SECRET, new Date(seconds * 1000))).toBe(code);
});

test("a code holds one step before and after its own, no longer, and only as six digits", () => {
  const begins = 1111111080;
  const holds = (code: string, offset: number) => isTotp(SECRET, code, new Date((begins + offset) * 1000));
  expect([-31, -30, 0, 29, 30, 59, 60].map((offset) => holds("081804", offset))).toEqual([
    false,
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(holds(" 081804", 0)).toBe(false);
  expect(holds("０81804", 0)).toBe(false);
});

test("the address for apps carries the key in base32", () => {
  expect(totpUri(SECRET, "a@b.c", "NodeOps Center")).toBe(
    "otpauth://totp/NodeOps%20Center:a%40b.c?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=NodeOps%20Center&digits=6&period=30",
  );
});

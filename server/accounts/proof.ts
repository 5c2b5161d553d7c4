// Private to accounts: proofs that a person is there. Every try counts, also when the verb around it fails;
// apart from tries to sign in, so that strangers who try a name at the sign-in page lock nobody out who is in.
import { symmetricDecrypt, verifyPassword } from "better-auth/crypto";
import { AppError } from "../core/errors.ts";
import { beginAttempt, clearAttempts, presenceKey } from "./lockout.ts";
import { accountsRuntime } from "./runtime.ts";
import { takeOnce } from "./take-once.ts";
import { isTotp } from "./totp.ts";

/** A code is accepted one step (30 s) before and after its own, ms. */
const TOTP_LIFE_MS = 120_000;

const wrong = (what: string) =>
  new AppError("invalid", `presence: wrong ${what}`, {
    publicMessage: "That was not right.",
    details: { wrong: what },
    entity: ["proof", what],
  });

/** Counts one try of a person who has signed in. @throws AppError("too_many") after too many */
export async function countAttempt(userId: string, now: Date): Promise<void> {
  const attempt = await beginAttempt(accountsRuntime().prisma, presenceKey(userId), now);
  if (!attempt.isAllowed)
    throw new AppError("too_many", "presence: locked", {
      publicMessage: "Too many attempts. Wait a quarter of an hour, or ask an administrator to unlock your account.",
      retry: false,
    });
}

export const forgetAttempts = (userId: string): Promise<boolean> =>
  clearAttempts(accountsRuntime().prisma, presenceKey(userId));

export async function personForProof(userId: string) {
  const user = await accountsRuntime().prisma.user.findUnique({
    where: { id: userId },
    select: {
      id: true,
      email: true,
      name: true,
      twoFactorEnabled: true,
      twoFactors: { select: { secret: true, verified: true } },
      accounts: { where: { providerId: "credential" }, select: { id: true, password: true } },
    },
  });
  if (!user) throw new AppError("unauthenticated", `no account ${userId}`);
  return user;
}

export type PersonForProof = Awaited<ReturnType<typeof personForProof>>;

/** @throws AppError for a wrong password (or an account without one) */
export async function provePassword(person: PersonForProof, password: string): Promise<void> {
  const hash = person.accounts[0]?.password;
  if (!hash || !(await verifyPassword({ hash, password }))) throw wrong("password");
}

export async function decryptSecret(stored: string): Promise<string> {
  const { secretConfig } = await accountsRuntime().auth.$context;
  return symmetricDecrypt({ key: secretConfig, data: stored });
}

/** @throws AppError for a wrong code, and for one that was used before */
export async function proveTotp(person: PersonForProof, code: string, now: Date): Promise<void> {
  const secret = person.twoFactors[0]?.secret;
  const isFresh = await takeOnce(accountsRuntime().prisma, `totp:${code}`, person.id, "totp", now, TOTP_LIFE_MS);
  if (!secret || !isFresh || !isTotp(await decryptSecret(secret), code, now)) throw wrong("code");
}

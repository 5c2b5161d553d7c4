// Sign-in of people: better-auth on our own tables. Nobody signs up; admins make accounts, or the identity provider says who comes in.
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { twoFactor } from "better-auth/plugins";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Role } from "../core/access.ts";
import { type AuditOutcome, writeAudit } from "../core/audit.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { endSessions } from "./end-sessions.ts";
import { OIDC_PROVIDER_ID, type OidcConfig, oidcPlugin, type RolesUnderWay } from "./oidc.ts";
import { keepAnAdmin } from "./person.ts";
import { MUST_CHANGE, ONE_TIME_PASSWORD_TTL_MS, SESSION_TTL_MS } from "./schema.ts";
import { signInPlugin } from "./sign-in-plugin.ts";

/** Address of the account that the first start makes. */
export const FIRST_ADMIN_EMAIL = "admin@nodeops.local";

/** The addresses at which this machine's own browser may open the console when it is not published elsewhere. */
export function ownOrigins(publicUrl: string): string[] {
  const { protocol, hostname, port, origin } = new URL(publicUrl);
  if (!["localhost", "127.0.0.1", "[::1]"].includes(hostname)) return [origin];
  return ["localhost", "127.0.0.1", "[::1]"].map((host) => new URL(`${protocol}//${host}:${port}`).origin);
}

/** @param publicUrl address that people open; its scheme decides whether cookies are Secure, its origin is the only trusted one */
export function createAuth(options: {
  prisma: PrismaClient;
  secret: string;
  publicUrl: string;
  trustedOrigins?: string[];
  oidc?: OidcConfig | null;
}) {
  const { prisma, secret, publicUrl, oidc } = options;
  const isHttps = publicUrl.startsWith("https:");
  const underWay: RolesUnderWay = new Map();
  // __Host- binds a cookie to this very host and to https; browsers refuse it over plain http.
  const cookieName = (name: string) => ({ name: isHttps ? `__Host-nodeops.${name}` : `nodeops.${name}` });
  return betterAuth({
    appName: "NodeOps Center",
    database: prismaAdapter(prisma, { provider: "postgresql" }),
    secret,
    baseURL: publicUrl,
    basePath: "/api/auth",
    trustedOrigins: [...ownOrigins(publicUrl), ...(options.trustedOrigins ?? [])],
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12, maxPasswordLength: 128 },
    plugins: [
      twoFactor({ issuer: "NodeOps Center", totpOptions: { digits: 6, period: 30 } }),
      ...(oidc ? [oidcPlugin(oidc, underWay)] : []),
      signInPlugin(prisma), // last: it sees what the second factor made of a sign-in
    ],
    // The end is fixed when a session begins; server/accounts/actor.ts ends idle ones before.
    session: {
      expiresIn: SESSION_TTL_MS / 1000,
      disableSessionRefresh: true,
      additionalFields: {
        verifiedAt: { type: "date", required: false, input: false, returned: false },
        breakGlassId: { type: "string", required: false, input: false, returned: false },
      },
    },
    user: {
      additionalFields: {
        role: { type: "string", input: false, defaultValue: "none" },
        locale: { type: "string", input: false, defaultValue: "en" },
      },
    },
    // An identity of the provider never takes over an account that has the same address.
    account: { accountLinking: { enabled: false }, encryptOAuthTokens: true },
    databaseHooks: {
      user: {
        create: {
          // Nobody signs up: this is somebody whom the provider sends for the first time.
          async before(user) {
            // An address that nobody has verified may be anybody's.
            return user.emailVerified ? { data: user } : false;
          },
          async after(user) {
            await recordProvider(prisma, "accounts.createPerson", user.id, {
              after: { email: user.email, name: user.name },
            });
          },
        },
      },
      session: {
        create: {
          async before(session, ctx) {
            const isExternal = ctx?.path?.startsWith("/callback") ?? false;
            if (!(await admit(prisma, session.userId, isExternal ? underWay : null))) return false;
            return { data: { ...session, verifiedAt: new Date() } }; // whoever just signed in is there
          },
        },
      },
    },
    onAPIError: { errorURL: `${publicUrl}/sign-in` },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 120,
      storage: "database",
      customRules: {
        "/sign-in/email": { window: 60, max: 10 },
        "/sign-in/break-glass": { window: 60, max: 5 },
        "/sign-in/social": { window: 60, max: 20 },
      },
    },
    advanced: {
      // The names carry the prefix themselves: better-auth's own is the weaker __Secure-.
      useSecureCookies: false,
      defaultCookieAttributes: { httpOnly: true, sameSite: "strict", secure: isHttps, path: "/" },
      cookies: {
        session_token: cookieName("session"),
        two_factor: cookieName("second-factor"),
        // The provider sends people back from another site: with Strict the browser would keep this cookie to itself. It grants nothing.
        state: { ...cookieName("oidc-state"), attributes: { sameSite: "lax" } },
      },
    },
    telemetry: { enabled: false },
  });
}

/** Whether this person may have a session now. @param underWay set when the identity provider sent them */
async function admit(prisma: PrismaClient, userId: string, underWay: RolesUnderWay | null): Promise<boolean> {
  const user = await prisma.user.findUnique({
    where: { id: userId },
    select: {
      role: true,
      disabledAt: true,
      accounts: { select: { providerId: true, accountId: true, scope: true, updatedAt: true } },
    },
  });
  if (!user || user.disabledAt) return false;
  if (underWay) {
    const subject = user.accounts.find(({ providerId }) => providerId === OIDC_PROVIDER_ID)?.accountId ?? "";
    const role = underWay.get(subject);
    underWay.delete(subject);
    if (!role) return false;
    return role === user.role || takeRole(prisma, userId, user.role, role);
  }
  const given = user.accounts.find(({ scope }) => scope === MUST_CHANGE);
  return !given || Date.now() - given.updatedAt.getTime() <= ONE_TIME_PASSWORD_TTL_MS;
}

/** Writes the role that the provider gives now. @returns false, and leaves everything as it is, for the last administrator losing theirs */
async function takeRole(prisma: PrismaClient, userId: string, before: string, role: Role): Promise<boolean> {
  const entry = { before: { role: before }, after: { role } };
  try {
    await prisma.$transaction(async (tx) => {
      if (before === "admin") await keepAnAdmin(tx, userId);
      await endSessions(tx, { userId }); // those from before are not worth what the new role is
      await tx.user.update({ where: { id: userId }, data: { role }, select: { id: true } });
      await recordProvider(tx, "accounts.setRights", userId, entry);
    });
    return true;
  } catch (err) {
    if (!(err instanceof AppError)) throw err;
    await recordProvider(prisma, "accounts.setRights", userId, entry, "refused");
    return false;
  }
}

/** What the identity provider did to an account. */
const recordProvider = (
  db: PrismaClient | Tx,
  action: string,
  userId: string,
  entry: { before?: unknown; after: unknown },
  outcome: AuditOutcome = "done",
): Promise<void> =>
  writeAudit(db, {
    actor: systemActor("identity-provider"),
    action,
    at: new Date(),
    requestId: null,
    outcome,
    entry: { entity: ["user", userId], ...entry },
  });

export type Auth = ReturnType<typeof createAuth>;

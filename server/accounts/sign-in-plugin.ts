// What stands around better-auth's sign-in: lockout before a password is looked at, the audit trail after, emergency access as a way in,
// and the end of the session that the browser had before.
import type { BetterAuthPlugin, GenericEndpointContext } from "better-auth";
import { APIError, createAuthEndpoint, createAuthMiddleware, isAPIError } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { redeemBreakGlass } from "./break-glass.ts";
import { announceEnd } from "./end-sessions.ts";
import { attemptKey, beginAttempt, clearAttempts, pruneAttempts } from "./lockout.ts";
import { recordFailure, recordSignIn, recordSignOut } from "./sign-in-trail.ts";
import { takeOnce } from "./take-once.ts";

const EMAIL = "/sign-in/email";
const SECOND_FACTOR = ["/two-factor/verify-totp", "/two-factor/verify-backup-code"];
const BREAK_GLASS = "/sign-in/break-glass";
const SOCIAL = "/sign-in/social";
const SIGN_OUT = "/sign-out";
/** A code of the authenticator is shown for 30 s and accepted one step before and after, ms. */
const TOTP_LIFE_MS = 120_000;

/** One answer for whatever was wrong, so that it tells nothing about who has an account. */
const wrong = () =>
  new APIError("UNAUTHORIZED", { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" });

type Ctx = GenericEndpointContext;

/** The person whose second factor is asked for, from the cookie that the first one left. */
async function pendingPerson(ctx: Ctx, prisma: PrismaClient): Promise<{ id: string; email: string } | null> {
  const cookie = ctx.context.createAuthCookie("two_factor");
  const identifier = await ctx.getSignedCookie(cookie.name, ctx.context.secret);
  const found = identifier ? await ctx.context.internalAdapter.findVerificationValue(identifier) : null;
  return found ? prisma.user.findUnique({ where: { id: found.value }, select: { id: true, email: true } }) : null;
}

/** Address that a sign-in is about: typed in, or known from the first factor. */
async function emailOf(ctx: Ctx, prisma: PrismaClient): Promise<string> {
  if (ctx.path === EMAIL) return String(ctx.body?.email ?? "").slice(0, 254);
  return (await pendingPerson(ctx, prisma))?.email ?? "";
}

async function sessionOfCookie(ctx: Ctx, prisma: PrismaClient) {
  const token = await ctx.getSignedCookie(ctx.context.authCookies.sessionToken.name, ctx.context.secret);
  if (!token) return null;
  return prisma.session.findUnique({
    where: { token },
    select: { id: true, breakGlassId: true, user: { select: { id: true, name: true } } },
  });
}

async function beforeSecondFactor(ctx: Ctx, prisma: PrismaClient, now: Date): Promise<void> {
  // With a session these calls would hand its token to scripts; the console has verbs for what a session may do.
  if (await sessionOfCookie(ctx, prisma)) throw new APIError("BAD_REQUEST", { message: "already signed in" });
  const person = await pendingPerson(ctx, prisma);
  if (!person) throw wrong();
  const attempt = await beginAttempt(prisma, attemptKey(person.email), now);
  if (!attempt.isAllowed) throw wrong();
  const code = String(ctx.body?.code ?? "");
  if (ctx.path === SECOND_FACTOR[0] && !(await takeOnce(prisma, `totp:${code}`, person.id, "totp", now, TOTP_LIFE_MS)))
    throw wrong();
  if (ctx.body) delete ctx.body.trustDevice; // nobody skips the second factor next time
}

async function beforePassword(ctx: Ctx, prisma: PrismaClient, now: Date): Promise<void> {
  const email = String(ctx.body?.email ?? "").slice(0, 254);
  const attempt = await beginAttempt(prisma, attemptKey(email), now);
  if (attempt.isAllowed && attempt.isFirst) await pruneAttempts(prisma, now);
  const user = await prisma.user.findUnique({ where: { email: email.toLowerCase() }, select: { disabledAt: true } });
  if (attempt.isAllowed && !user?.disabledAt && z.email().safeParse(email).success) return;
  await ctx.context.password.hash(String(ctx.body?.password ?? "").slice(0, 128)); // takes as long as looking at it would
  throw wrong();
}

export function signInPlugin(prisma: PrismaClient) {
  const before = createAuthMiddleware(async (ctx) => {
    const now = new Date();
    if (ctx.path === EMAIL) await beforePassword(ctx, prisma, now);
    else if (SECOND_FACTOR.includes(ctx.path)) await beforeSecondFactor(ctx, prisma, now);
    else if (ctx.path === SOCIAL && (ctx.body?.idToken || ctx.body?.scopes || ctx.body?.additionalParams))
      // Only the whole way through the provider proves that it was meant for this browser.
      throw new APIError("BAD_REQUEST", { message: "only by redirect" });
    else if (ctx.path === SIGN_OUT) {
      const session = await sessionOfCookie(ctx, prisma);
      if (!session) return;
      await recordSignOut(prisma, session, now);
      await prisma.session.deleteMany({ where: { id: session.id } });
      await announceEnd(prisma, [session.id]);
    }
  });

  const after = createAuthMiddleware(async (ctx) => {
    const now = new Date();
    const address = ctx.headers?.get("x-forwarded-for") ?? null;
    const made = ctx.context.newSession;
    const isPersonal = ctx.path === EMAIL || SECOND_FACTOR.includes(ctx.path);
    const isExternal = ctx.path.startsWith("/callback");
    if (made && (isPersonal || isExternal || ctx.path === BREAK_GLASS)) {
      const old = await sessionOfCookie(ctx, prisma);
      if (old && old.id !== made.session.id) {
        await prisma.session.deleteMany({ where: { id: old.id } });
        await announceEnd(prisma, [old.id]);
      }
      if (isPersonal) await clearAttempts(prisma, attemptKey(made.user.email));
      const how = isExternal ? "oidc" : ctx.path === BREAK_GLASS ? "break-glass" : "password";
      await recordSignIn(prisma, { user: made.user, how, address, now });
      // Scripts get no session token: it is for the cookie alone.
      if (isPersonal) return ctx.json({ user: { locale: made.user.locale } });
      return;
    }
    if (isPersonal && isAPIError(ctx.context.returned)) {
      const email = await emailOf(ctx, prisma);
      await recordFailure(prisma, { email, address, now });
      // Whatever it was that failed (no such account, wrong code, disabled), one text says it.
      if (ctx.context.returned.statusCode < 500) throw wrong();
    }
  });

  return {
    id: "nodeops-sign-in",
    hooks: {
      before: [{ matcher: () => true, handler: before }],
      after: [{ matcher: () => true, handler: after }],
    },
    endpoints: {
      signInBreakGlass: createAuthEndpoint(
        BREAK_GLASS,
        { method: "POST", body: z.object({ code: z.string().min(20).max(100) }) },
        async (ctx) => {
          const opened = await redeemBreakGlass(prisma, ctx.body.code, new Date());
          if (!opened) throw wrong();
          const session = await ctx.context.internalAdapter.createSession(opened.userId, false, {
            breakGlassId: opened.id,
          });
          const user = await ctx.context.internalAdapter.findUserById(opened.userId);
          if (!session || !user) throw wrong();
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ until: opened.expiresAt });
        },
      ),
    },
  } satisfies BetterAuthPlugin;
}

// Sign-in of people: better-auth on our own tables. Nobody signs up; admins make accounts.
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import type { PrismaClient } from "../../generated/prisma/client.ts";

/** Address of the account that the first start makes. */
export const FIRST_ADMIN_EMAIL = "admin@nodeops.local";

/** @param publicUrl address that people open; its scheme decides whether cookies are Secure, its origin is the only trusted one */
export function createAuth(options: {
  prisma: PrismaClient;
  secret: string;
  publicUrl: string;
  trustedOrigins?: string[];
}) {
  const { prisma, secret, publicUrl } = options;
  return betterAuth({
    database: prismaAdapter(prisma, { provider: "postgresql" }),
    secret,
    baseURL: publicUrl,
    basePath: "/api/auth",
    trustedOrigins: options.trustedOrigins ?? [],
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12, maxPasswordLength: 128 },
    // Eight hours of work, renewed once an hour while it goes on.
    session: { expiresIn: 8 * 3600, updateAge: 3600 },
    user: {
      additionalFields: {
        role: { type: "string", input: false, defaultValue: "viewer" },
        locale: { type: "string", input: false, defaultValue: "en" },
      },
    },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 120,
      storage: "database",
      customRules: { "/sign-in/email": { window: 60, max: 10 } },
    },
    advanced: {
      useSecureCookies: publicUrl.startsWith("https:"),
      defaultCookieAttributes: { httpOnly: true, sameSite: "strict" },
    },
    telemetry: { enabled: false },
  });
}

export type Auth = ReturnType<typeof createAuth>;

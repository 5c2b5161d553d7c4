// Sign-in with one identity provider (OpenID Connect), configured by environment only: authorization code with PKCE, nonce, and an id token that
// is verified against the provider's keys. The provider says the role; it is written at each sign-in.
import { readFileSync } from "node:fs";
import { genericOAuth } from "better-auth/plugins";
import { z } from "zod";
import { type Role, roles } from "../core/access.ts";
import { AppError } from "../core/errors.ts";

export const OIDC_PROVIDER_ID = "oidc";

export type OidcConfig = {
  issuer: string;
  clientId: string;
  clientSecret: string | null;
  scopes: string[];
  /** Claim of the id token that holds the groups or roles: a text or a list of texts. */
  roleClaim: string;
  /** The provider's names to ours; the strongest that fits counts. */
  roleMap: ReadonlyMap<string, Role>;
  /** Role of people without a mapped one; null: they do not get in. */
  fallbackRole: Role | null;
};

const OidcEnv = z.object({
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  /** Path of a file; a public client has none. */
  OIDC_CLIENT_SECRET_FILE: z.string().min(1).optional(),
  /** Space-separated. */
  OIDC_SCOPES: z.string().default("openid email profile"),
  OIDC_ROLE_CLAIM: z.string().min(1).default("groups"),
  /** "sre=operator,platform=admin" */
  OIDC_ROLE_MAP: z.string().default(""),
  OIDC_AUTO_CREATE: z.enum(["viewer", "no"]).default("no"),
});

/** The provider's settings, null when none is configured. @throws Error that names what is wrong */
export function readOidc(source: Record<string, string | undefined> = process.env): OidcConfig | null {
  const parsed = OidcEnv.safeParse(source);
  if (!parsed.success)
    throw new Error(`environment: ${parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ")}`);
  const env = parsed.data;
  if (!env.OIDC_ISSUER) return null;
  const issuer = new URL(env.OIDC_ISSUER);
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(issuer.hostname);
  if (issuer.protocol !== "https:" && !isHere) throw new Error("environment: OIDC_ISSUER: must be https");
  if (!env.OIDC_CLIENT_ID) throw new Error("environment: OIDC_CLIENT_ID: missing");
  return {
    issuer: env.OIDC_ISSUER.replace(/\/$/, ""),
    clientId: env.OIDC_CLIENT_ID,
    clientSecret: env.OIDC_CLIENT_SECRET_FILE ? readFileSync(env.OIDC_CLIENT_SECRET_FILE, "utf8").trim() : null,
    scopes: env.OIDC_SCOPES.split(/\s+/).filter((scope) => scope !== ""),
    roleClaim: env.OIDC_ROLE_CLAIM,
    roleMap: readRoleMap(env.OIDC_ROLE_MAP),
    fallbackRole: env.OIDC_AUTO_CREATE === "viewer" ? "viewer" : null,
  };
}

function readRoleMap(text: string): ReadonlyMap<string, Role> {
  const map = new Map<string, Role>();
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const at = pair.lastIndexOf("=");
    const name = pair.slice(0, at).trim();
    const role = roles.find((one) => one === pair.slice(at + 1).trim());
    if (at < 1 || !role)
      throw new Error(`environment: OIDC_ROLE_MAP: "${pair}" is not name=role (${roles.join(", ")})`);
    map.set(name, role);
  }
  return map;
}

/** The role of somebody with these claims, null when they may not come in. */
export function roleOf(claims: Record<string, unknown>, config: OidcConfig): Role | null {
  const value = claims[config.roleClaim];
  const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === "string");
  const found = names.flatMap((name) => config.roleMap.get(name) ?? []);
  return roles.findLast((role) => found.includes(role)) ?? config.fallbackRole;
}

/** Claims of a token that was verified already. */
function claimsOf(idToken: string): Record<string, unknown> {
  const claims: unknown = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString("utf8"));
  if (typeof claims !== "object" || claims === null) throw new AppError("invalid", "id token without claims");
  return claims as Record<string, unknown>;
}

/** Roles that the provider gave to subjects whose sign-in is under way: from the callback's claims to its session. */
export type RolesUnderWay = Map<string, Role>;

/**
 * better-auth's plugin for the provider. It would ask the provider for its settings before anybody can sign in at all, and wait for as long as
 * that takes; instead it asks at the first sign-in that needs them (ten seconds at most, again each time until it answers).
 */
export function oidcPlugin(config: OidcConfig, underWay: RolesUnderWay) {
  const plugin = genericOAuth({
    config: [
      {
        providerId: OIDC_PROVIDER_ID,
        discoveryUrl: `${config.issuer}/.well-known/openid-configuration`,
        requireIdTokenVerification: true,
        clientId: config.clientId,
        ...(config.clientSecret === null
          ? { tokenEndpointAuth: { method: "none" as const } }
          : { clientSecret: config.clientSecret }),
        scopes: config.scopes,
        pkce: true,
        disableProviderLogout: true,
        // Called after the id token was verified; without one there is nobody.
        async getUserInfo({ idToken }) {
          if (!idToken) return null;
          const claims = claimsOf(idToken);
          const { sub, email, name } = claims;
          const role = roleOf(claims, config);
          if (typeof sub !== "string" || typeof email !== "string" || role === null) return null;
          underWay.set(sub, role);
          return {
            sub,
            id: sub,
            email,
            name: typeof name === "string" && name !== "" ? name.slice(0, 100) : email,
            emailVerified: claims.email_verified === true,
          };
        },
      },
    ],
  });
  return {
    ...plugin,
    init: () => ({
      context: {
        genericOAuthPendingDiscovery: new Map(plugin.options.config.map((one) => [one.providerId, one])),
      },
    }),
  };
}

// Inputs and outputs of accounts: oneself, people, sessions, second factors, API tokens, emergency access. Client-safe.
import { z } from "zod";
import { type Grant, type Permission, permissions, roles } from "../core/access.ts";

export const locales = ["en", "zh"] as const;
export type Locale = (typeof locales)[number];

export type Me = {
  kind: "user" | "token" | "system";
  id: string;
  name: string;
  email: string | null;
  /** Role in the whole fleet; null when there are only grants. */
  role: (typeof roles)[number] | null;
  /** All grants that hold now, the fleet-wide one included. */
  grants: readonly Grant[];
  /** Permissions held anywhere, so that the console shows what can be used at all. */
  permissions: readonly Permission[];
  locale: Locale;
  hasTwoFactor: boolean;
  passkeyCount: number;
  /** Holds a key that the dispatcher accepts. */
  canSign: boolean;
  /** Set while this session is emergency access. */
  breakGlassUntil: Date | null;
  /** Signed in with a one-time password: nothing else can be done before it is changed. */
  mustChangePassword: boolean;
  /** Signs in with a password (not only with the identity provider). */
  hasPassword: boolean;
};

/** An idle session ends after this, ms. */
export const SESSION_IDLE_MS = 8 * 3_600_000;
/** Every session ends after this, however busy, ms. */
export const SESSION_TTL_MS = 24 * 3_600_000;
/** `scope` of a password that was made for its holder and must be changed (the column is for identity providers otherwise). */
export const MUST_CHANGE = "must-change";
/** A one-time password that was not used is worth nothing after this, ms. */
export const ONE_TIME_PASSWORD_TTL_MS = 7 * 24 * 3_600_000;

export const SetLocale = z.object({ locale: z.enum(locales) });

const RoleInput = z.enum(roles);
/** Text of selectors/; parsed there, which refuses an empty one. */
const SelectorText = z.string().min(1).max(500);
export const GrantInput = z.object({ role: RoleInput, selector: SelectorText });
const permissionNames = Object.keys(permissions) as [Permission, ...Permission[]];
const Scope = z.enum(permissionNames);

// --- API tokens
export const CreateApiToken = z.object({
  name: z.string().min(1).max(100),
  role: RoleInput.default("viewer"),
  /** Where the role holds. */
  selector: SelectorText.default("*"),
  /** Only these permissions of the role; empty: all of them. */
  scopes: z.array(Scope).max(permissionNames.length).default([]),
  expiresInDays: z.number().int().min(1).max(365).default(90),
});
export type NewApiToken = { id: string; token: string };
export type ApiTokenRow = {
  id: string;
  name: string;
  role: string;
  selector: string;
  scopes: string[];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
};
export const ApiTokenRef = z.object({ id: z.uuid() });

// --- People
export const UserRef = z.object({ id: z.string().min(1).max(64) });
export const CreatePerson = z.object({
  email: z.email().max(254),
  name: z.string().min(1).max(100),
  /** Null: no role in the whole fleet, only grants. */
  role: RoleInput.nullable().default("viewer"),
  grants: z.array(GrantInput).max(50).default([]),
});
/** The password is shown once, to the admin who made the account; its holder must change it at the first sign-in. */
export type NewPerson = { id: string; email: string; password: string };
export const SetRights = UserRef.extend({ role: RoleInput.nullable(), grants: z.array(GrantInput).max(50) });
export const SetDisabled = UserRef.extend({ disabled: z.boolean() });

export type PersonRow = {
  id: string;
  email: string;
  name: string;
  role: (typeof roles)[number] | null;
  grants: Grant[];
  disabledAt: Date | null;
  /** credential, oidc */
  signInWith: string[];
  hasTwoFactor: boolean;
  passkeyCount: number;
  canSign: boolean;
  sessionCount: number;
  lastSeenAt: Date | null;
  createdAt: Date;
  isYou: boolean;
  /** Too many failed sign-ins: nobody gets in as them before this. */
  lockedUntil: Date | null;
};

// --- Sessions
export type SessionRow = {
  id: string;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  address: string;
  userAgent: string;
  isThis: boolean;
  isBreakGlass: boolean;
};
export const SessionRef = z.object({ id: z.string().min(1).max(64) });

// --- Oneself: password, second factors, step-up
export const ChangePassword = z.object({ current: z.string().max(128), next: z.string().min(12).max(128) });
/** Step-up: proves that the person is there, for `STEP_UP_MS`. */
export const ConfirmPresence = z.union([
  z.object({ password: z.string().max(128), totp: z.string().max(16).optional() }),
  z.object({ passkey: z.record(z.string(), z.unknown()) }),
]);
export const TotpCode = z.object({ code: z.string().regex(/^\d{6}$/) });
export type TotpSetup = { uri: string; backupCodes: string[] };

export type PasskeyRow = {
  id: string;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | null;
  isBackedUp: boolean;
  /** What the dispatcher thinks of it. */
  approval: "none" | "requested" | "active" | "refused";
};
/** Answer of the browser to `accounts.passkeyOptions`. */
export const AddPasskey = z.object({ name: z.string().min(1).max(100), response: z.record(z.string(), z.unknown()) });
export const PasskeyRef = z.object({ id: z.string().min(16).max(1_024) });
export const RenamePasskey = PasskeyRef.extend({ name: z.string().min(1).max(100) });

/** The organisation's sign-in, as the environment sets it. */
export type IdentityProvider = {
  issuer: string;
  clientId: string;
  roleClaim: string;
  roles: { name: string; role: (typeof roles)[number] }[];
  /** Role of people without a mapped one; null: they do not get in. */
  fallbackRole: (typeof roles)[number] | null;
};

// --- Emergency access
export type BreakGlassRow = {
  id: string;
  personName: string;
  reason: string;
  createdAt: Date;
  usedAt: Date | null;
  expiresAt: Date;
  endedAt: Date | null;
  reviewedBy: string | null;
  reviewedAt: Date | null;
  reviewNote: string;
  /** Used, over and not reviewed; not by its own user. */
  canReview: boolean;
  /** Still open: it can be ended now. */
  isOpen: boolean;
};
/** What everybody sees while emergency access is open, or was used and is not reviewed. */
export type BreakGlassNotice = { personName: string; state: "open" | "unreviewed"; until: Date; count: number } | null;
export const BreakGlassRef = z.object({ id: z.uuid() });
export const ReviewBreakGlass = z.object({ id: z.uuid(), note: z.string().min(1).max(1_000) });

// What verbs of accounts need beside the database: keys for second factors, the console's address for passkeys. Given once by the web process.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { AppError } from "../core/errors.ts";
import type { Auth } from "./auth.ts";
import type { OidcConfig } from "./oidc.ts";

export type AccountsRuntime = {
  auth: Auth;
  /** Not a transaction: attempts must stay counted when the verb that made them fails. */
  prisma: PrismaClient;
  /** Address that people open: the relying party of passkeys. */
  publicUrl: string;
  /** The identity provider, when there is one. */
  oidc?: OidcConfig | null;
};

let current: AccountsRuntime | null = null;

/** Called once at start (and by tests). */
export function provideAccounts(runtime: AccountsRuntime): void {
  current = runtime;
}

/** @throws AppError("unavailable") in a process that serves no people */
export function accountsRuntime(): AccountsRuntime {
  if (!current) throw new AppError("unavailable", "accounts: this process has no sign-in");
  return current;
}

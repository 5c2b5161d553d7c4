// What is configured about the identity provider; its secret is not part of it.
import { z } from "zod";
import { query } from "../core/verb.ts";
import { accountsRuntime } from "./runtime.ts";
import type { IdentityProvider } from "./schema.ts";

export const getIdentityProvider = query({
  name: "accounts.identityProvider",
  access: "accounts:read",
  on: "fleet",
  input: z.void(),
  async run(): Promise<IdentityProvider | null> {
    const { oidc } = accountsRuntime();
    if (!oidc) return null;
    const { issuer, clientId, roleClaim, roleMap, fallbackRole } = oidc;
    return { issuer, clientId, roleClaim, roles: [...roleMap].map(([name, role]) => ({ name, role })), fallbackRole };
  },
});

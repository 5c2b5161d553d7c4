// Procedures of the accounts domain.
import { expose, router } from "../api/trpc.ts";
import { getMe } from "./me.ts";
import { setLocale } from "./set-locale.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";

export const accountsRouter = router({
  me: expose(getMe),
  setLocale: expose(setLocale),
  tokens: expose(listTokens),
  createToken: expose(createToken),
  revokeToken: expose(revokeToken),
});

// Procedures of the accounts domain.
import { expose, router } from "../api/trpc.ts";
import { changePassword } from "./change-password.ts";
import { createPerson } from "./create-person.ts";
import { getIdentityProvider } from "./identity-provider.ts";
import { listPeople } from "./list-people.ts";
import { getMe } from "./me.ts";
import { addPasskey, listPasskeys, passkeyOptions, presenceOptions, removePasskey, renamePasskey } from "./passkeys.ts";
import { confirmPresence } from "./presence.ts";
import { breakGlassNotice, endBreakGlass, listBreakGlass, reviewBreakGlass } from "./review-break-glass.ts";
import { listSessions, listSessionsOf, revokeOtherSessions, revokeSession, revokeSessionsOf } from "./sessions.ts";
import { resetPerson, setDisabled, unlockPerson } from "./set-disabled.ts";
import { setLocale } from "./set-locale.ts";
import { setRights } from "./set-rights.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";
import { disableTwoFactor, enableTwoFactor, startTwoFactor } from "./two-factor.ts";

export const accountsRouter = router({
  me: expose(getMe),
  setLocale: expose(setLocale),
  changePassword: expose(changePassword),
  confirmPresence: expose(confirmPresence),
  startTwoFactor: expose(startTwoFactor),
  enableTwoFactor: expose(enableTwoFactor),
  disableTwoFactor: expose(disableTwoFactor),
  passkeys: expose(listPasskeys),
  passkeyOptions: expose(passkeyOptions),
  presenceOptions: expose(presenceOptions),
  addPasskey: expose(addPasskey),
  renamePasskey: expose(renamePasskey),
  removePasskey: expose(removePasskey),
  sessions: expose(listSessions),
  revokeSession: expose(revokeSession),
  revokeOtherSessions: expose(revokeOtherSessions),
  tokens: expose(listTokens),
  createToken: expose(createToken),
  revokeToken: expose(revokeToken),
  identityProvider: expose(getIdentityProvider),
  people: expose(listPeople),
  createPerson: expose(createPerson),
  setRights: expose(setRights),
  setDisabled: expose(setDisabled),
  unlock: expose(unlockPerson),
  resetPerson: expose(resetPerson),
  sessionsOf: expose(listSessionsOf),
  revokeSessionsOf: expose(revokeSessionsOf),
  breakGlassNotice: expose(breakGlassNotice),
  breakGlass: expose(listBreakGlass),
  endBreakGlass: expose(endBreakGlass),
  reviewBreakGlass: expose(reviewBreakGlass),
});

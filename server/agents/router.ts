// Join tokens over the API.
import { expose, router } from "../api/trpc.ts";
import { createJoinToken } from "./create-join-token.ts";
import { listJoinTokens } from "./list-join-tokens.ts";
import { revokeJoinToken } from "./revoke-join-token.ts";

export const joinTokensRouter = router({
  list: expose(listJoinTokens),
  create: expose(createJoinToken),
  revoke: expose(revokeJoinToken),
});

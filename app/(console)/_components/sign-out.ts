// Ends this browser's session and leaves to the sign-in page.
import { authClient } from "../../_lib/auth-client.ts";
import { leaveToSignIn, startLeaving } from "../../_lib/leave.ts";

export async function signOut(): Promise<void> {
  startLeaving();
  await authClient.signOut();
  leaveToSignIn();
}

// Ends this browser's session and leaves to the sign-in page.
import { leaveToSignIn, startLeaving } from "../../_lib/leave.ts";

export async function signOut(): Promise<void> {
  startLeaving();
  await fetch("/api/auth/sign-out", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  }).catch(() => null); // without a network the page still leaves; the session ends by its idle time
  leaveToSignIn();
}

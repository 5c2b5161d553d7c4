// Leaving to the sign-in page happens once: who signs out does not come back to where they were, whose session ended does.
let isSigningOut = false;

/** From now on failed calls are no reason to keep the way back. */
export function startLeaving(): void {
  isSigningOut = true;
}

/** Goes to the sign-in page; without a sign-out the present page is where signing in leads back to. */
export function leaveToSignIn(): void {
  if (window.location.pathname === "/sign-in") return;
  const here = window.location.pathname + window.location.search;
  const keepsPath = !isSigningOut && here !== "/";
  window.location.assign(keepsPath ? `/sign-in?next=${encodeURIComponent(here)}` : "/sign-in");
}

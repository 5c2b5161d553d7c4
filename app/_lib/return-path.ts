// Where to go after signing in. Pure; only paths of this console are followed.

/** The wanted path when it is one of ours, else the overview. */
export function returnPath(wanted: string | null | undefined): string {
  if (!wanted?.startsWith("/") || wanted.startsWith("/sign-in")) return "/";
  // A browser reads "//host" and "/\host" as another host, and drops tabs and line breaks before it does.
  if (/^\/[/\\]/.test(wanted) || [...wanted].some((char) => char < " ")) return "/";
  return wanted;
}

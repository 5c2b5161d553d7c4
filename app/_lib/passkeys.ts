// Whether passkeys can be used at the address this page was opened at: browsers bind them to a name, never to an IP address.

/** True for host names (localhost too) in a browser that has WebAuthn. */
export function canUsePasskeys(): boolean {
  if (typeof window === "undefined" || !("PublicKeyCredential" in window)) return false;
  const { hostname } = window.location;
  return !/^[\d.]+$/.test(hostname) && !hostname.startsWith("[");
}

/** The same page at the name of this machine, for who opened it at 127.0.0.1. */
export const byName = (): string => window.location.href.replace(/\/\/(127\.0\.0\.1|\[::1\])/, "//localhost");

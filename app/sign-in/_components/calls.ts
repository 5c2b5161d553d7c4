// The calls of the sign-in page: better-auth's few endpoints that the console uses, as the form needs their answers.
export type Outcome =
  | { kind: "done"; locale: string | null }
  | { kind: "code" }
  | { kind: "refused" }
  | { kind: "tooMany" }
  | { kind: "unreachable" };

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;

async function post(path: string, body: unknown): Promise<{ status: number; data: unknown }> {
  const response = await fetch(`/api/auth${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const data: unknown = await response.json().catch(() => null);
  return { status: response.status, data };
}

async function outcome(path: string, body: unknown): Promise<Outcome> {
  try {
    const { status, data } = await post(path, body);
    if (status === 429) return { kind: "tooMany" };
    if (status >= 500) return { kind: "unreachable" };
    if (status !== 200) return { kind: "refused" };
    if (field(data, "twoFactorRedirect") === true) return { kind: "code" };
    const locale = field(field(data, "user"), "locale");
    return { kind: "done", locale: typeof locale === "string" ? locale : null };
  } catch {
    return { kind: "unreachable" };
  }
}

export const signInWithPassword = (email: string, password: string): Promise<Outcome> =>
  outcome("/sign-in/email", { email, password });

export const signInWithCode = (code: string, isBackup: boolean): Promise<Outcome> =>
  outcome(isBackup ? "/two-factor/verify-backup-code" : "/two-factor/verify-totp", { code });

export const signInWithBreakGlass = (code: string): Promise<Outcome> => outcome("/sign-in/break-glass", { code });

/** Address of the identity provider to go to, null when it cannot be had. */
export async function providerAddress(next: string): Promise<string | null> {
  try {
    const { status, data } = await post("/sign-in/social", {
      provider: "oidc",
      callbackURL: next,
      errorCallbackURL: "/sign-in",
      disableRedirect: true,
    });
    const url = field(data, "url");
    return status === 200 && typeof url === "string" ? url : null;
  } catch {
    return null;
  }
}

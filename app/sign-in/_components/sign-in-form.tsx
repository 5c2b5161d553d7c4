// Address and password, the language beside them, and where the first password is found.
"use client";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { authClient } from "../../_lib/auth-client.ts";
import { hasLocaleCookie, rememberLocale } from "../../_lib/preferences.ts";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { LanguageSwitch } from "../../_ui/language-switch.tsx";
import { Mark } from "../../(console)/_components/mark.tsx";

type Failure = "wrong" | "tooMany" | "unreachable";

/** An account brings its language along, unless this browser has chosen one. */
function adoptLocale(user: unknown): void {
  if (hasLocaleCookie() || typeof user !== "object" || user === null || !("locale" in user)) return;
  if (user.locale === "zh" || user.locale === "en") rememberLocale(user.locale);
}

/** @param next path of this console to go to afterwards */
export function SignInForm({ next }: { next: string }): ReactNode {
  const t = useTranslations("signIn");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    setBusy(true);
    setFailure(null);
    try {
      const { data, error } = await authClient.signIn.email({
        email: String(form.get("email")),
        password: String(form.get("password")),
      });
      if (!error) {
        adoptLocale(data.user);
        window.location.assign(next);
        return;
      }
      setFailure(
        error.status === 429 ? "tooMany" : error.status >= 500 || error.status === 0 ? "unreachable" : "wrong",
      );
    } catch {
      setFailure("unreachable");
    }
    setBusy(false);
    // The password is what to type again.
    const field = element.elements.namedItem("password");
    if (field instanceof HTMLInputElement) {
      field.focus();
      field.select();
    }
  };

  return (
    <main className="flex min-h-dvh items-center justify-center px-4 py-10">
      <div className="w-full max-w-80">
        <div className="mb-6 flex items-center gap-3">
          <Mark className="size-9" />
          <div>
            <h1 className="font-semibold text-lg leading-tight">NodeOps Center</h1>
            <p className="text-muted">{t("lead")}</p>
          </div>
        </div>
        <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
          <Field
            label={t("email")}
            name="email"
            type="email"
            autoComplete="username"
            defaultValue="admin@nodeops.local"
            required
          />
          <Field
            label={t("password")}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
          {failure && (
            <p role="alert" className="text-unhealthy">
              {t(failure)}
            </p>
          )}
          <Button type="submit" look="primary" className="mt-1 h-9" disabled={isBusy}>
            {isBusy ? t("busy") : t("submit")}
          </Button>
        </form>
        <p className="mt-6 border-t pt-4 text-muted text-xs">
          {t.rich("hint", { code: (chunks) => <code className="font-mono text-text">{chunks}</code> })}
        </p>
        <div className="mt-4">
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}

// The ways in: password and second factor, the organisation's provider, emergency access; the language beside them.
"use client";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { hasLocaleCookie, rememberLocale } from "../../_lib/preferences.ts";
import { Button } from "../../_ui/button.tsx";
import { LanguageSwitch } from "../../_ui/language-switch.tsx";
import { Mark } from "../../(console)/_components/mark.tsx";
import { type Outcome, providerAddress } from "./calls.ts";
import { CodeForm } from "./code-form.tsx";
import { breakGlassCode, EmergencyForm } from "./emergency-form.tsx";
import { PasswordForm } from "./password-form.tsx";

/** An account brings its language along, unless this browser has chosen one. */
function adoptLocale(locale: string | null): void {
  if (!hasLocaleCookie() && (locale === "zh" || locale === "en")) rememberLocale(locale);
}

function ProviderButton({ next, hasFailed }: { next: string; hasFailed: boolean }): ReactNode {
  const t = useTranslations("signIn");
  const [isLost, setLost] = useState(hasFailed);
  const go = async (): Promise<void> => {
    setLost(false);
    const address = await providerAddress(next);
    if (address) window.location.assign(address);
    else setLost(true);
  };
  return (
    <div className="mb-5 flex flex-col gap-3 border-b pb-5">
      <Button className="h-9" onClick={() => void go()}>
        {t("oidc")}
      </Button>
      {isLost && (
        <p role="alert" className="text-unhealthy">
          {t("oidcFailed")}
        </p>
      )}
    </div>
  );
}

/** @param next path of this console to go to afterwards */
export function SignIn(props: { next: string; hasProvider: boolean; hasProviderFailed: boolean }): ReactNode {
  const { next, hasProvider, hasProviderFailed } = props;
  const t = useTranslations("signIn");
  const [wantsCode, setWantsCode] = useState(false);
  const [emergency, setEmergency] = useState<string | null>(null);
  useEffect(() => {
    const read = (): void => setEmergency(breakGlassCode());
    read();
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);

  const done = (outcome: Outcome): void => {
    if (outcome.kind === "done") adoptLocale(outcome.locale);
    if (outcome.kind === "code") setWantsCode(true);
    else window.location.assign(next);
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
        {emergency ? (
          <EmergencyForm code={emergency} onDone={done} />
        ) : wantsCode ? (
          <CodeForm onDone={done} onBack={() => setWantsCode(false)} />
        ) : (
          <>
            {hasProvider && <ProviderButton next={next} hasFailed={hasProviderFailed} />}
            <PasswordForm onDone={done} />
            <p className="mt-6 border-t pt-4 text-muted text-xs">
              {t.rich("hint", { code: (chunks) => <code className="font-mono text-text">{chunks}</code> })}
            </p>
          </>
        )}
        <div className="mt-4">
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}

// The settings page.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { applyTheme, type Theme, themes } from "../../../_lib/preferences.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { LanguageSwitch } from "../../../_ui/language-switch.tsx";
import { Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader, Panel, Section } from "../../../_ui/page-parts.tsx";
import { ApiTokens } from "./api-tokens.tsx";
import { IdentityProvider } from "./identity-provider.tsx";

function ThemeSwitch(): ReactNode {
  const t = useTranslations("settings");
  const [theme, setTheme] = useState<Theme>("system");
  useEffect(() => {
    setTheme(themes.find((one) => one === document.documentElement.dataset.theme) ?? "system");
  }, []);
  const choose = (next: Theme): void => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <Segmented
      label={t("theme")}
      value={theme}
      onChange={choose}
      options={themes.map((value) => ({ value, label: t(`themes.${value}`) }))}
    />
  );
}

function Row({ label, hint, children }: { label: string; hint: string; children: ReactNode }): ReactNode {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 border-b px-4 py-3 last:border-b-0">
      <div>
        <p className="font-medium">{label}</p>
        <p className="text-muted text-xs">{hint}</p>
      </div>
      {children}
    </div>
  );
}

export function Settings(): ReactNode {
  const t = useTranslations("settings");
  const trpc = useTRPC();
  const mayRead = useCan("accounts:read");
  const setLocale = useMutation(trpc.accounts.setLocale.mutationOptions());
  return (
    <>
      <PageHeader title={t("title")} />
      <div className="flex max-w-4xl flex-col gap-7">
        <Section title={t("appearance")}>
          <Panel>
            <Row label={t("language")} hint={t("languageHint")}>
              <LanguageSwitch onChosen={(locale) => setLocale.mutate({ locale })} />
            </Row>
            <Row label={t("theme")} hint={t("themeHint")}>
              <ThemeSwitch />
            </Row>
          </Panel>
        </Section>
        <ApiTokens />
        {mayRead && <IdentityProvider />}
      </div>
    </>
  );
}

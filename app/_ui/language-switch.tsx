// Choice of language; kept in this browser, and by the caller in the account.
"use client";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Locale } from "../../server/accounts/schema.ts";
import { rememberLocale } from "../_lib/preferences.ts";
import { Segmented } from "./list-tools.tsx";

export function LanguageSwitch({ onChosen }: { onChosen?: (locale: Locale) => void }): ReactNode {
  const t = useTranslations("settings");
  const locale = useLocale();
  const router = useRouter();
  const choose = (next: Locale): void => {
    rememberLocale(next);
    onChosen?.(next);
    router.refresh();
  };
  return (
    <Segmented
      label={t("language")}
      value={locale}
      onChange={choose}
      options={[
        { value: "en", label: "English" },
        { value: "zh", label: "简体中文" },
      ]}
    />
  );
}

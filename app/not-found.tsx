// 404: nothing lies at this address.
"use client";
import { useTranslations } from "next-intl";
import { ButtonLink } from "./_ui/button.tsx";

export default function NotFound() {
  const t = useTranslations("errors");
  return (
    <main className="mx-auto flex max-w-lg flex-col items-start gap-3 px-6 py-24">
      <p className="font-mono text-muted">404</p>
      <h1 className="font-semibold text-xl">{t("noPage")}</h1>
      <p className="text-muted">{t("noPageHint")}</p>
      <ButtonLink href="/" look="primary">
        {t("toOverview")}
      </ButtonLink>
    </main>
  );
}

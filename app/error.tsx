// Shown when a page breaks: says so, offers another try.
"use client";
import { useTranslations } from "next-intl";
import { Button, ButtonLink } from "./_ui/button.tsx";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const t = useTranslations("errors");
  return (
    <main className="mx-auto flex max-w-lg flex-col gap-3 px-6 py-24">
      <h1 className="font-semibold text-xl">{t("broken")}</h1>
      <p className="text-muted">{t("brokenHint")}</p>
      <pre tabIndex={0} className="overflow-x-auto rounded-md border bg-sunken p-3 font-mono text-xs">
        {error.digest ?? error.message}
      </pre>
      <div className="flex gap-2">
        <Button look="primary" onClick={reset}>
          {t("retry")}
        </Button>
        <ButtonLink href="/">{t("toOverview")}</ButtonLink>
      </div>
    </main>
  );
}

// A one-time password, shown once.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { NewPerson } from "../../../../server/accounts/schema.ts";
import { CopyButton } from "../../../_ui/values.tsx";

export function OneTimePassword({ made }: { made: NewPerson }): ReactNode {
  const t = useTranslations("people");
  return (
    <div className="flex flex-col gap-3" role="status">
      <h3 className="font-medium">{t("madeTitle", { email: made.email })}</h3>
      <div className="flex items-center gap-2 rounded-md border border-accent p-2.5">
        <code data-testid="one-time-password" className="min-w-0 flex-1 break-all font-mono">
          {made.password}
        </code>
        <CopyButton text={made.password} label={t("copy")} />
      </div>
      <p className="text-muted">{t("once")}</p>
    </div>
  );
}

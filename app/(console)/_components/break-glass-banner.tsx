// Emergency access is never quiet: everybody sees that it is open, and afterwards that it waits for its review.
"use client";
import { useQuery } from "@tanstack/react-query";
import { Siren } from "lucide-react";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useCan, useMe } from "../../_lib/use-me.ts";
import { useTRPC } from "../../_trpc/client.ts";

/** It ends by time alone, without a hint: read it this often while it is shown, ms. */
const REREAD_MS = 30_000;

export function BreakGlassBanner(): ReactNode {
  const t = useTranslations("breakGlass");
  const locale = useLocale();
  const trpc = useTRPC();
  const me = useMe();
  const maySee = useCan("accounts:read");
  const { data: notice } = useQuery(
    trpc.accounts.breakGlassNotice.queryOptions(undefined, {
      refetchInterval: ({ state }) => (state.data ? REREAD_MS : false),
    }),
  );
  if (!notice) return null;
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(me?.breakGlassUntil ?? notice.until);
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-unhealthy border-b-2 bg-unhealthy-cell px-3 py-1.5 text-text sm:px-6"
    >
      <Siren aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0 font-medium">
        {me?.breakGlassUntil
          ? t("yours", { time })
          : notice.state === "open"
            ? t("open", { name: notice.personName, time })
            : t("unreviewed", { count: notice.count, name: notice.personName })}
      </span>
      {maySee && (
        <Link href="/people#emergency" className="underline">
          {t("look")}
        </Link>
      )}
    </div>
  );
}

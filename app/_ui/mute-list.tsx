// Mutes with what they cover now; one can be ended at any time.
"use client";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { toast } from "sonner";
import type { MuteRow } from "../../server/mutes/schema.ts";
import { count, dateTime } from "../_lib/format.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { readError } from "../_trpc/errors.ts";
import { Button } from "./button.tsx";
import type { Look } from "./state.ts";
import { StateBadge } from "./state-badge.tsx";
import type { Column } from "./table.tsx";

const look: Record<MuteRow["state"], Look> = {
  active: { tone: "maintenance", shape: "pause" },
  ended: { tone: "silent", shape: "circle" },
  expired: { tone: "silent", shape: "dotted" },
};

/** Ends a mute and says so. */
export function useEndMute() {
  const t = useTranslations("mutes");
  const trpc = useTRPC();
  return useMutation(
    trpc.mutes.end.mutationOptions({
      onSuccess: () => toast(t("ended")),
      onError: (error) => toast.error(readError(error).message),
    }),
  );
}

/** Columns of a list of mutes. */
export function useMuteColumns(): Column<MuteRow>[] {
  const t = useTranslations("mutes");
  const text = useText();
  const locale = useLocale();
  const end = useEndMute();
  return [
    {
      id: "check",
      header: t("check"),
      className: "w-full min-w-32 max-w-0",
      cell: (mute) => (
        <span className="block">
          {mute.title ? (
            <Link href={`/checks/${mute.checkId}`} className="font-medium hover:underline">
              {text(mute.title)}
            </Link>
          ) : (
            <span className="font-medium">{t("everyCheck")}</span>
          )}
          <span className="block truncate font-mono text-muted text-xs">
            {[mute.selector, mute.subject].filter(Boolean).join(" · ")}
          </span>
        </span>
      ),
    },
    {
      id: "state",
      header: t("state"),
      from: "sm",
      cell: (mute) => <StateBadge look={look[mute.state]} label={t(`states.${mute.state}`)} />,
    },
    {
      id: "covers",
      header: t("covers"),
      align: "right",
      from: "sm",
      cell: (mute) =>
        mute.state === "active"
          ? t("coversNow", { findings: mute.findingCount, shown: count(mute.findingCount, locale) })
          : "–",
    },
    { id: "reason", header: t("reason"), from: "md", className: "min-w-40 text-muted", cell: (mute) => mute.reason },
    { id: "by", header: t("by"), from: "lg", className: "max-w-40 truncate", cell: (mute) => mute.createdByName },
    {
      id: "until",
      header: t("until"),
      align: "right",
      className: "text-muted sm:whitespace-nowrap",
      cell: (mute) => dateTime(mute.endedAt ?? mute.expiresAt, locale),
    },
    {
      id: "end",
      header: "",
      align: "right",
      cell: (mute) =>
        mute.state === "active" &&
        mute.canEnd && (
          <Button size="small" disabled={end.isPending} onClick={() => end.mutate({ id: mute.id })}>
            {t("endMute")}
          </Button>
        ),
    },
  ];
}

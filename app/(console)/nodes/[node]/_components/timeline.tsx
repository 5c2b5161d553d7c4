// Time line of a node: what happened, newest first; older events on demand.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { TimelineEvent } from "../../../../../server/nodes/schema.ts";
import { dateTime } from "../../../../_lib/format.ts";
import { useStateReason } from "../../../../_lib/use-state-reason.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { type Look, severityLook } from "../../../../_ui/state.ts";
import { StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

const STEP = 50;
const LIMIT_MAX = 200;

const lookOf = (event: TimelineEvent): Look =>
  event.severity === "ok" ? { tone: "healthy", shape: "circle" } : severityLook[event.severity];

function Event({ event }: { event: TimelineEvent }): ReactNode {
  const t = useTranslations("timeline");
  const text = useText();
  const locale = useLocale();
  const reasonOf = useStateReason();
  const detail = event.kind === "state" ? reasonOf(event.detail.en) : text(event.detail);
  return (
    <li data-row className="flex items-baseline gap-3 border-b px-3 py-1.5 last:border-b-0 hover:bg-sunken/70">
      <span className="w-24 shrink-0 text-right text-muted text-xs" title={dateTime(event.at, locale)}>
        <RelativeTime at={event.at} />
      </span>
      <StateShape look={lookOf(event)} className="translate-y-0.5" />
      <span className="w-20 shrink-0 text-muted text-xs max-sm:hidden">{t(`kind.${event.kind}`)}</span>
      <span className="min-w-0 flex-1">
        {event.href ? (
          <Link href={event.href} className="font-medium hover:underline">
            {text(event.title)}
          </Link>
        ) : (
          <span className={event.kind === "kernel" ? "break-words font-mono text-xs" : "font-medium"}>
            {text(event.title)}
          </span>
        )}
        {detail && <span className="ml-2 break-words text-muted">{detail}</span>}
      </span>
    </li>
  );
}

export function Timeline({ node }: { node: string }): ReactNode {
  const t = useTranslations("timeline");
  const trpc = useTRPC();
  const [limit, setLimit] = useState(STEP);
  const events = useQuery(trpc.nodes.timeline.queryOptions({ node, limit }, { placeholderData: keepPreviousData }));
  return (
    <QueryView query={events} skeleton={<TableSkeleton rows={10} />}>
      {({ events: rows, hasMore }) =>
        rows.length === 0 ? (
          <EmptyState title={t("none")} />
        ) : (
          <>
            <ol>
              {rows.map((event) => (
                <Event key={event.id} event={event} />
              ))}
            </ol>
            {hasMore && limit < LIMIT_MAX && (
              <div className="border-t p-2 text-center">
                <Button
                  look="ghost"
                  onClick={() => setLimit(Math.min(LIMIT_MAX, limit + STEP))}
                  disabled={events.isFetching}
                >
                  {t("older")}
                </Button>
              </div>
            )}
          </>
        )
      }
    </QueryView>
  );
}

// The time line of a rollout: every event that it took in, newest first, and whether the chain of their hashes is whole.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { RolloutEventRow } from "../../../../../server/rollouts/schema.ts";
import { dateTime } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import { phaseLook } from "../../../../_ui/rollout-look.ts";
import { StateBadge, StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

const STEP = 30;

/** Of somebody who is gone only the reference is left: its end is enough to tell two apart. */
const shortActor = (actor: string): string => actor.replace(/:.*(?=.{8}$)/, " …");

function Event({ event }: { event: RolloutEventRow }): ReactNode {
  const text = useText();
  const locale = useLocale();
  return (
    <li className="flex items-baseline gap-3 border-b px-3 py-1.5 last:border-b-0">
      <span className="w-20 shrink-0 text-right text-muted text-xs" title={dateTime(event.at, locale)}>
        <RelativeTime at={event.at} />
      </span>
      <StateShape look={phaseLook[event.phase]} className="translate-y-0.5" />
      <span className="min-w-0 flex-1 break-words">
        {text(event.text)}{" "}
        <span className="text-muted text-xs">
          <span title={event.actor}>{shortActor(event.actorName)}</span>
        </span>
      </span>
      <code className="font-mono text-muted text-xs max-sm:hidden" title={event.hash}>
        {event.seq} · {event.hash.slice(0, 8)}
      </code>
    </li>
  );
}

export function RolloutEvents({ id }: { id: string }): ReactNode {
  const t = useTranslations("rollout");
  const trpc = useTRPC();
  const [limit, setLimit] = useState(STEP);
  const list = useQuery(trpc.rollouts.events.queryOptions({ id }));
  return (
    <Section
      title={t("events")}
      note={
        list.data && (
          <StateBadge
            look={
              list.data.isChainWhole ? { tone: "healthy", shape: "circle" } : { tone: "unhealthy", shape: "square" }
            }
            label={list.data.isChainWhole ? t("chainWhole") : t("chainBroken")}
          />
        )
      }
    >
      <Panel>
        <QueryView query={list} skeleton={<TableSkeleton rows={5} />}>
          {({ events }) => {
            const newest = [...events].sort((a, b) => b.seq - a.seq);
            if (newest.length === 0) return <EmptyState title={t("noEvents")} className="py-8" />;
            return (
              <>
                <ul>
                  {newest.slice(0, limit).map((event) => (
                    <Event key={event.seq} event={event} />
                  ))}
                </ul>
                {newest.length > limit && (
                  <Button look="ghost" className="m-1" onClick={() => setLimit((before) => before + STEP * 3)}>
                    {t("older")}
                  </Button>
                )}
              </>
            );
          }}
        </QueryView>
      </Panel>
    </Section>
  );
}

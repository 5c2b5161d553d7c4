// Open incidents: troubles that several nodes share come before everything that stands alone.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { count } from "../../../_lib/format.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { severityLook } from "../../../_ui/state.ts";
import { StateShape } from "../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

/** Shown here; the incidents page has all. */
const SHOWN = 5;

export function OpenIncidents(): ReactNode {
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  const trpc = useTRPC();
  const mayRead = useCan("checks:read");
  const incidents = useQuery(
    trpc.incidents.list.queryOptions({ state: "open", pageSize: SHOWN }, { enabled: mayRead }),
  );
  const { rows = [], total = 0 } = incidents.data ?? {};
  if (rows.length === 0) return null;
  return (
    <Section title={t("overview.incidents")} note={t("overview.incidentsNote")}>
      <Panel>
        <ul>
          {rows.map((incident) => (
            <li
              key={incident.id}
              data-row
              className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 border-b px-3 py-2.5 last:border-b-0 hover:bg-sunken/70"
            >
              <StateShape look={severityLook[incident.severity]} className="translate-y-px" />
              <span className="sr-only">{t(`severity.${incident.severity}`)}</span>
              <Link
                href={`/incidents/${incident.id}`}
                className="min-w-0 flex-1 basis-48 break-words font-medium hover:underline"
              >
                {text(incident.title)}
              </Link>
              <span className="whitespace-nowrap text-muted">
                {t("overview.incidentNodes", {
                  count: incident.nodeCount,
                  shown: count(incident.nodeCount, locale),
                })}
              </span>
              {incident.acknowledgedAt && <span className="text-muted text-xs">{t("incidents.seenOne")}</span>}
              <RelativeTime at={incident.openedAt} className="text-muted text-xs" />
            </li>
          ))}
        </ul>
      </Panel>
      {total > rows.length && (
        <ButtonLink href="/incidents" look="ghost" className="mt-1">
          {t("overview.allIncidents", { count: total })}
        </ButtonLink>
      )}
    </Section>
  );
}

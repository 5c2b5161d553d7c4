// Open incidents, widest trouble first; closed ones for looking back.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { parseAsInteger, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import type { IncidentRow } from "../../../../server/incidents/schema.ts";
import { count } from "../../../_lib/format.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { severityLook } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

const shownStates = ["open", "closed", "all"] as const;
const params = {
  state: parseAsStringLiteral(shownStates).withDefault("open"),
  page: parseAsInteger.withDefault(1),
};

function useColumns(): Column<IncidentRow>[] {
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  return [
    {
      id: "severity",
      header: t("findings.severity"),
      cell: (row) => <StateBadge look={severityLook[row.severity]} label={t(`severity.${row.severity}`)} />,
    },
    {
      id: "title",
      header: t("incidents.incident"),
      className: "w-full min-w-36 max-w-0",
      cell: (row) => (
        <span className="block">
          <Link href={`/incidents/${row.id}`} className="font-medium hover:underline">
            {text(row.title)}
          </Link>
          <span className="block truncate font-mono text-muted text-xs">{row.causeKey}</span>
        </span>
      ),
    },
    {
      id: "nodes",
      header: t("nav.nodes"),
      align: "right",
      cell: (row) => (
        <span>
          {count(row.nodeCount, locale)}
          {row.peakNodeCount !== null && row.peakNodeCount > row.nodeCount && (
            <span className="text-muted"> / {count(row.peakNodeCount, locale)}</span>
          )}
        </span>
      ),
    },
    {
      id: "findings",
      header: t("nav.findings"),
      align: "right",
      from: "sm",
      cell: (row) => count(row.findingCount, locale),
    },
    {
      id: "checks",
      header: t("nav.checks"),
      from: "lg",
      className: "max-w-72 truncate font-mono text-xs",
      cell: (row) => row.checkIds.join(", "),
    },
    {
      id: "seen",
      header: t("incidents.seen"),
      from: "md",
      className: "text-muted",
      cell: (row) => (row.acknowledgedAt ? <RelativeTime at={row.acknowledgedAt} /> : "–"),
    },
    {
      id: "since",
      header: t("incidents.since"),
      align: "right",
      cell: (row) => <RelativeTime at={row.openedAt} className="text-muted" />,
    },
  ];
}

export function IncidentList(): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns();
  const list = useQuery(trpc.incidents.list.queryOptions(url, { placeholderData: keepPreviousData }));
  return (
    <>
      <PageHeader title={t("nav.incidents")} lead={t("incidents.lead")} />
      <ListTools
        exports={{
          name: "incidents",
          read: (page) => client.incidents.list.query({ state: url.state, page, pageSize: 200 }),
        }}
      >
        <Segmented
          label={t("nodes.state")}
          value={url.state}
          onChange={(state) => void setUrl({ state, page: null })}
          options={shownStates.map((value) => ({ value, label: t(`incidents.showing.${value}`) }))}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.incidents")}
        query={list}
        columns={columns}
        rowKey={(row) => row.id}
        onPage={(page) => void setUrl({ page })}
        skeletonRows={6}
        empty={
          <EmptyState
            title={t(url.state === "open" ? "incidents.none" : "incidents.noneEver")}
            action={<ButtonLink href="/findings">{t("incidents.toFindings")}</ButtonLink>}
          >
            {t("incidents.noneHint")}
          </EmptyState>
        }
      />
    </>
  );
}

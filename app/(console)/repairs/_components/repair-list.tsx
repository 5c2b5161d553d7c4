// The list of repairs, newest first.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import type { RepairRow } from "../../../../server/repairs/schema.ts";
import { duration, shortId } from "../../../_lib/format.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { SearchField, Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { RepairProgress } from "../../../_ui/repair-progress.tsx";
import { RiskBadge } from "../../../_ui/risk-badge.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { Amount, RelativeTime } from "../../../_ui/values.tsx";

const shownStates = ["all", "active", "over"] as const;
const params = {
  q: parseAsString.withDefault(""),
  state: parseAsStringLiteral(shownStates).withDefault("all"),
  page: parseAsInteger.withDefault(1),
};

function useColumns(): Column<RepairRow>[] {
  const t = useTranslations();
  const text = useText();
  return [
    {
      id: "title",
      header: t("repairs.repair"),
      className: "max-w-80",
      cell: (row) => (
        <span className="block">
          <Link href={`/repairs/${row.id}`} className="font-medium hover:underline">
            {text(row.title)}
          </Link>
          {row.isUndo && <span className="ml-2 text-muted text-xs">{t("repairs.isUndo")}</span>}
          {row.subject && <span className="block truncate font-mono text-muted text-xs">{shortId(row.subject)}</span>}
        </span>
      ),
    },
    {
      id: "node",
      header: t("containers.node"),
      cell: (row) => (
        <Link href={`/nodes/${row.nodeId}`} className="whitespace-nowrap hover:underline">
          {row.nodeName}
        </Link>
      ),
    },
    { id: "state", header: t("nodes.state"), cell: (row) => <RepairProgress repair={row} /> },
    {
      id: "outcome",
      header: t("repairs.outcome"),
      from: "lg",
      className: "max-w-96 text-muted",
      cell: (row) => (
        <span className="line-clamp-2" title={text(row.outcome)}>
          {text(row.outcome) || "–"}
        </span>
      ),
    },
    { id: "risk", header: t("repairs.risk"), from: "xl", cell: (row) => <RiskBadge risk={row.risk} /> },
    {
      id: "by",
      header: t("repairs.by"),
      from: "md",
      className: "max-w-40 truncate",
      cell: (row) => (
        <span title={t(`repair.origins.${row.origin}`)}>
          {row.requestedBy}
          {row.origin !== "person" && (
            <span className="block truncate text-muted text-xs">{t(`repair.origins.${row.origin}`)}</span>
          )}
        </span>
      ),
    },
    {
      id: "took",
      header: t("repairs.took"),
      align: "right",
      from: "md",
      cell: (row) => (row.endedAt ? <Amount of={duration(row.endedAt.getTime() - row.createdAt.getTime())} /> : "–"),
    },
    {
      id: "started",
      header: t("repairs.started"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.createdAt} className="text-muted" />,
    },
  ];
}

export function RepairList(): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns();
  const filter = { search: url.q, state: url.state };
  const list = useQuery(
    trpc.repairs.list.queryOptions({ ...filter, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null, page: null }), [setUrl]);
  const isFiltered = url.q !== "" || url.state !== "all";
  return (
    <>
      <PageHeader title={t("nav.repairs")} />
      <ListTools
        exports={{ name: "repairs", read: (page) => client.repairs.list.query({ ...filter, page, pageSize: 200 }) }}
      >
        <SearchField value={url.q} onChange={onSearch} label={t("repairs.search")} />
        <Segmented
          label={t("nodes.state")}
          value={url.state}
          onChange={(state) => void setUrl({ state, page: null })}
          options={shownStates.map((value) => ({ value, label: t(`repairs.showing.${value}`) }))}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.repairs")}
        columns={columns}
        query={list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState
            title={isFiltered ? t("repairs.noneMatch") : t("repairs.none")}
            action={!isFiltered && <ButtonLink href="/findings">{t("repairs.toFindings")}</ButtonLink>}
          >
            {isFiltered ? t("repairs.noneMatchHint") : t("repairs.noneHint")}
          </EmptyState>
        }
        skeletonRows={8}
        onPage={(page) => void setUrl({ page })}
      />
    </>
  );
}

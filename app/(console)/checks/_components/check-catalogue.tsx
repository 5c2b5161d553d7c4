// Every check: what it looks at, where it finds trouble, what it knows nothing about, and which repairs it offers.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryState } from "nuqs";
import { type ReactNode, useCallback } from "react";
import type { CheckRow } from "../../../../server/inspections/schema.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { SearchField } from "../../../_ui/list-tools.tsx";
import { PageHeader, Panel } from "../../../_ui/page-parts.tsx";
import { severityLook } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";

function useColumns(): Column<CheckRow>[] {
  const t = useTranslations();
  const text = useText();
  return [
    {
      id: "title",
      header: t("checks.check"),
      className: "min-w-48 max-w-md xl:min-w-80",
      cell: (row) => (
        <span className="block">
          <span className="font-medium">{text(row.title)}</span>{" "}
          <span className="font-mono text-muted text-xs">{row.id}</span>
          <span className="line-clamp-2 text-muted text-xs" title={text(row.suggestion)}>
            {text(row.suggestion)}
          </span>
        </span>
      ),
    },
    { id: "area", header: t("checks.area"), from: "md", cell: (row) => row.area },
    {
      id: "severity",
      header: t("findings.severity"),
      from: "sm",
      cell: (row) => <StateBadge look={severityLook[row.severity]} label={t(`severity.${row.severity}`)} />,
    },
    {
      id: "problem",
      header: t("checkStatus.problem"),
      align: "right",
      cell: (row) =>
        row.problem > 0 ? (
          <Link href={`/findings?view=flat&check=${row.id}`} className="font-medium text-unhealthy hover:underline">
            {row.problem}
          </Link>
        ) : (
          <span className="text-muted">0</span>
        ),
    },
    {
      id: "unknown",
      header: t("checkStatus.unknown"),
      align: "right",
      from: "sm",
      cell: (row) => <span className={row.unknown > 0 ? undefined : "text-muted"}>{row.unknown}</span>,
    },
    { id: "ok", header: t("checkStatus.ok"), align: "right", from: "sm", cell: (row) => row.ok },
    {
      id: "repairs",
      header: t("nav.repairs"),
      from: "lg",
      cell: (row) => row.repairs.map((repair) => text(repair.title)).join(", ") || "–",
    },
    {
      id: "needs",
      header: t("checks.needs"),
      from: "xl",
      className: "font-mono text-xs",
      cell: (row) => row.needs.join(", "),
    },
    {
      id: "times",
      header: t("checks.times"),
      align: "right",
      from: "xl",
      className: "whitespace-nowrap text-muted",
      cell: (row) => `${row.raiseAfterMs / 1000} s / ${row.clearAfterMs / 1000} s`,
    },
  ];
}

export function CheckCatalogue(): ReactNode {
  const t = useTranslations();
  const text = useText();
  const trpc = useTRPC();
  const checks = useQuery(trpc.inspections.checks.queryOptions());
  const columns = useColumns();
  const [search, setSearch] = useQueryState("q", parseAsString.withDefault(""));
  const onSearch = useCallback((value: string) => void setSearch(value || null), [setSearch]);
  const matches = (row: CheckRow): boolean =>
    `${row.id} ${text(row.title)} ${row.area}`.toLowerCase().includes(search.toLowerCase());
  return (
    <>
      <PageHeader title={t("nav.checks")} lead={t("checks.lead")} />
      <div className="mb-3 flex">
        <SearchField value={search} onChange={onSearch} label={t("checks.search")} />
      </div>
      <Panel>
        <QueryView query={checks} skeleton={<TableSkeleton rows={12} />}>
          {(rows) => (
            <DataTable
              caption={t("nav.checks")}
              columns={columns}
              rows={rows.filter(matches)}
              rowKey={(row) => row.id}
              empty={<EmptyState title={t("checks.noneMatch")} />}
            />
          )}
        </QueryView>
      </Panel>
    </>
  );
}

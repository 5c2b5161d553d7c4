// Every check: what it looks at, where it finds trouble, what it knows nothing about, how good it is, and how far it may act.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { parseAsArrayOf, parseAsBoolean, parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import type { CheckRow } from "../../../../server/inspections/schema.ts";
import { count, duration, percent } from "../../../_lib/format.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { ListTools } from "../../../_ui/list-frame.tsx";
import { FacetMenu, SearchField } from "../../../_ui/list-tools.tsx";
import { Panel } from "../../../_ui/page-parts.tsx";
import { severityLook } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { Amount } from "../../../_ui/values.tsx";

const params = {
  q: parseAsString.withDefault(""),
  area: parseAsArrayOf(parseAsString).withDefault([]),
  trouble: parseAsBoolean.withDefault(false),
};

const severityRank = { critical: 0, warning: 1, info: 2 };

/** Those with trouble first, worst and widest before the rest; the rest as the catalogue has them. */
const byTrouble = (a: CheckRow, b: CheckRow): number =>
  Number(b.problem > 0) - Number(a.problem > 0) ||
  (a.problem > 0 ? severityRank[a.severity] - severityRank[b.severity] || b.problem - a.problem : 0);

/** Share of a check's first repair that ended verified; null before its first run. */
const helped = ({ repairs }: CheckRow): { runs: number; succeeded: number } | null => {
  const [first] = repairs;
  return first && first.runs > 0 ? first : null;
};

function useColumns(): Column<CheckRow>[] {
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  return [
    {
      id: "title",
      header: t("checks.check"),
      className: "w-full min-w-44 max-w-0",
      cell: (row) => (
        <span className="block">
          <Link href={`/checks/${row.id}`} className="font-medium hover:underline">
            {text(row.title)}
          </Link>{" "}
          <span className="font-mono text-muted text-xs max-sm:block max-sm:truncate">{row.id}</span>
          {row.isCustom && (
            <span className="ml-2 text-muted text-xs">{t(row.isShadow ? "checks.ownShadow" : "checks.own")}</span>
          )}
          <span className="line-clamp-1 text-muted text-xs" title={text(row.suggestion)}>
            {row.area} · {text(row.suggestion)}
          </span>
        </span>
      ),
    },
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
            {count(row.problem, locale)}
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
      cell: (row) => <span className={row.unknown > 0 ? undefined : "text-muted"}>{count(row.unknown, locale)}</span>,
    },
    { id: "ok", header: t("checkStatus.ok"), align: "right", from: "sm", cell: (row) => count(row.ok, locale) },
    {
      id: "false",
      header: t("checks.falsePositives"),
      align: "right",
      from: "xl",
      cell: (row) =>
        row.figures.falsePositiveRate === null ? "–" : <Amount of={percent(row.figures.falsePositiveRate)} />,
    },
    {
      id: "mttr",
      header: t("checks.mttr"),
      align: "right",
      from: "lg",
      cell: (row) => (row.figures.mttrMs === null ? "–" : <Amount of={duration(row.figures.mttrMs)} />),
    },
    {
      id: "helped",
      header: t("checks.helped"),
      align: "right",
      from: "md",
      cell: (row) => {
        const record = helped(row);
        if (record) return t("checks.of", { part: count(record.succeeded, locale), whole: count(record.runs, locale) });
        return <span className="text-muted">{row.repairs.length > 0 ? t("checks.neverRan") : "–"}</span>;
      },
    },
    { id: "mode", header: t("modes.mode"), from: "md", cell: (row) => t(`modes.names.${row.mode}`) },
  ];
}

export function CheckCatalogue(): ReactNode {
  const t = useTranslations();
  const text = useText();
  const trpc = useTRPC();
  const checks = useQuery(trpc.inspections.checks.queryOptions());
  const columns = useColumns();
  const [url, setUrl] = useQueryStates(params);
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null }), [setUrl]);
  const matches = (row: CheckRow): boolean =>
    (url.area.length === 0 || url.area.includes(row.area)) &&
    (!url.trouble || row.problem > 0) &&
    [row.id, text(row.title), row.area, text(row.suggestion), ...row.aliases]
      .join(" ")
      .toLowerCase()
      .includes(url.q.toLowerCase());
  const areas = Map.groupBy(checks.data ?? [], ({ area }) => area);
  const rows = (checks.data ?? []).filter(matches).sort(byTrouble);
  return (
    <>
      <ListTools exports={{ name: "checks", read: async () => ({ rows, total: rows.length }) }}>
        <SearchField value={url.q} onChange={onSearch} label={t("checks.search")} />
        <FacetMenu
          label={t("checks.area")}
          options={[...areas].map(([value, of]) => ({ value, count: of.length })).sort((a, b) => b.count - a.count)}
          value={url.area}
          onChange={(area) => void setUrl({ area })}
        />
        <label className="flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={url.trouble}
            onChange={(event) => void setUrl({ trouble: event.target.checked || null })}
          />
          {t("checks.onlyTrouble")}
        </label>
        <span className="text-muted text-xs">
          {t("checks.shown", { count: rows.length, all: checks.data?.length ?? 0 })}
        </span>
      </ListTools>
      <Panel>
        <QueryView query={checks} skeleton={<TableSkeleton rows={12} />}>
          {() => (
            <DataTable
              caption={t("nav.checks")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              empty={<EmptyState title={t("checks.noneMatch")} />}
            />
          )}
        </QueryView>
      </Panel>
    </>
  );
}

// The list of rollouts, newest first. Repairs of a single node are left out unless asked for.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import { phases, type RolloutRow } from "../../../../server/rollouts/schema.ts";
import { duration } from "../../../_lib/format.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { Choice, SearchField, Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { RiskBadge } from "../../../_ui/risk-badge.tsx";
import { RolloutBadge, RolloutProgress } from "../../../_ui/rollout-badge.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { Amount, RelativeTime } from "../../../_ui/values.tsx";

const shownStates = ["all", "active", "over"] as const;
const anyPhase = ["any", ...phases] as const;
const params = {
  q: parseAsString.withDefault(""),
  state: parseAsStringLiteral(shownStates).withDefault("all"),
  phase: parseAsStringLiteral(anyPhase).withDefault("any"),
  single: parseAsBoolean.withDefault(false),
  page: parseAsInteger.withDefault(1),
};

function useColumns(): Column<RolloutRow>[] {
  const t = useTranslations();
  const text = useText();
  return [
    {
      id: "title",
      header: t("rollouts.rollout"),
      className: "w-full min-w-40 max-w-0",
      cell: (row) => (
        <span className="block">
          <Link href={`/rollouts/${row.id}`} className="font-medium hover:underline">
            {row.title || text(row.summary)}
          </Link>
          {row.title !== "" && <span className="block truncate text-muted text-xs">{text(row.summary)}</span>}
        </span>
      ),
    },
    {
      id: "state",
      header: t("nodes.state"),
      className: "min-w-36",
      cell: (row) => (
        <span className="block">
          <RolloutBadge rollout={row} />
          {row.why && (
            <span className="line-clamp-2 max-w-72 text-muted text-xs" title={text(row.why)}>
              {text(row.why)}
            </span>
          )}
        </span>
      ),
    },
    { id: "progress", header: t("rollouts.progress"), from: "md", cell: (row) => <RolloutProgress rollout={row} /> },
    { id: "risk", header: t("repairs.risk"), from: "xl", cell: (row) => <RiskBadge risk={row.risk} /> },
    {
      id: "by",
      header: t("repairs.by"),
      from: "lg",
      className: "max-w-40 truncate",
      cell: (row) => row.requestedByName,
    },
    {
      id: "took",
      header: t("repairs.took"),
      align: "right",
      from: "lg",
      cell: (row) =>
        row.endedAt && row.startedAt ? <Amount of={duration(row.endedAt.getTime() - row.startedAt.getTime())} /> : "–",
    },
    {
      id: "created",
      header: t("rollout.planned"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.createdAt} className="text-muted" />,
    },
  ];
}

export function RolloutList(): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const mayRun = useCan("rollouts:run");
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns();
  const filter = {
    search: url.q,
    state: url.state,
    single: url.single,
    ...(url.phase !== "any" && { phase: url.phase }),
  };
  const list = useQuery(
    trpc.rollouts.list.queryOptions({ ...filter, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null, page: null }), [setUrl]);
  const isFiltered = url.q !== "" || url.state !== "all" || url.phase !== "any";
  const begin = mayRun && (
    <ButtonLink look="primary" href="/rollouts/new">
      <Plus aria-hidden /> {t("rollouts.new")}
    </ButtonLink>
  );
  return (
    <>
      <PageHeader
        title={t("nav.rollouts")}
        lead={t("rollouts.lead")}
        actions={
          <>
            <ButtonLink href="/rollouts/templates">{t("rollouts.templates")}</ButtonLink>
            {begin}
          </>
        }
      />
      <ListTools
        exports={{ name: "rollouts", read: (page) => client.rollouts.list.query({ ...filter, page, pageSize: 200 }) }}
      >
        <SearchField value={url.q} onChange={onSearch} label={t("rollouts.search")} />
        <Segmented
          label={t("nodes.state")}
          value={url.state}
          onChange={(state) => void setUrl({ state, page: null })}
          options={shownStates.map((value) => ({ value, label: t(`repairs.showing.${value}`) }))}
        />
        <Choice
          label={t("rollouts.phaseFilter")}
          value={url.phase}
          onChange={(phase) => void setUrl({ phase, page: null })}
          options={anyPhase.map((value) => ({
            value,
            label: value === "any" ? t("rollouts.anyPhase") : t(`rollouts.phase.${value}`),
          }))}
        />
        <label className="flex items-center gap-1.5 whitespace-nowrap">
          <input
            type="checkbox"
            checked={url.single}
            onChange={(event) => void setUrl({ single: event.target.checked || null, page: null })}
          />
          {t("rollouts.single")}
        </label>
      </ListTools>
      <PagedTable
        caption={t("nav.rollouts")}
        columns={columns}
        query={list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title={isFiltered ? t("rollouts.noneMatch") : t("rollouts.none")} action={!isFiltered && begin}>
            {isFiltered ? t("rollouts.noneMatchHint") : t("rollouts.noneHint")}
          </EmptyState>
        }
        skeletonRows={8}
        onPage={(page) => void setUrl({ page })}
      />
    </>
  );
}

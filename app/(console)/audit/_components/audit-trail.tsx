// The audit trail, newest first; before and after of each entry on demand.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsArrayOf, parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useCallback, useState } from "react";
import type { AuditRow } from "../../../../server/audit/schema.ts";
import { shortId } from "../../../_lib/format.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Drawer } from "../../../_ui/drawer.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { FacetMenu, SearchField } from "../../../_ui/list-tools.tsx";
import { PageHeader, Section } from "../../../_ui/page-parts.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { CopyId, RelativeTime } from "../../../_ui/values.tsx";

const many = parseAsArrayOf(parseAsString).withDefault([]);
const params = {
  q: parseAsString.withDefault(""),
  action: many,
  actor: many,
  outcome: many,
  page: parseAsInteger.withDefault(1),
};
const linked: Record<string, string> = { node: "/nodes", finding: "/findings", repair: "/repairs" };

function Entity({ row }: { row: AuditRow }): ReactNode {
  const base = linked[row.entity];
  const text = (
    <>
      {row.entity} <span className="font-mono text-xs">{shortId(row.entityId)}</span>
    </>
  );
  if (!base) return text;
  return (
    <Link href={`${base}/${encodeURIComponent(row.entityId)}`} className="hover:underline">
      {text}
    </Link>
  );
}

function Json({ title, value }: { title: string; value: unknown }): ReactNode {
  if (value === null || value === undefined) return null;
  return (
    <Section title={title}>
      <pre tabIndex={0} className="overflow-x-auto rounded-sm bg-sunken p-3 font-mono text-xs">
        {JSON.stringify(value, null, 2)}
      </pre>
    </Section>
  );
}

export function AuditTrail(): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [url, setUrl] = useQueryStates(params);
  const [opened, setOpened] = useState<AuditRow | null>(null);
  const { q: search, action, actor, outcome } = url;
  const filters = { search, action, actor, outcome };
  const list = useQuery(
    trpc.audit.list.queryOptions({ ...filters, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const names = new Map(list.data?.facets.actor.map(({ value, name }) => [value, name]));
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null, page: null }), [setUrl]);
  const columns: Column<AuditRow>[] = [
    { id: "at", header: t("audit.at"), cell: (row) => <RelativeTime at={row.at} className="text-muted" /> },
    {
      id: "actor",
      header: t("audit.actor"),
      className: "max-w-40 truncate",
      cell: (row) => <span title={row.actor}>{row.actorName}</span>,
    },
    {
      id: "action",
      header: t("audit.action"),
      cell: (row) => <span className="font-mono text-xs">{row.action}</span>,
    },
    { id: "entity", header: t("audit.entity"), from: "sm", cell: (row) => <Entity row={row} /> },
    {
      id: "outcome",
      header: t("audit.outcome"),
      from: "sm",
      cell: (row) => (
        <span className={row.outcome === "done" ? "text-muted" : "font-medium text-unhealthy"}>{row.outcome}</span>
      ),
    },
    {
      id: "details",
      header: t("audit.details"),
      align: "right",
      cell: (row) => (
        <Button size="small" look="ghost" onClick={() => setOpened(row)}>
          {t("audit.show")}
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHeader title={t("nav.audit")} lead={t("audit.lead")} />
      <ListTools
        exports={{ name: "audit", read: (page) => client.audit.list.query({ ...filters, page, pageSize: 200 }) }}
      >
        <SearchField value={search} onChange={onSearch} label={t("audit.search")} />
        <FacetMenu
          label={t("audit.action")}
          options={list.data?.facets.action ?? []}
          value={action}
          onChange={(next) => void setUrl({ action: next, page: null })}
        />
        <FacetMenu
          label={t("audit.actor")}
          options={list.data?.facets.actor ?? []}
          value={actor}
          onChange={(next) => void setUrl({ actor: next, page: null })}
          render={(value) => names.get(value) ?? value}
        />
        <FacetMenu
          label={t("audit.outcome")}
          options={list.data?.facets.outcome ?? []}
          value={outcome}
          onChange={(next) => void setUrl({ outcome: next, page: null })}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.audit")}
        columns={columns}
        query={list}
        rowKey={(row) => row.id}
        empty={<EmptyState title={t("audit.none")} />}
        skeletonRows={12}
        onPage={(page) => void setUrl({ page })}
      />
      {opened && (
        <Drawer open onClose={() => setOpened(null)} title={opened.action} lead={<RelativeTime at={opened.at} />}>
          <div className="flex flex-col gap-5">
            <p>
              {opened.actorName} <span className="text-muted">({opened.actor})</span> · {opened.outcome}
            </p>
            <p className="flex items-center gap-2">
              {opened.entity} <CopyId id={opened.entityId} full />
            </p>
            {opened.address && (
              <p className="text-muted">
                {t("audit.from")} <span className="font-mono text-xs">{opened.address}</span>
              </p>
            )}
            <Json title={t("audit.before")} value={opened.before} />
            <Json title={t("audit.after")} value={opened.after} />
            <Section title={t("audit.chain")}>
              <p className="mb-2 text-muted">{t("audit.chainLead", { seq: opened.seq })}</p>
              <p className="break-all font-mono text-xs">{opened.hash}</p>
            </Section>
          </div>
        </Drawer>
      )}
    </>
  );
}

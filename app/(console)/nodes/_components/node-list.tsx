// The list of nodes. Search, filters, order and page live in the URL; the server does the work.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { type ReactNode, useCallback } from "react";
import { type NodeRow, type NodeState, nodeStates } from "../../../../server/nodes/schema.ts";
import { readAll } from "../../../_lib/export.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useStateReason } from "../../../_lib/use-state-reason.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { Button, ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { FacetMenu, SearchField } from "../../../_ui/list-tools.tsx";
import { NodeSelectionBar, useToWizard } from "../../../_ui/node-selection.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { selectorHref, selectorOf } from "../../../_ui/rollout-links.ts";
import { nodeLook, quarantineLook } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { useSelection } from "../../../_ui/use-selection.ts";
import { RelativeTime } from "../../../_ui/values.tsx";

const sorts = ["name", "state", "pool", "zone", "findings", "containers", "kernel", "lastSeen"] as const;

const params = {
  q: parseAsString.withDefault(""),
  state: parseAsArrayOf(parseAsStringLiteral(nodeStates)).withDefault([]),
  pool: parseAsArrayOf(parseAsString).withDefault([]),
  zone: parseAsArrayOf(parseAsString).withDefault([]),
  sort: parseAsStringLiteral(sorts).withDefault("state"),
  desc: parseAsBoolean.withDefault(false),
  page: parseAsInteger.withDefault(1),
};

function useColumns(): Column<NodeRow>[] {
  const t = useTranslations();
  const reasonOf = useStateReason();
  return [
    {
      id: "name",
      header: t("nodes.name"),
      sort: "name",
      cell: (node) => (
        <Link href={`/nodes/${node.id}`} className="font-medium hover:underline">
          {node.name}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("nodes.state"),
      sort: "state",
      cell: (node) => (
        <span className="inline-flex items-center gap-2" title={reasonOf(node.stateReason)}>
          <StateBadge look={nodeLook[node.state]} label={t(`nodeState.${node.state}`)} />
          {node.quarantinedAt && <StateBadge look={quarantineLook} label={t("quarantine.badge")} />}
          <RelativeTime at={node.stateSince} bare className="text-muted text-xs max-sm:hidden" />
        </span>
      ),
    },
    {
      id: "findings",
      header: t("nodes.findings"),
      sort: "findings",
      align: "right",
      cell: (node) => {
        const total = node.criticalCount + node.warningCount;
        if (total === 0) return <span className="text-muted">–</span>;
        return (
          <Link href={`/nodes/${node.id}?tab=findings`} className="hover:underline">
            {total}
          </Link>
        );
      },
    },
    { id: "pool", header: t("nodes.pool"), sort: "pool", from: "md", cell: (node) => node.pool },
    { id: "zone", header: t("nodes.zone"), sort: "zone", from: "md", cell: (node) => node.zone },
    { id: "runtimes", header: t("nodes.runtime"), from: "lg", cell: (node) => node.runtimes || "–" },
    { id: "kernel", header: t("nodes.kernel"), sort: "kernel", from: "xl", cell: (node) => node.kernel || "–" },
    { id: "pods", header: t("nodes.pods"), align: "right", from: "lg", cell: (node) => node.podCount },
    {
      id: "containers",
      header: t("nodes.containers"),
      sort: "containers",
      align: "right",
      from: "sm",
      cell: (node) => node.containerCount,
    },
    {
      id: "lastSeen",
      header: t("nodes.lastSeen"),
      sort: "lastSeen",
      align: "right",
      from: "md",
      cell: (node) =>
        node.lastSeenAt ? (
          <RelativeTime at={node.lastSeenAt} className="text-muted" />
        ) : (
          <span className="text-muted">{t("nodes.never")}</span>
        ),
    },
  ];
}

export function NodeList(): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const mayAdd = useCan("tokens:write");
  const mayRollOut = useCan("rollouts:run");
  const mayCordon = useCan("leases:write");
  const maySelect = mayRollOut || mayCordon;
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns();
  const filter = {
    search: url.q,
    state: url.state,
    pool: url.pool,
    zone: url.zone,
    sort: url.sort,
    descending: url.desc,
  };
  const list = useQuery(
    trpc.nodes.list.queryOptions({ ...filter, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const { selection, set, clear, forTable } = useSelection(JSON.stringify([url.q, url.state, url.pool, url.zone]));
  const where = selectorOf(url);
  const allHref = where === null ? null : selectorHref(where);
  const wizard = useToWizard();
  const readNames = async (): Promise<string[]> =>
    (await readAll((page) => client.nodes.list.query({ ...filter, page, pageSize: 200 }))).map(({ name }) => name);
  const facets = list.data?.facets;
  const isFiltered = url.q !== "" || url.state.length + url.pool.length + url.zone.length > 0;
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null, page: null }), [setUrl]);

  return (
    <>
      <PageHeader
        title={t("nav.nodes")}
        actions={
          <>
            {mayRollOut && allHref && <ButtonLink href={allHref}>{t("nodes.changeThese")}</ButtonLink>}
            {mayRollOut && !allHref && (
              <Button disabled={wizard.isBusy} onClick={() => void wizard.open(readNames)}>
                {t("nodes.changeThese")}
              </Button>
            )}
            {mayAdd && (
              <ButtonLink href="/add-node">
                <Plus aria-hidden /> {t("nav.addNode")}
              </ButtonLink>
            )}
          </>
        }
      />
      <ListTools
        exports={{ name: "nodes", read: (page) => client.nodes.list.query({ ...filter, page, pageSize: 200 }) }}
      >
        <SearchField value={url.q} onChange={onSearch} label={t("nodes.search")} />
        <FacetMenu
          label={t("nodes.state")}
          options={facets?.state ?? []}
          value={url.state}
          onChange={(state) => void setUrl({ state: state as NodeState[], page: null })}
          render={(value) => {
            const state = nodeStates.find((one) => one === value);
            return state ? <StateBadge look={nodeLook[state]} label={t(`nodeState.${state}`)} /> : value;
          }}
        />
        <FacetMenu
          label={t("nodes.pool")}
          options={facets?.pool ?? []}
          value={url.pool}
          onChange={(pool) => void setUrl({ pool, page: null })}
        />
        <FacetMenu
          label={t("nodes.zone")}
          options={facets?.zone ?? []}
          value={url.zone}
          onChange={(zone) => void setUrl({ zone, page: null })}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.nodes")}
        columns={columns}
        query={list}
        rowKey={(node) => node.id}
        sort={{ by: url.sort, descending: url.desc }}
        onSort={({ by, descending }) =>
          void setUrl({ sort: sorts.find((sort) => sort === by) ?? null, desc: descending, page: null })
        }
        empty={
          isFiltered ? (
            <EmptyState title={t("nodes.noneMatch")}>{t("nodes.noneMatchHint")}</EmptyState>
          ) : (
            <EmptyState
              title={t("overview.noNodes")}
              action={mayAdd && <ButtonLink href="/add-node">{t("nav.addNode")}</ButtonLink>}
            >
              {t("overview.noNodesHint")}
            </EmptyState>
          )
        }
        skeletonRows={12}
        onPage={(page) => void setUrl({ page })}
        selectionOf={maySelect ? (rows) => forTable(rows, ({ id, name }) => ({ id, name })) : undefined}
      />
      <NodeSelectionBar
        selection={selection}
        total={list.data?.total ?? 0}
        onAll={() => set({ ...selection, isAll: true })}
        onClear={clear}
        readAll={readNames}
        allHref={allHref}
      />
    </>
  );
}

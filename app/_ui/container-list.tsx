// Containers, of one node or of the whole fleet: by id prefix, name, pod or image.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import type { ContainerRow } from "../../server/containers/schema.ts";
import { bytes, cpu } from "../_lib/format.ts";
import { useTRPC, useTRPCClient } from "../_trpc/client.ts";
import { DebugButton } from "./debug-button.tsx";
import { EmptyState } from "./feedback.tsx";
import { ListTools, PagedTable } from "./list-frame.tsx";
import { FacetMenu, SearchField } from "./list-tools.tsx";
import { containerLook } from "./state.ts";
import { StateBadge } from "./state-badge.tsx";
import type { Column } from "./table.tsx";
import { Amount, CopyId, RelativeTime } from "./values.tsx";

const states = ["created", "running", "paused", "exited", "unknown"] as const;

const params = {
  q: parseAsString.withDefault(""),
  cstate: parseAsArrayOf(parseAsStringLiteral(states)).withDefault([]),
  page: parseAsInteger.withDefault(1),
};

const lookOf = (state: string) => containerLook[state] ?? { tone: "unknown" as const, shape: "diamond" as const };
const known = (state: string): (typeof states)[number] => states.find((one) => one === state) ?? "unknown";

function Use(props: { used: ReactNode; limit: ReactNode | null }): ReactNode {
  return (
    <span className="whitespace-nowrap">
      {props.used}
      {props.limit && <span className="text-muted"> / {props.limit}</span>}
    </span>
  );
}

function useColumns(withNode: boolean): Column<ContainerRow>[] {
  const t = useTranslations();
  const columns: (Column<ContainerRow> | null)[] = [
    {
      id: "name",
      header: t("containers.name"),
      className: "max-w-64",
      cell: (row) => (
        <span className="block min-w-0">
          <span className="block truncate font-medium" title={row.name}>
            {row.name}
          </span>
          {row.podName && (
            <span className="block truncate text-muted text-xs" title={`${row.podNamespace}/${row.podName}`}>
              {row.podNamespace}/{row.podName}
            </span>
          )}
        </span>
      ),
    },
    { id: "id", header: t("containers.id"), from: "sm", cell: (row) => <CopyId id={row.id} /> },
    {
      id: "state",
      header: t("nodes.state"),
      cell: (row) => (
        <span title={row.reason ?? undefined} className="inline-flex items-baseline gap-1.5">
          <StateBadge look={lookOf(row.state)} label={t(`containerState.${known(row.state)}`)} />
          {row.exitCode !== null && row.state === "exited" && (
            <span className={row.exitCode === 0 ? "text-muted" : "text-unhealthy"}>{row.exitCode}</span>
          )}
        </span>
      ),
    },
    withNode
      ? {
          id: "node",
          header: t("containers.node"),
          cell: (row) => (
            <Link href={`/nodes/${row.nodeId}?tab=containers`} className="whitespace-nowrap hover:underline">
              {row.nodeName}
            </Link>
          ),
        }
      : null,
    {
      id: "image",
      header: t("containers.image"),
      from: "lg",
      className: "max-w-56",
      cell: (row) => (
        <span className="block truncate font-mono text-xs" title={row.image}>
          {row.image}
        </span>
      ),
    },
    {
      id: "runtime",
      header: t("nodes.runtime"),
      from: "xl",
      cell: (row) => (row.handler ? `${row.runtime} · ${row.handler}` : row.runtime),
    },
    {
      id: "cpu",
      header: t("containers.cpu"),
      align: "right",
      from: "md",
      cell: (row) =>
        row.cpuUsedMillis === null ? (
          "–"
        ) : (
          <Use
            used={<Amount of={cpu(row.cpuUsedMillis)} />}
            limit={row.cpuLimitMillis && <Amount of={cpu(row.cpuLimitMillis)} />}
          />
        ),
    },
    {
      id: "memory",
      header: t("containers.memory"),
      align: "right",
      from: "md",
      cell: (row) =>
        row.memoryUsedBytes === null ? (
          "–"
        ) : (
          <Use
            used={<Amount of={bytes(row.memoryUsedBytes)} />}
            limit={row.memoryLimitBytes && <Amount of={bytes(row.memoryLimitBytes)} />}
          />
        ),
    },
    { id: "restarts", header: t("containers.attempt"), align: "right", from: "lg", cell: (row) => row.attempt },
    {
      id: "age",
      header: t("containers.started"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.startedAt ?? row.createdAt} className="text-muted" />,
    },
    {
      id: "debug",
      header: "",
      align: "right",
      from: "sm",
      cell: (row) => <DebugButton node={row.nodeId} container={row.id} runtime={row.runtime} isSmall />,
    },
  ];
  return columns.filter((column) => column !== null);
}

/** @param node id of the one node to show; all nodes when absent */
export function ContainerList({ node }: { node?: string }): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns(!node);
  const filter = { search: url.q, state: url.cstate, node };
  const list = useQuery(
    trpc.containers.list.queryOptions({ ...filter, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null, page: null }), [setUrl]);
  const isFiltered = url.q !== "" || url.cstate.length > 0;
  return (
    <>
      <ListTools
        exports={{
          name: "containers",
          read: (page) => client.containers.list.query({ ...filter, page, pageSize: 200 }),
        }}
      >
        <SearchField value={url.q} onChange={onSearch} label={t("containers.search")} />
        <FacetMenu
          label={t("nodes.state")}
          options={list.data?.facets.state ?? []}
          value={url.cstate}
          onChange={(state) => void setUrl({ cstate: state.map(known), page: null })}
          render={(value) => <StateBadge look={lookOf(value)} label={t(`containerState.${known(value)}`)} />}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.containers")}
        columns={columns}
        query={list}
        rowKey={(row) => `${row.nodeId}/${row.runtime}/${row.id}`}
        empty={
          <EmptyState title={isFiltered ? t("containers.noneMatch") : t("containers.none")}>
            {isFiltered ? t("containers.noneMatchHint") : t("containers.noneHint")}
          </EmptyState>
        }
        skeletonRows={12}
        onPage={(page) => void setUrl({ page })}
      />
    </>
  );
}

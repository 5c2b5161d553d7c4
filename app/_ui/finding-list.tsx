// Findings one by one, of one node or of the fleet; filters and page in the URL.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import type { FindingRow } from "../../server/findings/schema.ts";
import { shortId } from "../_lib/format.ts";
import type { Selection } from "../_lib/selection.ts";
import { useCan } from "../_lib/use-me.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../_trpc/client.ts";
import { EmptyState } from "./feedback.tsx";
import { RepairLink } from "./finding-groups.tsx";
import { ListTools, PagedTable } from "./list-frame.tsx";
import { Choice, FacetMenu, SearchField, Segmented } from "./list-tools.tsx";
import { NodeSelectionBar, type Offer } from "./node-selection.tsx";
import { nodesHref, repairFill } from "./rollout-links.ts";
import { findingLook, mutedLook, severityLook } from "./state.ts";
import { StateBadge } from "./state-badge.tsx";
import type { Column } from "./table.tsx";
import { useSelection } from "./use-selection.ts";
import { RelativeTime } from "./values.tsx";

const severities = ["critical", "warning", "info"] as const;
const shownStates = ["visible", "closed", "all"] as const;
const mutedChoices = ["hide", "only", "all"] as const;

const params = {
  q: parseAsString.withDefault(""),
  severity: parseAsArrayOf(parseAsStringLiteral(severities)).withDefault([]),
  check: parseAsArrayOf(parseAsString).withDefault([]),
  show: parseAsStringLiteral(shownStates).withDefault("visible"),
  muted: parseAsStringLiteral(mutedChoices).withDefault("hide"),
  page: parseAsInteger.withDefault(1),
};

function useColumns(withNode: boolean): Column<FindingRow>[] {
  const t = useTranslations();
  const text = useText();
  const columns: (Column<FindingRow> | null)[] = [
    {
      id: "severity",
      header: t("findings.severity"),
      cell: (row) => <StateBadge look={severityLook[row.severity]} label={t(`severity.${row.severity}`)} />,
    },
    {
      id: "title",
      header: t("findings.finding"),
      className: "w-full min-w-40 max-w-0",
      cell: (row) => (
        <span className="block min-w-0">
          <Link href={`/findings/${row.id}`} className="font-medium hover:underline">
            {text(row.title)}
          </Link>
          <span className="block truncate text-muted text-xs" title={text(row.message)}>
            {text(row.message)}
          </span>
        </span>
      ),
    },
    withNode
      ? {
          id: "node",
          header: t("containers.node"),
          cell: (row) => (
            <Link href={`/nodes/${row.nodeId}`} className="whitespace-nowrap hover:underline">
              {row.nodeName}
            </Link>
          ),
        }
      : null,
    {
      id: "subject",
      header: t("findings.subject"),
      from: "md",
      className: "max-w-48 truncate font-mono text-xs",
      cell: (row) => <span title={row.subject}>{shortId(row.subject)}</span>,
    },
    {
      id: "state",
      header: t("nodes.state"),
      from: "sm",
      cell: (row) => (
        <span className="inline-flex items-baseline gap-2">
          <StateBadge look={findingLook[row.state]} label={t(`findingState.${row.state}`)} />
          {row.flapCount > 1 && <span className="text-muted text-xs">×{row.flapCount}</span>}
          {row.mute && (
            <span title={row.mute.reason} className="text-xs">
              <StateBadge look={mutedLook} label={t("findings.muted")} />
            </span>
          )}
        </span>
      ),
    },
    {
      id: "since",
      header: t("findings.since"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.closedAt ?? row.openedAt ?? row.firstSeenAt} className="text-muted" />,
    },
    { id: "repair", header: t("findings.repair"), align: "right", cell: (row) => <RepairLink finding={row} /> },
  ];
  return columns.filter((column) => column !== null);
}

/** The repair of the chosen findings, where they are of one check that has one. */
function useRepairOffers(rows: readonly FindingRow[], { picked }: Selection): Offer[] {
  const t = useTranslations("incidents");
  const text = useText();
  const chosen = rows.filter(({ id }) => picked.has(id));
  const [first] = chosen;
  const repair = chosen.find(({ suggestedRepair }) => suggestedRepair)?.suggestedRepair;
  // Chosen rows of other pages are not known here: what cannot be seen to fit is not offered.
  const isOneCheck = chosen.length === picked.size && chosen.every(({ checkId }) => checkId === first?.checkId);
  if (!first || !repair || !isOneCheck) return [];
  const { checkId } = first;
  return [
    {
      key: checkId,
      label: t("repairChosen", { repair: text(repair.title) }),
      hrefOf: (names) => nodesHref(names, repairFill(checkId, repair.id)),
    },
  ];
}

/** @param node id of the one node to show; all nodes when absent */
export function FindingList({ node }: { node?: string }): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns(!node);
  const filter = {
    search: url.q,
    severity: url.severity,
    checkId: url.check,
    state: url.show,
    muted: url.muted,
    node,
  };
  const list = useQuery(
    trpc.findings.list.queryOptions({ ...filter, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const onSearch = useCallback((q: string) => void setUrl({ q: q || null, page: null }), [setUrl]);
  const mayRollOut = useCan("rollouts:run");
  const { selection, clear, forTable } = useSelection(JSON.stringify(filter));
  const offers = useRepairOffers(list.data?.rows ?? [], selection);
  const isFiltered = url.q !== "" || url.severity.length + url.check.length > 0 || url.muted === "only";
  return (
    <>
      <ListTools
        exports={{ name: "findings", read: (page) => client.findings.list.query({ ...filter, page, pageSize: 200 }) }}
      >
        <SearchField value={url.q} onChange={onSearch} label={t("findings.search")} />
        <FacetMenu
          label={t("findings.severity")}
          options={list.data?.facets.severity ?? []}
          value={url.severity}
          onChange={(values) => void setUrl({ severity: severities.filter((one) => values.includes(one)), page: null })}
          render={(value) => {
            const severity = severities.find((one) => one === value);
            return severity ? <StateBadge look={severityLook[severity]} label={t(`severity.${severity}`)} /> : value;
          }}
        />
        <FacetMenu
          label={t("findings.check")}
          options={list.data?.facets.checkId ?? []}
          value={url.check}
          onChange={(check) => void setUrl({ check, page: null })}
        />
        <Segmented
          label={t("findings.show")}
          value={url.show}
          onChange={(show) => void setUrl({ show, page: null })}
          options={shownStates.map((value) => ({ value, label: t(`findings.showing.${value}`) }))}
        />
        <Choice
          label={t("findings.mutedOnes")}
          value={url.muted}
          onChange={(muted) => void setUrl({ muted, page: null })}
          options={mutedChoices.map((value) => ({
            value,
            label: t(`findings.mutedShown.${value}`, { count: list.data?.muted ?? 0 }),
          }))}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.findings")}
        columns={columns}
        query={list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState
            title={
              isFiltered
                ? t("findings.noneMatch")
                : url.show === "visible"
                  ? t("findings.none")
                  : t("findings.noneEver")
            }
          >
            {isFiltered ? t("findings.noneMatchHint") : t("findings.noneHint")}
          </EmptyState>
        }
        skeletonRows={10}
        onPage={(page) => void setUrl({ page })}
        selectionOf={
          node || !mayRollOut ? undefined : (rows) => forTable(rows, ({ id, nodeName }) => ({ id, name: nodeName }))
        }
      />
      {!node && (
        <NodeSelectionBar selection={selection} total={list.data?.total ?? 0} onClear={clear} offers={offers} />
      )}
    </>
  );
}

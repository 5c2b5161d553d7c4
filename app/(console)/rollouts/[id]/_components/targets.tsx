// The nodes of a rollout: which wave, where each stands and why, how it was before and is now, and the run that changed it.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import { nodeStates } from "../../../../../server/nodes/schema.ts";
import type { RolloutDetail, TargetRow } from "../../../../../server/rollouts/schema.ts";
import { readAll } from "../../../../_lib/export.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../../_trpc/client.ts";
import { EmptyState } from "../../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../../_ui/list-frame.tsx";
import { Choice, SearchField } from "../../../../_ui/list-tools.tsx";
import { NodeSelectionBar } from "../../../../_ui/node-selection.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { targetLook, targetStates } from "../../../../_ui/rollout-look.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import type { Column } from "../../../../_ui/table.tsx";
import { useSelection } from "../../../../_ui/use-selection.ts";
import { RelativeTime } from "../../../../_ui/values.tsx";

const shownStates = ["all", ...targetStates] as const;
const params = {
  node: parseAsString.withDefault(""),
  target: parseAsStringLiteral(shownStates).withDefault("all"),
  page: parseAsInteger.withDefault(1),
};

const befores = ["well", "sick", "not-reporting", "unknown"] as const;
const beforeOf = (text: string) => befores.find((one) => one === text) ?? "unknown";
const nowOf = (text: string) => nodeStates.find((one) => one === text) ?? "unknown";

function useColumns(): Column<TargetRow>[] {
  const t = useTranslations();
  const text = useText();
  return [
    {
      id: "node",
      header: t("containers.node"),
      cell: (row) => (
        <Link href={`/nodes/${row.nodeId}`} className="whitespace-nowrap font-medium hover:underline">
          {row.nodeName}
        </Link>
      ),
    },
    {
      id: "wave",
      header: t("rollouts.wave"),
      align: "right",
      cell: (row) => (row.wave < 0 ? "–" : row.wave + 1),
    },
    { id: "domain", header: t("rollouts.domain"), from: "lg", cell: (row) => row.domain || "–" },
    {
      id: "state",
      header: t("nodes.state"),
      cell: (row) => <StateBadge look={targetLook[row.state]} label={t(`rollouts.target.${row.state}`)} />,
    },
    {
      id: "why",
      header: t("rollout.why"),
      from: "md",
      className: "max-w-96 text-muted",
      cell: (row) => (
        <span className="line-clamp-2" title={text(row.reason)}>
          {text(row.reason) || "–"}
        </span>
      ),
    },
    {
      id: "health",
      header: t("rollout.health"),
      from: "xl",
      className: "text-muted",
      cell: (row) =>
        `${t(`rollouts.before.${beforeOf(row.healthBefore)}`)} → ${t(`nodeState.${nowOf(row.healthNow)}`)}`,
    },
    {
      id: "run",
      header: t("rollout.run"),
      from: "sm",
      cell: (row) =>
        row.runId ? (
          <Link href={`/repairs/${row.runId}`} className="hover:underline">
            {t("rollout.seeRun")}
          </Link>
        ) : (
          <span className="text-muted">–</span>
        ),
    },
    {
      id: "changed",
      header: t("rollout.changed"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.changedAt} className="text-muted" />,
    },
  ];
}

/** A row as it is exported: waves counted as people do, the reason in the reader's language. */
const toExported = ({ nodeName, wave, reason, ...row }: TargetRow, text: ReturnType<typeof useText>) => ({
  nodeName,
  wave: wave < 0 ? null : wave + 1,
  ...row,
  reason: text(reason),
});

/** @param wave only nodes of this one; all when null */
export function Targets({ rollout, wave }: { rollout: RolloutDetail; wave: number | null }): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const columns = useColumns();
  const [url, setUrl] = useQueryStates(params);
  const filter = {
    id: rollout.id,
    search: url.node,
    ...(wave !== null && { wave }),
    ...(url.target !== "all" && { state: url.target }),
  };
  const list = useQuery(
    trpc.rollouts.targets.queryOptions({ ...filter, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const text = useText();
  const mayRollOut = useCan("rollouts:run");
  const { selection, set, clear, forTable } = useSelection(JSON.stringify(filter));
  const readNames = async (): Promise<string[]> =>
    (await readAll((page) => client.rollouts.targets.query({ ...filter, page, pageSize: 200 }))).map(
      ({ nodeName }) => nodeName,
    );
  const onSearch = useCallback((node: string) => void setUrl({ node: node || null, page: null }), [setUrl]);
  return (
    <Section title={wave === null ? t("nav.nodes") : t("rollout.nodesOfWave", { wave: wave + 1 })}>
      <ListTools
        exports={{
          name: `rollout-${rollout.id.slice(-8)}-nodes`,
          read: async (page) => {
            const { rows, total } = await client.rollouts.targets.query({ ...filter, page, pageSize: 200 });
            return { rows: rows.map((row) => toExported(row, text)), total };
          },
        }}
      >
        <SearchField value={url.node} onChange={onSearch} label={t("rollout.searchNode")} />
        <Choice
          label={t("nodes.state")}
          value={url.target}
          onChange={(target) => void setUrl({ target, page: null })}
          options={shownStates.map((value) => ({
            value,
            label: value === "all" ? t("rollout.allStates") : t(`rollouts.target.${value}`),
          }))}
        />
      </ListTools>
      <PagedTable
        caption={t("nav.nodes")}
        columns={columns}
        query={list}
        rowKey={(row) => row.nodeId}
        empty={<EmptyState title={t("rollout.noTargets")} className="py-8" />}
        skeletonRows={6}
        onPage={(page) => void setUrl({ page })}
        selectionOf={
          mayRollOut ? (rows) => forTable(rows, (row) => ({ id: row.nodeId, name: row.nodeName })) : undefined
        }
      />
      <NodeSelectionBar
        selection={selection}
        total={list.data?.total ?? 0}
        onAll={() => set({ ...selection, isAll: true })}
        onClear={clear}
        readAll={readNames}
      />
    </Section>
  );
}

// Checks that were written here, with their state and what those in shadow would have found.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { CustomCheckRow, CustomState } from "../../../../server/custom-checks/schema.ts";
import { count } from "../../../_lib/format.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Panel } from "../../../_ui/page-parts.tsx";
import { type Look, severityLook } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

export const customLook: Record<CustomState, Look> = {
  draft: { tone: "unknown", shape: "dotted" },
  shadow: { tone: "accent", shape: "diamond" },
  active: { tone: "healthy", shape: "circle" },
  retired: { tone: "silent", shape: "pause" },
};

function useColumns(): Column<CustomCheckRow>[] {
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  return [
    {
      id: "title",
      header: t("checks.check"),
      className: "max-w-96",
      cell: (row) => (
        <span className="block">
          <Link href={`/checks/editor?id=${row.id}`} className="font-medium hover:underline">
            {text(row.title)}
          </Link>{" "}
          <span className="font-mono text-muted text-xs">{row.id}</span>
        </span>
      ),
    },
    {
      id: "state",
      header: t("mutes.state"),
      cell: (row) => <StateBadge look={customLook[row.state]} label={t(`editor.states.${row.state}`)} />,
    },
    {
      id: "version",
      header: t("editor.version"),
      align: "right",
      from: "sm",
      cell: (row) =>
        row.newestVersion === row.version ? (
          row.version
        ) : (
          <span title={t("editor.newer")}>
            {row.version} <span className="text-muted">({row.newestVersion})</span>
          </span>
        ),
    },
    {
      id: "severity",
      header: t("findings.severity"),
      from: "md",
      cell: (row) => <StateBadge look={severityLook[row.severity]} label={t(`severity.${row.severity}`)} />,
    },
    { id: "open", header: t("editor.open"), align: "right", cell: (row) => count(row.openFindings, locale) },
    {
      id: "shadow",
      header: t("editor.would"),
      align: "right",
      from: "sm",
      cell: (row) => count(row.shadowFindings, locale),
    },
    {
      id: "changed",
      header: t("editor.changed"),
      align: "right",
      from: "md",
      cell: (row) => <RelativeTime at={row.updatedAt} className="text-muted" />,
    },
  ];
}

export function OwnChecks(): ReactNode {
  const t = useTranslations("editor");
  const trpc = useTRPC();
  const list = useQuery(trpc.customChecks.list.queryOptions());
  const columns = useColumns();
  const mayWrite = useCan("checks:write");
  return (
    <Panel>
      <QueryView query={list} skeleton={<TableSkeleton rows={4} />}>
        {(rows) => (
          <DataTable
            caption={t("own")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            empty={
              <EmptyState
                title={t("none")}
                action={mayWrite && <ButtonLink href="/checks/editor">{t("write")}</ButtonLink>}
              >
                {t("noneHint")}
              </EmptyState>
            }
          />
        )}
      </QueryView>
    </Panel>
  );
}

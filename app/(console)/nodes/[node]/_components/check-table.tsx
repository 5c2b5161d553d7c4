// Every check's last word on this node. "Unknown" says why: no data is not health.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { NodeDetail } from "../../../../../server/nodes/schema.ts";
import { EmptyState } from "../../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import { checkLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

type Row = NodeDetail["checks"][number];

const rank = { problem: 0, unknown: 1, ok: 2 };

export function CheckTable({ checks }: { checks: Row[] }): ReactNode {
  const t = useTranslations();
  const rows = [...checks].sort((a, b) => rank[a.status] - rank[b.status] || a.checkId.localeCompare(b.checkId));
  const columns: Column<Row>[] = [
    { id: "check", header: t("node.check"), cell: (row) => <span className="font-mono text-xs">{row.checkId}</span> },
    {
      id: "status",
      header: t("nodes.state"),
      cell: (row) => <StateBadge look={checkLook[row.status]} label={t(`checkStatus.${row.status}`)} />,
    },
    { id: "reason", header: t("node.reason"), from: "sm", className: "text-muted", cell: (row) => row.reason },
    {
      id: "since",
      header: t("node.since"),
      align: "right",
      from: "md",
      cell: (row) => <RelativeTime at={row.since} bare className="text-muted" />,
    },
    {
      id: "checked",
      header: t("node.checked"),
      align: "right",
      cell: (row) => <RelativeTime at={row.checkedAt} className="text-muted" />,
    },
  ];
  return (
    <Section title={t("node.checks")}>
      <Panel>
        <DataTable
          caption={t("node.checks")}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.checkId}
          empty={<EmptyState className="py-6" title={t("node.noChecks")} />}
        />
      </Panel>
    </Section>
  );
}

// Every check's last word on this node, trouble first; the many that are ok on demand. "Unknown" says why: no data is not health.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsBoolean, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import type { NodeDetail } from "../../../../../server/nodes/schema.ts";
import { Button } from "../../../../_ui/button.tsx";
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
  const [withOk, setWithOk] = useQueryState("ok", parseAsBoolean.withDefault(false));
  const okCount = checks.filter(({ status }) => status === "ok").length;
  const shown = withOk ? checks : checks.filter(({ status }) => status !== "ok");
  const rows = [...shown].sort((a, b) => rank[a.status] - rank[b.status] || a.checkId.localeCompare(b.checkId));
  const columns: Column<Row>[] = [
    {
      id: "check",
      header: t("node.check"),
      cell: (row) => (
        <Link href={`/checks/${row.checkId}`} className="font-mono text-xs hover:underline">
          {row.checkId}
        </Link>
      ),
    },
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
      cell: (row) => (row.since ? <RelativeTime at={row.since} bare className="text-muted" /> : "–"),
    },
    {
      id: "checked",
      header: t("node.checked"),
      align: "right",
      cell: (row) => <RelativeTime at={row.checkedAt} className="text-muted" />,
    },
  ];
  return (
    <Section
      title={t("node.checks")}
      note={t("node.checksOk", { ok: okCount, all: checks.length })}
      actions={
        okCount > 0 && (
          <Button size="small" look="ghost" aria-pressed={withOk} onClick={() => void setWithOk(withOk ? null : true)}>
            {t(withOk ? "node.hideOk" : "node.showOk")}
          </Button>
        )
      }
    >
      <Panel>
        <DataTable
          caption={t("node.checks")}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.checkId}
          empty={<EmptyState className="py-6" title={t(okCount > 0 ? "node.allOk" : "node.noChecks")} />}
        />
      </Panel>
    </Section>
  );
}

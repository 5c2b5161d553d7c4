// Modules tab: what keeps containers running on the node, and how each is.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { FactData } from "../../../../../protocol/facts.ts";
import type { NodeDetail } from "../../../../../server/nodes/schema.ts";
import { bytes } from "../../../../_lib/format.ts";
import { EmptyState } from "../../../../_ui/feedback.tsx";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { moduleLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { Amount, RelativeTime } from "../../../../_ui/values.tsx";

type Module = FactData["modules"][number];

export function ModuleTable({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations();
  const columns: Column<Module>[] = [
    { id: "name", header: t("modules.name"), cell: (module) => <span className="font-medium">{module.name}</span> },
    {
      id: "state",
      header: t("modules.state"),
      cell: (module) => (
        <span className="inline-flex items-center gap-2" title={module.message ?? undefined}>
          <StateBadge look={moduleLook[module.state]} label={t(`moduleState.${module.state}`)} />
          <RelativeTime at={new Date(module.since)} bare className="text-muted text-xs" />
        </span>
      ),
    },
    { id: "version", header: t("modules.version"), from: "sm", cell: (module) => module.version ?? "–" },
    {
      id: "process",
      header: t("modules.process"),
      from: "md",
      cell: (module) =>
        module.process ? (
          <span>
            pid {module.process.pid} <span className="text-muted">{module.processState}</span>
          </span>
        ) : (
          "–"
        ),
    },
    {
      id: "started",
      header: t("modules.started"),
      from: "lg",
      cell: (module) => (module.startedAt ? <RelativeTime at={new Date(module.startedAt)} /> : "–"),
    },
    { id: "restarts", header: t("modules.restarts"), align: "right", from: "md", cell: (module) => module.restarts },
    {
      id: "memory",
      header: t("modules.memory"),
      align: "right",
      from: "sm",
      cell: (module) => (module.rssBytes === null ? "–" : <Amount of={bytes(module.rssBytes)} />),
    },
    {
      id: "files",
      header: t("modules.files"),
      align: "right",
      from: "lg",
      cell: (module) =>
        module.openFiles === null ? (
          "–"
        ) : (
          <span>
            {module.openFiles}
            {module.openFilesMax !== null && <span className="text-muted"> / {module.openFilesMax}</span>}
          </span>
        ),
    },
    {
      id: "manager",
      header: t("modules.manager"),
      from: "md",
      cell: (module) => (
        <span>
          {module.manager}{" "}
          <span className="text-muted text-xs">
            {module.restartable ? t("modules.restartable") : t("modules.notRestartable")}
          </span>
        </span>
      ),
    },
    {
      id: "message",
      header: t("modules.message"),
      from: "xl",
      className: "max-w-72 truncate text-muted",
      cell: (module) => <span title={module.message ?? undefined}>{module.message ?? ""}</span>,
    },
  ];
  return (
    <Panel>
      <DataTable
        caption={t("node.tab.modules")}
        columns={columns}
        rows={node.modules ?? []}
        rowKey={(module) => module.name}
        empty={<EmptyState title={node.modules ? t("modules.none") : t("modules.notYet")} />}
      />
    </Panel>
  );
}

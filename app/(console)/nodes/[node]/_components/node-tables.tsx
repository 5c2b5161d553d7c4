// Tables of the summary tab: runtimes with their conditions and success rates, filesystems with their fill.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { FactData } from "../../../../../protocol/facts.ts";
import type { NodeDetail } from "../../../../../server/nodes/schema.ts";
import { bytes, duration, percent } from "../../../../_lib/format.ts";
import { cn } from "../../../../_ui/cn.ts";
import { EmptyState } from "../../../../_ui/feedback.tsx";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { Amount } from "../../../../_ui/values.tsx";

type Runtime = FactData["runtimes"][number];
type Filesystem = FactData["filesystems"][number];

/** Fill at which a bar changes its tone; the checks have thresholds of their own. */
const FULL = 0.9;
const NEARLY = 0.8;

function Bar({ ratio }: { ratio: number }): ReactNode {
  const fill = ratio >= FULL ? "bg-unhealthy" : ratio >= NEARLY ? "bg-degraded" : "bg-accent";
  return (
    <span className="inline-flex items-center gap-2">
      <span aria-hidden className="inline-block h-1.5 w-16 overflow-hidden rounded-full bg-line">
        <span className={cn("block h-full", fill)} style={{ width: `${Math.min(100, ratio * 100)}%` }} />
      </span>
      <Amount of={percent(ratio)} className="w-10 text-right" />
    </span>
  );
}

export function RuntimeTable({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations("node.runtime");
  const slowest = (runtime: Runtime): FactData["runtimeMetrics"][number] | undefined =>
    node.runtimeMetrics
      ?.filter((m) => m.runtime === runtime.id && m.total > 0)
      .sort((a, b) => (a.successRatio ?? 1) - (b.successRatio ?? 1))[0];
  const columns: Column<Runtime>[] = [
    {
      id: "name",
      header: t("name"),
      cell: (runtime) => (
        <span className="whitespace-nowrap">
          <span className="font-medium">{runtime.name}</span> <span className="text-muted">{runtime.version}</span>
        </span>
      ),
    },
    {
      id: "answers",
      header: t("answers"),
      cell: (runtime) =>
        runtime.probe.ok ? (
          <span className="inline-flex items-center gap-2">
            <StateBadge look={{ tone: "healthy", shape: "circle" }} label={t("yes")} />
            <span className="text-muted text-xs">
              <Amount of={duration(runtime.probe.latencyMs)} />
            </span>
          </span>
        ) : (
          <StateBadge look={{ tone: "unhealthy", shape: "square" }} label={runtime.probe.code ?? t("no")} />
        ),
    },
    {
      id: "conditions",
      header: t("conditions"),
      from: "sm",
      // A runtime that does not answer states nothing: what it said last would be read as now.
      cell: (runtime) => (
        <span className="flex flex-wrap gap-x-3">
          {!runtime.probe.ok && <span className="text-muted">{t("silent")}</span>}
          {(runtime.probe.ok ? runtime.conditions : []).map((condition) => (
            <span key={condition.type} title={condition.message || condition.reason}>
              <StateBadge
                look={condition.status ? { tone: "healthy", shape: "circle" } : { tone: "unhealthy", shape: "square" }}
                label={condition.type}
              />
            </span>
          ))}
        </span>
      ),
    },
    {
      id: "handlers",
      header: t("handlers"),
      from: "md",
      cell: (runtime) => runtime.handlers.filter(Boolean).join(", ") || "–",
    },
    {
      id: "worst",
      header: t("worst"),
      from: "lg",
      cell: (runtime) => {
        const metric = slowest(runtime);
        if (!metric) return <span className="text-muted">–</span>;
        return (
          <span className="inline-flex flex-wrap items-baseline gap-x-2">
            <span className="font-mono text-xs">{metric.interface}</span>
            <span>{metric.successRatio === null ? "–" : <Amount of={percent(metric.successRatio)} />}</span>
            {metric.latencyMsP99 !== null && (
              <span className="text-muted text-xs">
                p99 <Amount of={duration(metric.latencyMsP99)} />
              </span>
            )}
          </span>
        );
      },
    },
    { id: "running", header: t("running"), align: "right", cell: (runtime) => runtime.runningCount },
    { id: "exited", header: t("exited"), align: "right", from: "sm", cell: (runtime) => runtime.exitedCount },
    { id: "images", header: t("images"), align: "right", from: "md", cell: (runtime) => runtime.imageCount },
  ];
  return (
    <Panel>
      <DataTable
        caption={t("name")}
        columns={columns}
        rows={node.runtimeFacts ?? []}
        rowKey={(runtime) => runtime.id}
        empty={<EmptyState className="py-6" title={node.runtimeFacts ? t("none") : t("notYet")} />}
      />
    </Panel>
  );
}

export function FilesystemTable({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations("node.filesystem");
  const rows = [...(node.filesystems ?? [])].sort((a, b) => b.usedRatio - a.usedRatio);
  const columns: Column<Filesystem>[] = [
    { id: "mount", header: t("mount"), className: "max-w-64 break-all font-mono text-xs", cell: (fs) => fs.mountPoint },
    {
      id: "space",
      header: t("space"),
      cell: (fs) => (fs.error ? <span className="text-unhealthy">{fs.error}</span> : <Bar ratio={fs.usedRatio} />),
    },
    {
      id: "free",
      header: t("free"),
      align: "right",
      cell: (fs) => (
        <span className="whitespace-nowrap">
          <Amount of={bytes(fs.availableBytes)} />{" "}
          <span className="text-muted max-sm:hidden">
            / <Amount of={bytes(fs.totalBytes)} />
          </span>
        </span>
      ),
    },
    {
      id: "inodes",
      header: t("inodes"),
      from: "sm",
      cell: (fs) => (fs.inodesTotal > 0 ? <Bar ratio={fs.inodesUsedRatio} /> : "–"),
    },
    { id: "type", header: t("type"), from: "md", cell: (fs) => fs.type },
    {
      id: "device",
      header: t("device"),
      from: "lg",
      className: "max-w-48 truncate font-mono text-xs",
      cell: (fs) => fs.device,
    },
    {
      id: "flags",
      header: t("use"),
      from: "md",
      cell: (fs) => [fs.readOnly ? t("readOnly") : null, ...fs.holds].filter(Boolean).join(", ") || "–",
    },
  ];
  return (
    <Panel>
      <DataTable
        caption={t("mount")}
        columns={columns}
        rows={rows}
        rowKey={(fs) => fs.mountPoint}
        empty={<EmptyState className="py-6" title={t("notYet")} />}
      />
    </Panel>
  );
}

// The report of one look: coverage first (what nobody looked at is not well), then what is new, gone, unknown, and what it cost.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { isRunOver, type Report, type RunDetail } from "../../../../../../server/patrols/schema.ts";
import { count, duration } from "../../../../../_lib/format.ts";
import { useCan } from "../../../../../_lib/use-me.ts";
import { useTRPC } from "../../../../../_trpc/client.ts";
import { readError } from "../../../../../_trpc/errors.ts";
import { Button } from "../../../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../../_ui/feedback.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../../../_ui/page-parts.tsx";
import { severityLook } from "../../../../../_ui/state.ts";
import { StateBadge } from "../../../../../_ui/state-badge.tsx";
import { DataTable } from "../../../../../_ui/table.tsx";
import { Amount, RelativeTime } from "../../../../../_ui/values.tsx";
import { RunStateBadge } from "../../../_components/run-state.tsx";

/** How often a running look is read again, ms. */
const POLL_MS = 1_000;

const OUTCOMES = [
  "opened",
  "cleared",
  "expired",
  "stillOpen",
  "pendingCritical",
  "muted",
  "problemNodes",
  "unknownNodes",
] as const;

/** The number, and how it moved since the run before. */
function Moved({ now, before }: { now: number; before: number | undefined }): ReactNode {
  const locale = useLocale();
  const by = before === undefined ? 0 : now - before;
  return (
    <span className="tabular">
      <span className="font-semibold text-lg">{count(now, locale)}</span>
      {by !== 0 && (
        <span className="ml-1.5 text-muted text-xs">
          {by > 0 ? "+" : "−"}
          {count(Math.abs(by), locale)}
        </span>
      )}
    </span>
  );
}

function Coverage({ report, before }: { report: Report; before: Report | undefined }): ReactNode {
  const t = useTranslations("patrols");
  const { coverage } = report;
  const keys = ["asked", "looked", "unchanged", "withoutFacts", "notReporting", "gone"] as const;
  return (
    <Facts
      items={keys.map((key) => ({
        label: t(`coverage.${key}`),
        value: <Moved now={coverage[key]} before={before?.coverage[key]} />,
      }))}
    />
  );
}

/** Checks with how many nodes each has trouble on, or knows nothing about. */
function ByCheck({ title, counts, link }: { title: string; counts: Record<string, number>; link: boolean }): ReactNode {
  const t = useTranslations("patrols");
  const locale = useLocale();
  const rows = Object.entries(counts)
    .map(([id, nodes]) => ({ id, nodes }))
    .sort((a, b) => b.nodes - a.nodes || (a.id < b.id ? -1 : 1));
  if (rows.length === 0) return null;
  return (
    <Section title={title}>
      <Panel>
        <DataTable
          caption={title}
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            {
              id: "check",
              header: t("check"),
              className: "font-mono text-xs",
              cell: (row) => (
                <Link
                  className="hover:underline"
                  href={link ? `/findings?view=flat&check=${row.id}` : `/checks/${row.id}`}
                >
                  {row.id}
                </Link>
              ),
            },
            { id: "nodes", header: t("nodes"), align: "right", cell: (row) => count(row.nodes, locale) },
          ]}
        />
      </Panel>
    </Section>
  );
}

function Opened({ run }: { run: RunDetail }): ReactNode {
  const t = useTranslations("patrols");
  const tAll = useTranslations();
  return (
    <Section title={t("newFindings")} note={t("newFindingsNote")}>
      <Panel>
        <DataTable
          caption={t("newFindings")}
          rows={run.report.openedSample}
          rowKey={(row) => row.findingId}
          empty={<EmptyState title={t("nothingNew")} className="py-6" />}
          columns={[
            {
              id: "severity",
              header: tAll("findings.severity"),
              cell: (row) => <StateBadge look={severityLook[row.severity]} label={tAll(`severity.${row.severity}`)} />,
            },
            {
              id: "check",
              header: t("check"),
              cell: (row) => (
                <Link href={`/findings/${row.findingId}`} className="font-mono text-xs hover:underline">
                  {row.checkId}
                </Link>
              ),
            },
            {
              id: "node",
              header: t("node"),
              cell: (row) => (
                <Link href={`/nodes/${row.nodeId}`} className="hover:underline">
                  {row.nodeName}
                </Link>
              ),
            },
            {
              id: "subject",
              header: t("subject"),
              from: "md",
              className: "max-w-80 truncate font-mono text-xs",
              cell: (row) => row.subject,
            },
          ]}
        />
      </Panel>
    </Section>
  );
}

function RunReport({ run }: { run: RunDetail }): ReactNode {
  const t = useTranslations("patrols");
  const { report } = run;
  const before = run.previous?.report;
  return (
    <div className="flex flex-col gap-6">
      {report.note && <p className="text-muted">{report.note}</p>}
      {run.criticalNodes.length > 0 && run.verdict && (
        <p>
          {t("criticalOn")}{" "}
          {run.criticalNodes.map((node, i) => (
            <span key={node.nodeId}>
              {i > 0 && ", "}
              <Link href={`/nodes/${node.nodeId}`} className="font-medium text-unhealthy hover:underline">
                {node.nodeName}
              </Link>
            </span>
          ))}
        </p>
      )}
      <Section
        title={t("coverageTitle")}
        note={run.previous ? <Link href={`/patrols/runs/${run.previous.id}`}>{t("comparedWith")}</Link> : undefined}
      >
        <Coverage report={report} before={before} />
      </Section>
      <Section title={t("outcome")}>
        <Facts
          items={OUTCOMES.map((key) => ({
            label: t(key),
            value: <Moved now={report[key]} before={before?.[key]} />,
          }))}
        />
        {report.notEvaluated.length > 0 && (
          <p className="mt-2 text-degraded">
            {t("notEvaluated")} <span className="font-mono text-xs">{report.notEvaluated.join(", ")}</span>
          </p>
        )}
      </Section>
      <Opened run={run} />
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
        <ByCheck title={t("problemsByCheck")} counts={report.problems} link />
        <ByCheck title={t("unknownByCheck")} counts={report.unknown} link={false} />
      </div>
      <p className="text-muted text-xs">
        {t("cost")}: <Amount of={duration(report.cost.cpuMs)} /> CPU, <Amount of={duration(report.cost.wallMs)} />,{" "}
        {t("batches", { count: report.cost.batches })}
      </p>
    </div>
  );
}

export function RunView({ id }: { id: string }): ReactNode {
  const t = useTranslations("patrols");
  const tNav = useTranslations("nav");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const mayRun = useCan("patrols:run");
  const run = useQuery(
    trpc.patrols.run.queryOptions(
      { id },
      { refetchInterval: (query) => (query.state.data && isRunOver(query.state.data.state) ? false : POLL_MS) },
    ),
  );
  const cancel = useMutation(
    trpc.patrols.cancel.mutationOptions({
      onSuccess: () => void run.refetch(),
      onError: (error) => toast.error(readError(error).message),
    }),
  );
  return (
    <QueryView query={run} skeleton={<TableSkeleton rows={8} />}>
      {(data) => (
        <>
          <PageHeader
            up={
              data.patrolId
                ? { href: `/patrols/${data.patrolId}`, label: data.patrolName ?? tNav("patrols") }
                : { href: "/patrols?tab=runs", label: tNav("patrols") }
            }
            title={data.patrolName ?? t(`purpose.${data.purpose}`)}
            lead={
              <span className="flex flex-wrap items-center gap-x-3">
                <RunStateBadge run={data} />
                <span className="font-mono text-xs">{data.selector || t("noNodes")}</span>
                <span>
                  <RelativeTime at={data.startedAt} /> · {data.requestedByName}
                </span>
              </span>
            }
            actions={
              mayRun &&
              !isRunOver(data.state) && (
                <Button disabled={cancel.isPending} onClick={() => cancel.mutate({ id })}>
                  {tCommon("cancel")}
                </Button>
              )
            }
          />
          <RunReport run={data} />
        </>
      )}
    </QueryView>
  );
}

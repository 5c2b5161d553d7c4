// Looks at the fleet, newest first.
"use client";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { RunRow } from "../../../../server/patrols/schema.ts";
import { count, duration } from "../../../_lib/format.ts";
import type { Column } from "../../../_ui/table.tsx";
import { Amount, RelativeTime } from "../../../_ui/values.tsx";
import { RunStateBadge } from "./run-state.tsx";

/** Columns of a list of runs; `patrol` says whether they are of different patrols. */
export function useRunColumns({ patrol }: { patrol: boolean }): Column<RunRow>[] {
  const t = useTranslations("patrols");
  const locale = useLocale();
  const number = (value: number, tone?: string): ReactNode => (
    <span className={value > 0 ? tone : "text-muted"}>{count(value, locale)}</span>
  );
  const columns: Column<RunRow>[] = [
    {
      id: "started",
      header: t("started"),
      cell: (run) => (
        <Link href={`/patrols/runs/${run.id}`} className="font-medium hover:underline">
          <RelativeTime at={run.startedAt} />
        </Link>
      ),
    },
    {
      id: "what",
      header: t("what"),
      className: "max-w-72",
      cell: (run) => (
        <span className="block">
          {run.patrolName ?? t(`purpose.${run.purpose}`)}
          <span className="block truncate font-mono text-muted text-xs">{run.selector || "–"}</span>
        </span>
      ),
    },
    { id: "state", header: t("state"), cell: (run) => <RunStateBadge run={run} /> },
    {
      id: "looked",
      header: t("looked"),
      align: "right",
      from: "sm",
      cell: (run) => `${count(run.report.coverage.looked, locale)} / ${count(run.asked, locale)}`,
    },
    {
      id: "opened",
      header: t("opened"),
      align: "right",
      from: "sm",
      cell: (run) => number(run.report.opened, "font-medium text-unhealthy"),
    },
    { id: "cleared", header: t("cleared"), align: "right", from: "md", cell: (run) => number(run.report.cleared) },
    {
      id: "unknown",
      header: t("unknownNodes"),
      align: "right",
      from: "md",
      cell: (run) => number(run.report.unknownNodes),
    },
    {
      id: "took",
      header: t("took"),
      align: "right",
      from: "lg",
      cell: (run) => (run.endedAt ? <Amount of={duration(run.endedAt.getTime() - run.startedAt.getTime())} /> : "–"),
    },
    { id: "by", header: t("by"), from: "lg", className: "max-w-40 truncate", cell: (run) => run.requestedByName },
  ];
  return patrol ? columns : columns.filter(({ id }) => id !== "what");
}

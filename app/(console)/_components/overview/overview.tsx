// The overview page: one sentence of state, shared troubles, what else needs a person, the fleet, what is being repaired, the last 24 hours.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import type { Overview as OverviewData } from "../../../../server/overview/schema.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState, QueryView, Skeleton, TableSkeleton } from "../../../_ui/feedback.tsx";
import { FindingGroups } from "../../../_ui/finding-groups.tsx";
import { Segmented } from "../../../_ui/list-tools.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { FleetGrid } from "./fleet-grid.tsx";
import { groupings } from "./group-cells.ts";
import { OpenIncidents } from "./open-incidents.tsx";
import { Processes } from "./processes.tsx";
import { RepairFeed } from "./repair-feed.tsx";
import { RunningRollouts } from "./running-rollouts.tsx";
import { Silence } from "./silence.tsx";
import { StateSentence } from "./state-sentence.tsx";
import { Trend } from "./trend.tsx";

/** Groups shown here; the findings page has all. */
const GROUPS_SHOWN = 6;

function Fleet({ total }: { total: number }): ReactNode {
  const t = useTranslations("overview");
  const trpc = useTRPC();
  const grid = useQuery(trpc.overview.grid.queryOptions());
  const [by, setBy] = useQueryState("by", parseAsStringLiteral(groupings).withDefault("zone"));
  const mayAdd = useCan("tokens:write");
  if (total === 0) {
    return (
      <EmptyState
        title={t("noNodes")}
        action={
          mayAdd && (
            <ButtonLink href="/add-node" look="primary">
              {t("addNode")}
            </ButtonLink>
          )
        }
      >
        {t("noNodesHint")}
      </EmptyState>
    );
  }
  return (
    <Section
      title={t("fleet")}
      actions={
        <Segmented
          label={t("groupBy")}
          value={by}
          onChange={(value) => void setBy(value)}
          options={groupings.map((value) => ({ value, label: t(`by.${value}`) }))}
        />
      }
    >
      <Panel>
        <QueryView query={grid} skeleton={<GridSkeleton />}>
          {(data) => (
            <>
              <FleetGrid cells={data.cells} by={by} />
              {total === 1 && mayAdd && (
                <p className="border-t px-4 py-3 text-muted">
                  {t.rich("practice", {
                    code: (chunks) => <code className="font-mono text-text text-xs">{chunks}</code>,
                  })}
                </p>
              )}
              {data.isCut && (
                <p className="border-t px-4 py-2 text-muted">{t("gridCut", { count: data.cells.length })}</p>
              )}
            </>
          )}
        </QueryView>
      </Panel>
    </Section>
  );
}

function GridSkeleton(): ReactNode {
  return (
    <div className="flex flex-wrap gap-[3px] p-4">
      {Array.from({ length: 24 }, (_, i) => i).map((i) => (
        <Skeleton key={i} className="size-5.5" />
      ))}
    </div>
  );
}

function OverviewSkeleton(): ReactNode {
  return (
    <>
      <Skeleton className="mb-5 h-7 w-96 max-w-full" />
      <div className="grid gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Panel>
          <GridSkeleton />
        </Panel>
        <Panel>
          <TableSkeleton rows={4} />
        </Panel>
      </div>
    </>
  );
}

function Content({ data }: { data: OverviewData }): ReactNode {
  const t = useTranslations("overview");
  // What an incident tells already is not told twice.
  const groups = data.groups.filter((group) => group.findings.some(({ incident }) => incident === null));
  return (
    <>
      <Silence silence={data.silence} />
      <StateSentence data={data} />
      <div className="grid grid-cols-1 gap-x-6 gap-y-7 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-7">
          <OpenIncidents />
          {groups.length > 0 && (
            <Section title={t("needsPerson")} note={t("needsPersonNote", { count: data.needYou })}>
              <FindingGroups groups={groups.slice(0, GROUPS_SHOWN)} />
              {groups.length > GROUPS_SHOWN && (
                <ButtonLink href="/findings" look="ghost" className="mt-1">
                  {t("allFindings", { count: groups.length })}
                </ButtonLink>
              )}
            </Section>
          )}
          <Fleet total={data.total} />
        </div>
        <div className="flex min-w-0 flex-col gap-7">
          <RunningRollouts />
          <RepairFeed active={data.activeRepairs} recent={data.recentRepairs} />
          <Trend trend={data.trend} />
          <Processes processes={data.processes} />
        </div>
      </div>
    </>
  );
}

export function Overview(): ReactNode {
  const trpc = useTRPC();
  const overview = useQuery(trpc.overview.get.queryOptions());
  return (
    <QueryView query={overview} skeleton={<OverviewSkeleton />}>
      {(data) => <Content data={data} />}
    </QueryView>
  );
}

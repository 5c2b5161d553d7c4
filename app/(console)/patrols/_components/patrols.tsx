// Plans and looks, side by side as tabs; a new plan and "look now" open as drawers.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import type { PatrolRow } from "../../../../server/patrols/schema.ts";
import { dateTime } from "../../../_lib/format.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Drawer } from "../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { PagedTable } from "../../../_ui/list-frame.tsx";
import { PageHeader, Panel } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { Tabs } from "../../../_ui/tabs.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { PatrolForm } from "./patrol-form.tsx";
import { RunNow } from "./run-now.tsx";
import { RunStateBadge } from "./run-state.tsx";
import { useRunColumns } from "./run-table.tsx";
import { useTriggerText } from "./trigger-text.ts";

const params = {
  tab: parseAsString.withDefault("plans"),
  page: parseAsInteger.withDefault(1),
  open: parseAsString,
};

function usePlanColumns(): Column<PatrolRow>[] {
  const t = useTranslations("patrols");
  const locale = useLocale();
  const triggerText = useTriggerText();
  return [
    {
      id: "name",
      header: t("name"),
      className: "w-full min-w-32 max-w-0",
      cell: (patrol) => (
        <span className="block">
          <Link href={`/patrols/${patrol.id}`} className="font-medium hover:underline">
            {patrol.name}
          </Link>
          {!patrol.isEnabled && <span className="ml-2 text-muted text-xs">{t("off")}</span>}
          <span className="block truncate font-mono text-muted text-xs">{patrol.selector || t("noNodes")}</span>
        </span>
      ),
    },
    { id: "when", header: t("when"), from: "sm", className: "min-w-36", cell: (patrol) => triggerText(patrol.trigger) },
    {
      id: "next",
      header: t("next"),
      align: "right",
      from: "md",
      className: "whitespace-nowrap text-muted",
      cell: (patrol) => (patrol.isEnabled && patrol.nextAt ? dateTime(patrol.nextAt, locale) : "–"),
    },
    {
      id: "last",
      header: t("last"),
      cell: (patrol) =>
        patrol.lastRun ? (
          <Link href={`/patrols/runs/${patrol.lastRun.id}`} className="inline-flex flex-wrap items-center gap-x-3">
            <RunStateBadge run={patrol.lastRun} />
            <RelativeTime at={patrol.lastRun.startedAt} className="text-muted text-xs" />
          </Link>
        ) : (
          <span className="text-muted">{t("never")}</span>
        ),
    },
    {
      id: "opened",
      header: t("opened"),
      align: "right",
      from: "lg",
      cell: (patrol) => patrol.lastRun?.report.opened ?? "–",
    },
  ];
}

function Plans({ action }: { action: ReactNode }): ReactNode {
  const t = useTranslations("patrols");
  const trpc = useTRPC();
  const patrols = useQuery(trpc.patrols.list.queryOptions());
  const columns = usePlanColumns();
  return (
    <Panel>
      <QueryView query={patrols} skeleton={<TableSkeleton rows={4} />}>
        {(rows) => (
          <DataTable
            caption={t("plans")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            empty={
              <EmptyState title={t("none")} action={action}>
                {t("noneHint")}
              </EmptyState>
            }
          />
        )}
      </QueryView>
    </Panel>
  );
}

function Runs({ page, onPage }: { page: number; onPage: (page: number) => void }): ReactNode {
  const t = useTranslations("patrols");
  const trpc = useTRPC();
  const runs = useQuery(trpc.patrols.runs.queryOptions({ page }, { placeholderData: keepPreviousData }));
  const columns = useRunColumns({ patrol: true });
  return (
    <PagedTable
      caption={t("runs")}
      query={runs}
      columns={columns}
      rowKey={(run) => run.id}
      onPage={onPage}
      empty={<EmptyState title={t("noRuns")}>{t("noRunsHint")}</EmptyState>}
    />
  );
}

export function Patrols(): ReactNode {
  const t = useTranslations("patrols");
  const tNav = useTranslations("nav");
  const [url, setUrl] = useQueryStates(params);
  const router = useRouter();
  const mayWrite = useCan("patrols:write");
  const mayRun = useCan("patrols:run");
  const close = (): void => void setUrl({ open: null });
  const make = mayWrite && (
    <Button onClick={() => void setUrl({ open: "new" })}>
      <Plus aria-hidden /> {t("new")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={tNav("patrols")}
        lead={t("lead")}
        actions={
          <>
            {mayRun && (
              <Button look="primary" onClick={() => void setUrl({ open: "now" })}>
                {t("lookNow")}
              </Button>
            )}
            {make}
          </>
        }
      />
      <Tabs
        label={tNav("patrols")}
        value={url.tab}
        onChange={(tab) => void setUrl({ tab, page: null })}
        tabs={[
          { id: "plans", label: t("plans"), content: () => <Plans action={make} /> },
          {
            id: "runs",
            label: t("runs"),
            content: () => <Runs page={url.page} onPage={(page) => void setUrl({ page })} />,
          },
        ]}
      />
      <Drawer open={url.open === "new" && mayWrite} onClose={close} title={t("new")}>
        <PatrolForm onSaved={(id) => router.push(`/patrols/${id}`)} />
      </Drawer>
      <Drawer open={url.open === "now" && mayRun} onClose={close} title={t("lookNow")} lead={t("lookNowLead")}>
        <RunNow />
      </Drawer>
    </>
  );
}

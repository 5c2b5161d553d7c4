// The findings page: grouped by cause first, the flat list beside it.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { parseAsString, parseAsStringLiteral, useQueryState } from "nuqs";
import { type ReactNode, useCallback } from "react";
import { useTRPC } from "../../../_trpc/client.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { FindingGroups } from "../../../_ui/finding-groups.tsx";
import { FindingList } from "../../../_ui/finding-list.tsx";
import { SearchField, Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader, Panel } from "../../../_ui/page-parts.tsx";

const views = ["cause", "flat"] as const;

function Grouped(): ReactNode {
  const t = useTranslations("findings");
  const trpc = useTRPC();
  const [search, setSearch] = useQueryState("q", parseAsString.withDefault(""));
  const onSearch = useCallback((value: string) => void setSearch(value || null), [setSearch]);
  const groups = useQuery(trpc.findings.groups.queryOptions({ search }, { placeholderData: keepPreviousData }));
  return (
    <>
      <div className="mb-3 flex">
        <SearchField value={search} onChange={onSearch} label={t("search")} />
      </div>
      <QueryView
        query={groups}
        skeleton={
          <Panel>
            <TableSkeleton rows={6} />
          </Panel>
        }
      >
        {(data) =>
          data.length === 0 ? (
            <Panel>
              <EmptyState
                title={search ? t("noneMatch") : t("none")}
                action={<ButtonLink href="/findings?view=flat&show=closed">{t("showClosed")}</ButtonLink>}
              >
                {search ? t("noneMatchHint") : t("noneHint")}
              </EmptyState>
            </Panel>
          ) : (
            <FindingGroups groups={data} />
          )
        }
      </QueryView>
    </>
  );
}

export function FindingsView(): ReactNode {
  const t = useTranslations();
  const [view, setView] = useQueryState("view", parseAsStringLiteral(views).withDefault("cause"));
  return (
    <>
      <PageHeader
        title={t("nav.findings")}
        actions={
          <Segmented
            label={t("findings.view")}
            value={view}
            onChange={(value) => void setView(value)}
            options={views.map((value) => ({ value, label: t(`findings.views.${value}`) }))}
          />
        }
      />
      {view === "cause" ? <Grouped /> : <FindingList />}
    </>
  );
}

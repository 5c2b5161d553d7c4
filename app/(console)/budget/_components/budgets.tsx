// Pools with what may be away at once, and every node that somebody has in hand or waits for. One sum for repairs, rollouts and people.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import { parseAsString, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import type { BudgetRow } from "../../../../server/budget/schema.ts";
import { count } from "../../../_lib/format.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { BudgetBar } from "../../../_ui/budget-sum.tsx";
import { Button } from "../../../_ui/button.tsx";
import { CordonForm } from "../../../_ui/cordon-form.tsx";
import { Drawer } from "../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { BudgetForm } from "./budget-form.tsx";
import { Leases } from "./leases.tsx";

function useColumns(onChange: (pool: string) => void): Column<BudgetRow>[] {
  const t = useTranslations("budget");
  const nodes = useTranslations("nodes");
  const text = useText();
  const locale = useLocale();
  const mayWrite = useCan("budgets:write");
  return [
    {
      id: "pool",
      header: nodes("pool"),
      cell: (row) => (
        <span className="block">
          <span className="font-medium">{row.pool === "*" ? t("everyPool") : row.pool}</span>
          <span className="block text-muted text-xs">{row.isDefault ? t("isDefault") : t("isSet")}</span>
        </span>
      ),
    },
    { id: "nodes", header: t("nodes"), align: "right", from: "sm", cell: (row) => count(row.nodes, locale) },
    {
      id: "sum",
      header: t("sum"),
      className: "w-full min-w-48 max-w-0",
      cell: (row) => (
        <span className="block py-1">
          <span className="mb-1 block break-words">{text(row.sum)}</span>
          <BudgetBar budget={row} />
        </span>
      ),
    },
    {
      id: "domains",
      header: t("domains"),
      align: "right",
      from: "lg",
      cell: (row) => count(row.policy.maxDomains, locale),
    },
    {
      id: "change",
      header: t("change"),
      align: "right",
      cell: (row) =>
        mayWrite && (
          <Button size="small" aria-label={t("changeOne", { pool: row.pool })} onClick={() => onChange(row.pool)}>
            {t("change")}
          </Button>
        ),
    },
  ];
}

export function Budgets(): ReactNode {
  const t = useTranslations("budget");
  const nav = useTranslations("nav");
  const trpc = useTRPC();
  const mayCordon = useCan("leases:write");
  const mayWrite = useCan("budgets:write");
  const [url, setUrl] = useQueryStates({ pool: parseAsString, open: parseAsString });
  const close = (): void => void setUrl({ pool: null, open: null });
  const list = useQuery(trpc.budget.list.queryOptions({}));
  const columns = useColumns((pool) => void setUrl({ pool }));
  const changed = list.data?.find(({ pool }) => pool === url.pool);
  return (
    <>
      <PageHeader
        title={nav("budget")}
        lead={t("lead")}
        actions={mayCordon && <Button onClick={() => void setUrl({ open: "cordon" })}>{t("cordonOne")}</Button>}
      />
      <div className="flex flex-col gap-7">
        <Section title={t("pools")} note={t("poolsNote")}>
          <Panel>
            <QueryView query={list} skeleton={<TableSkeleton rows={3} />}>
              {(rows) => (
                <DataTable
                  caption={t("pools")}
                  columns={columns}
                  rows={rows}
                  rowKey={(row) => row.pool}
                  empty={<EmptyState title={t("noPools")}>{t("noPoolsHint")}</EmptyState>}
                />
              )}
            </QueryView>
          </Panel>
        </Section>
        <Leases />
      </div>
      <Drawer
        open={changed !== undefined && mayWrite}
        onClose={close}
        title={t("changeOne", { pool: url.pool ?? "" })}
        lead={t("changeLead")}
      >
        {changed && <BudgetForm key={changed.pool} budget={changed} onSaved={close} />}
      </Drawer>
      <Drawer open={url.open === "cordon" && mayCordon} onClose={close} title={t("cordonOne")} lead={t("cordonLead")}>
        <CordonForm onDone={close} />
      </Drawer>
    </>
  );
}

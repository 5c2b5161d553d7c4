// Templates: what, where and policy of a rollout under a name. Using one opens the wizard filled in; removing one asks first.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { TemplateRow } from "../../../../../server/rollouts/schema.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button, ButtonLink } from "../../../../_ui/button.tsx";
import { Modal } from "../../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { PageHeader, Panel } from "../../../../_ui/page-parts.tsx";
import { useRereadRollouts } from "../../../../_ui/rollout-actions.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

function useColumns(onRemove: (template: TemplateRow) => void): Column<TemplateRow>[] {
  const t = useTranslations("rollouts");
  const repairs = useTranslations("repairs");
  const text = useText();
  const mayRun = useCan("rollouts:run");
  return [
    {
      id: "name",
      header: t("templateName"),
      className: "w-full min-w-40 max-w-0",
      cell: (row) => (
        <span className="block">
          <Link href={`/rollouts/new?template=${row.id}`} className="font-medium hover:underline">
            {row.name}
          </Link>
          <span className="block truncate text-muted text-xs">{text(row.summary)}</span>
        </span>
      ),
    },
    {
      id: "where",
      header: t("where"),
      from: "md",
      className: "max-w-60 truncate font-mono text-xs",
      cell: ({ definition: { where } }) => where.selector || where.checkId || "–",
    },
    { id: "by", header: repairs("by"), from: "md", cell: (row) => row.createdByName },
    {
      id: "changed",
      header: t("changed"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.updatedAt} className="text-muted" />,
    },
    {
      id: "act",
      header: t("acts"),
      align: "right",
      cell: (row) =>
        mayRun && (
          <span className="inline-flex gap-2">
            <ButtonLink size="small" href={`/rollouts/new?template=${row.id}`}>
              {t("use")}
            </ButtonLink>
            <Button
              size="small"
              look="danger"
              aria-label={t("removeOne", { name: row.name })}
              onClick={() => onRemove(row)}
            >
              {t("remove")}
            </Button>
          </span>
        ),
    },
  ];
}

function Remove({ template, onDone }: { template: TemplateRow; onDone: () => void }): ReactNode {
  const t = useTranslations("rollouts");
  const common = useTranslations("common");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  const remove = useMutation(
    trpc.rollouts.removeTemplate.mutationOptions({
      onSuccess: () => {
        toast(t("removed", { name: template.name }));
        reread();
        onDone();
      },
    }),
  );
  return (
    <div className="flex flex-col gap-4">
      <p>{t("removeLead")}</p>
      {remove.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(remove.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{common("cancel")}</Button>
        <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate({ id: template.id })}>
          {t("remove")}
        </Button>
      </div>
    </div>
  );
}

export function Templates(): ReactNode {
  const t = useTranslations("rollouts");
  const nav = useTranslations("nav");
  const trpc = useTRPC();
  const [removing, setRemoving] = useState<TemplateRow | null>(null);
  const list = useQuery(trpc.rollouts.templates.queryOptions());
  const columns = useColumns(setRemoving);
  return (
    <>
      <PageHeader up={{ href: "/rollouts", label: nav("rollouts") }} title={t("templates")} lead={t("templatesLead")} />
      <Panel>
        <QueryView query={list} skeleton={<TableSkeleton rows={4} />}>
          {(rows) => (
            <DataTable
              caption={t("templates")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              empty={
                <EmptyState title={t("noTemplates")} action={<ButtonLink href="/rollouts/new">{t("new")}</ButtonLink>}>
                  {t("noTemplatesHint")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Panel>
      <Modal
        title={removing ? t("removeOne", { name: removing.name }) : ""}
        open={removing !== null}
        onClose={() => setRemoving(null)}
      >
        {removing && <Remove template={removing} onDone={() => setRemoving(null)} />}
      </Modal>
    </>
  );
}

// One patrol: what it looks at and when, its runs, and what its owner may do.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { useCan } from "../../../../_lib/use-me.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Button } from "../../../../_ui/button.tsx";
import { Drawer, Modal } from "../../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { DataTable } from "../../../../_ui/table.tsx";
import { PatrolForm } from "../../_components/patrol-form.tsx";
import { useRunColumns } from "../../_components/run-table.tsx";
import { useTriggerText } from "../../_components/trigger-text.ts";

export function PatrolView({ id }: { id: string }): ReactNode {
  const t = useTranslations("patrols");
  const tNav = useTranslations("nav");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const router = useRouter();
  const triggerText = useTriggerText();
  const columns = useRunColumns({ patrol: false });
  const patrol = useQuery(trpc.patrols.get.queryOptions({ id }));
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const mayWrite = useCan("patrols:write");
  const mayRun = useCan("patrols:run");
  const onError = (error: unknown) => toast.error(readError(error).message);
  const run = useMutation(
    trpc.patrols.runNow.mutationOptions({ onSuccess: (done) => router.push(`/patrols/runs/${done.id}`), onError }),
  );
  const remove = useMutation(
    trpc.patrols.remove.mutationOptions({ onSuccess: () => router.push("/patrols"), onError }),
  );
  return (
    <QueryView query={patrol} skeleton={<TableSkeleton rows={6} />}>
      {(data) => (
        <>
          <PageHeader
            up={{ href: "/patrols", label: tNav("patrols") }}
            title={data.name}
            lead={data.isEnabled ? triggerText(data.trigger) : `${triggerText(data.trigger)} · ${t("off")}`}
            actions={
              <>
                {mayRun && (
                  <Button look="primary" disabled={run.isPending} onClick={() => run.mutate({ patrolId: id })}>
                    {t("lookNow")}
                  </Button>
                )}
                {mayWrite && <Button onClick={() => setOpen("edit")}>{t("edit")}</Button>}
                {mayWrite && (
                  <Button look="ghost" onClick={() => setOpen("remove")}>
                    {t("remove")}
                  </Button>
                )}
              </>
            }
          />
          <Facts
            className="mb-6"
            items={[
              { label: t("nodes"), value: <span className="font-mono text-xs">{data.selector || t("noNodes")}</span> },
              {
                label: t("checks"),
                value:
                  data.checkIds.length === 0 ? (
                    t("allChecks")
                  ) : (
                    <span className="font-mono text-xs">{data.checkIds.join(" ")}</span>
                  ),
              },
              { label: t("jitter"), value: data.jitterMs > 0 ? String(data.jitterMs / 60_000) : "0" },
              { label: t("by"), value: data.createdByName },
            ]}
          />
          <Section title={t("runs")}>
            <Panel>
              <DataTable
                caption={t("runs")}
                columns={columns}
                rows={data.runs}
                rowKey={(row) => row.id}
                empty={<EmptyState title={t("noRuns")}>{t("noRunsHint")}</EmptyState>}
              />
            </Panel>
          </Section>
          <Drawer open={open === "edit"} onClose={() => setOpen(null)} title={t("edit")}>
            <PatrolForm
              patrol={data}
              onSaved={() => {
                setOpen(null);
                void patrol.refetch();
              }}
            />
          </Drawer>
          <Modal
            open={open === "remove"}
            onClose={() => setOpen(null)}
            title={t("removeTitle", { name: data.name })}
            footer={
              <>
                <Button onClick={() => setOpen(null)}>{tCommon("cancel")}</Button>
                <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate({ id })}>
                  {t("remove")}
                </Button>
              </>
            }
          >
            {t("removeHint")}
          </Modal>
        </>
      )}
    </QueryView>
  );
}

// The way back: the steps worked out from what the repair did, shown before anything runs.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { ApprovalNeedText, useApproveNow } from "../../../../_ui/approval.tsx";
import { Button } from "../../../../_ui/button.tsx";
import { Drawer } from "../../../../_ui/drawer.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { GuardList, StepList } from "../../../../_ui/plan-view.tsx";

export function UndoDrawer({ repairId, onClose }: { repairId: string; onClose: () => void }): ReactNode {
  const t = useTranslations("preview");
  const common = useTranslations("common");
  const text = useText();
  const trpc = useTRPC();
  const router = useRouter();
  const approveNow = useApproveNow();
  const preview = useQuery(trpc.repairs.previewUndo.queryOptions({ id: repairId }));
  const undo = useMutation(
    trpc.repairs.undo.mutationOptions({
      onSuccess: async (repair) => {
        if (repair.state === "awaiting") await approveNow(repair.id);
        router.push(`/repairs/${repair.id}`);
      },
      onError: () => void preview.refetch(),
    }),
  );
  const data = preview.data;
  return (
    <Drawer
      open
      onClose={onClose}
      title={data ? text(data.title) : t("undoTitle")}
      lead={data && t("on", { node: data.nodeName })}
      footer={
        <>
          {undo.error && (
            <p role="alert" className="mr-auto max-w-80 text-unhealthy">
              {readError(undo.error).message}
            </p>
          )}
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            look="primary"
            disabled={!data?.canStart || undo.isPending}
            onClick={() => data && undo.mutate({ id: repairId, planHash: data.planHash })}
          >
            {t("undoStart")}
          </Button>
        </>
      }
    >
      <QueryView query={preview} skeleton={<Skeleton className="h-40" />}>
        {(body) => (
          <div className="flex flex-col gap-5">
            {body.refusal && (
              <p className="rounded-md border border-degraded/60 px-3 py-2 text-degraded">{text(body.refusal)}</p>
            )}
            {body.nothing && <p className="rounded-md bg-sunken px-3 py-2">{text(body.nothing)}</p>}
            {body.guards.length > 0 && (
              <Section title={t("guards")}>
                <GuardList guards={body.guards} />
              </Section>
            )}
            {body.plan && (
              <Section title={t("steps", { count: body.plan.steps.length })}>
                <StepList steps={body.plan.steps} />
              </Section>
            )}
            <p>
              <ApprovalNeedText approval={body.approval} />
            </p>
          </div>
        )}
      </QueryView>
    </Drawer>
  );
}

// The preview: everything that will happen, before anything does. What starts is exactly this plan, or nothing.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { ShownPreview } from "../../../../../server/repairs/schema.ts";
import { duration } from "../../../../_lib/format.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { ApprovalNeedText, useApproveNow } from "../../../../_ui/approval.tsx";
import { Button } from "../../../../_ui/button.tsx";
import { Drawer } from "../../../../_ui/drawer.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Field } from "../../../../_ui/field.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { EvidencePlanLine, GuardList, StepList } from "../../../../_ui/plan-view.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";
import { Amount } from "../../../../_ui/values.tsx";
import { HeldNotice, isOnlyHeld, OverrideReason, REASON_MIN } from "./override-hold.tsx";

function PreviewBody({ preview }: { preview: ShownPreview }): ReactNode {
  const t = useTranslations("preview");
  const text = useText();
  return (
    <div className="flex flex-col gap-5">
      {preview.hold && <HeldNotice hold={preview.hold} />}
      {preview.refusal && !isOnlyHeld(preview) && (
        <p role="status" className="rounded-md border border-degraded/60 px-3 py-2 text-degraded">
          {text(preview.refusal)}
        </p>
      )}
      {preview.ladder && preview.ladder.state !== "held" && preview.ladder.tried.length > 0 && (
        <p className="text-muted">{text(preview.ladder.text)}</p>
      )}
      {preview.budget && !preview.budget.isGranted && (
        <div role="status" className="rounded-md border border-degraded/60 px-3 py-2">
          <p className="text-degraded">{t(preview.approval.kind === "none" ? "budgetNo" : "budgetWaits")}</p>
          <p className="tabular">{text(preview.budget.sum)}</p>
          <Link href="/budget" className="text-accent text-xs hover:underline">
            {t("toBudget")}
          </Link>
        </div>
      )}
      {preview.nothing && <p className="rounded-md bg-sunken px-3 py-2">{text(preview.nothing)}</p>}
      {preview.plan && (
        <Section title={t("touches")}>
          <p className="text-base">{text(preview.plan.touches)}</p>
        </Section>
      )}
      <Section title={t("guards")} note={t("guardsNote")}>
        <GuardList guards={preview.guards} />
      </Section>
      {preview.plan && (
        <>
          <Section title={t("before")}>
            <EvidencePlanLine evidence={preview.plan.evidence} />
          </Section>
          <Section title={t("steps", { count: preview.plan.steps.length })}>
            <StepList steps={preview.plan.steps} />
          </Section>
        </>
      )}
      <Section title={t("after")}>
        <p>
          {t("verifies", { checks: preview.verifies.map((check) => text(check.title)).join(", ") })}{" "}
          <span className="text-muted">
            {t("settle")} <Amount of={duration(preview.settleMs)} /> · {t("within")}{" "}
            <Amount of={duration(preview.verifyWithinMs)} />
          </span>
        </p>
        <p className="mt-1">
          <ApprovalNeedText approval={preview.approval} />
        </p>
        {preview.budget?.isGranted && (
          <p className="mt-1">
            {t("budgetYes")} <span className="tabular text-muted">{text(preview.budget.sum)}</span>
          </p>
        )}
        <p className="mt-1">{preview.hasUndo ? t("undo") : t("noUndo")}</p>
      </Section>
    </div>
  );
}

export function RepairPreviewDrawer(props: { findingId: string; repairId: string; onClose: () => void }): ReactNode {
  const { findingId, repairId, onClose } = props;
  const t = useTranslations("preview");
  const common = useTranslations("common");
  const text = useText();
  const trpc = useTRPC();
  const errorText = useErrorText();
  const router = useRouter();
  const mayRun = useCan("repairs:request");
  const approveNow = useApproveNow();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const preview = useQuery(trpc.repairs.preview.queryOptions({ findingId, repairId }));
  const start = useMutation(
    trpc.repairs.start.mutationOptions({
      onSuccess: async (repair) => {
        if (repair.state === "awaiting") await approveNow(repair.id);
        router.push(`/repairs/${repair.id}`);
      },
      // The node changed since: show the plan as it is now.
      onError: () => void preview.refetch(),
    }),
  );
  const data = preview.data;
  const needsTyping = data?.risk === "destructive";
  const isHeld = data !== undefined && isOnlyHeld(data);
  const mayStart = data?.canStart === true || (isHeld && reason.trim().length >= REASON_MIN);
  // Where nobody has to approve it, it would be refused at once. Who waits for approval waits for the budget as well.
  const isRefused = data?.budget?.isGranted === false && data.approval.kind === "none";
  const isReady = mayStart && !isRefused && (!needsTyping || typed === data?.nodeName);
  const begin = (): void => {
    if (!data) return;
    const override = isHeld ? { reason: reason.trim() } : undefined;
    start.mutate({ findingId, repairId: data.repairId, planHash: data.planHash, override });
  };
  return (
    <Drawer
      open
      onClose={onClose}
      title={data ? text(data.title) : t("title")}
      lead={
        data && (
          <span className="flex flex-wrap items-baseline gap-x-2">
            {t("on", { node: data.nodeName })} <RiskBadge risk={data.risk} />
          </span>
        )
      }
      footer={
        <>
          {start.error && (
            <p role="alert" className="mr-auto max-w-80 text-unhealthy">
              {errorText(start.error)}
            </p>
          )}
          {!mayRun && <p className="mr-auto text-muted">{t("mayNot")}</p>}
          <Button onClick={onClose}>{common("cancel")}</Button>
          {mayRun && data && (
            <Button look="primary" disabled={!isReady || start.isPending} onClick={begin}>
              {start.isPending
                ? t("starting")
                : data.approval.kind === "none"
                  ? t(isHeld ? "startAnyway" : "start", { node: data.nodeName })
                  : t("request", { node: data.nodeName })}
            </Button>
          )}
        </>
      }
    >
      <QueryView
        query={preview}
        skeleton={
          <div className="flex flex-col gap-4">
            <Skeleton className="h-5 w-3/4" />
            <Skeleton className="h-24" />
            <Skeleton className="h-32" />
          </div>
        }
      >
        {(body) => (
          <>
            <PreviewBody preview={body} />
            {mayRun && isOnlyHeld(body) && (
              <div className="mt-5">
                <OverrideReason value={reason} onChange={setReason} />
              </div>
            )}
            {needsTyping && (body.canStart || isOnlyHeld(body)) && mayRun && (
              <div className="mt-5">
                <Field
                  label={t("typeName", { node: body.nodeName })}
                  value={typed}
                  onChange={(event) => setTyped(event.target.value)}
                  autoComplete="off"
                />
              </div>
            )}
          </>
        )}
      </QueryView>
    </Drawer>
  );
}

// What would end it, with how often it did: people without rights on nodes request it, SREs open the gray repair.
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { CaseDetail, Suggestion } from "../../../../../server/diagnosis/schema.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { ApprovalNeedText } from "../../../../_ui/approval.tsx";
import { Button, ButtonLink } from "../../../../_ui/button.tsx";
import { Modal } from "../../../../_ui/drawer.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { GuardList } from "../../../../_ui/plan-view.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";

function Worked({ suggestion }: { suggestion: Suggestion }): ReactNode {
  const t = useTranslations("diagnose");
  const { succeeded, total, succeededOnKernel, totalOnKernel } = suggestion.record;
  if (total === 0) return <span>{t("neverRan")}</span>;
  return (
    <span>
      {t("worked", { succeeded, total })}
      {totalOnKernel > 0 && totalOnKernel < total && (
        <> · {t("workedOnKernel", { succeeded: succeededOnKernel, total: totalOnKernel })}</>
      )}
    </span>
  );
}

export function Suggestions({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const [wished, setWished] = useState<Suggestion | null>(null);
  if (found.suggestions.length === 0) return null;
  return (
    <Section title={t("suggestions")}>
      <ul className="flex flex-col gap-3">
        {found.suggestions.map((suggestion) => (
          <li key={`${suggestion.findingId} ${suggestion.repairId}`} className="rounded-md border bg-surface px-4 py-3">
            <p className="font-medium">{text(suggestion.title)}</p>
            <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-muted text-xs">
              <RiskBadge risk={suggestion.risk} />
              <Worked suggestion={suggestion} />
            </p>
            <div className="mt-2">
              <Act suggestion={suggestion} onRequest={() => setWished(suggestion)} />
            </div>
          </li>
        ))}
      </ul>
      {wished && <Request caseId={found.caseId} suggestion={wished} onClose={() => setWished(null)} />}
    </Section>
  );
}

function Act({ suggestion, onRequest }: { suggestion: Suggestion; onRequest: () => void }): ReactNode {
  const t = useTranslations("diagnose");
  if (suggestion.runId) return <p className="text-muted text-xs">{t("alreadyAsked")}</p>;
  if (suggestion.way === "none") return <p className="text-muted text-xs">{t("mayNotAsk")}</p>;
  if (suggestion.way === "request")
    return (
      <Button look="primary" onClick={onRequest}>
        {t("request")}
      </Button>
    );
  return (
    <ButtonLink look="primary" href={`/findings/${suggestion.findingId}?repair=${suggestion.repairId}`}>
      {t("openRepair")}
    </ButtonLink>
  );
}

/** What is requested is exactly what is shown: the plan's hash goes along. */
function Request(props: { caseId: string; suggestion: Suggestion; onClose: () => void }): ReactNode {
  const { caseId, suggestion, onClose } = props;
  const { findingId, repairId } = suggestion;
  const t = useTranslations("diagnose");
  const tCommon = useTranslations("common");
  const text = useText();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const errorText = useErrorText();
  const preview = useQuery(trpc.repairs.preview.queryOptions({ findingId, repairId }));
  const request = useMutation(
    trpc.diagnosis.requestRepair.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries(trpc.diagnosis.pathFilter());
        onClose();
      },
      // The node changed since: the plan is shown as it is now.
      onError: () => void preview.refetch(),
    }),
  );
  const { data } = preview;
  return (
    <Modal
      title={text(suggestion.title)}
      open
      onClose={onClose}
      footer={
        <>
          {request.error && (
            <p role="alert" className="mr-auto text-unhealthy">
              {errorText(request.error)}
            </p>
          )}
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            look="primary"
            disabled={!data?.canStart || request.isPending}
            onClick={() => data && request.mutate({ caseId, findingId, repairId, planHash: data.planHash })}
          >
            {t("request")}
          </Button>
        </>
      }
    >
      <QueryView query={preview} skeleton={<Skeleton className="h-24" />}>
        {(body) => (
          <div className="flex flex-col gap-4">
            {body.plan && <p className="text-base">{text(body.plan.touches)}</p>}
            {body.refusal && <p className="text-degraded">{text(body.refusal)}</p>}
            {body.nothing && <p>{text(body.nothing)}</p>}
            <GuardList guards={body.guards} />
            <p>
              <ApprovalNeedText approval={body.approval} />
            </p>
            <p className="text-muted text-xs">{t("requestHint")}</p>
          </div>
        )}
      </QueryView>
      <Link href={`/findings/${findingId}`} className="sr-only">
        {text(suggestion.title)}
      </Link>
    </Modal>
  );
}

// A language model's words on it, where one is set up: first exactly what would be sent, then its answer, which decides nothing.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { CaseDetail } from "../../../../../server/diagnosis/schema.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { Modal } from "../../../../_ui/drawer.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";

export function Explain({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const trpc = useTRPC();
  const errorText = useErrorText();
  const [isOpen, setOpen] = useState(false);
  const explain = useMutation(trpc.diagnosis.explain.mutationOptions({ onSuccess: () => setOpen(false) }));
  if (!found.canExplain) return null;
  return (
    <Section title={t("explain")}>
      {explain.data?.text && (
        <div className="mb-2 rounded-md border bg-surface px-4 py-3">
          <p className="mb-2 text-muted text-xs">
            {text(explain.data.label)} ({explain.data.model})
          </p>
          <p className="whitespace-pre-wrap">{explain.data.text}</p>
        </div>
      )}
      {(explain.data?.problem || explain.error) && (
        <p role="alert" className="mb-2 text-unhealthy">
          {explain.data?.problem ?? errorText(explain.error)}
        </p>
      )}
      <Button onClick={() => setOpen(true)}>{t("explainAsk")}</Button>
      {isOpen && (
        <Preview
          caseId={found.caseId}
          isBusy={explain.isPending}
          onClose={() => setOpen(false)}
          onSend={() => explain.mutate({ caseId: found.caseId, confirm: true })}
        />
      )}
    </Section>
  );
}

function Preview(props: { caseId: string; isBusy: boolean; onClose: () => void; onSend: () => void }): ReactNode {
  const t = useTranslations("diagnose");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const preview = useQuery(trpc.diagnosis.explainPreview.queryOptions({ caseId: props.caseId }));
  return (
    <Modal
      title={t("explainTitle")}
      lead={preview.data && t("explainLead", { endpoint: preview.data.endpoint, model: preview.data.model })}
      open
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{tCommon("cancel")}</Button>
          <Button look="primary" disabled={!preview.data?.isConfigured || props.isBusy} onClick={props.onSend}>
            {t("explainSend")}
          </Button>
        </>
      }
    >
      <QueryView query={preview} skeleton={<Skeleton className="h-32" />}>
        {({ messages }) => (
          <div className="flex flex-col gap-3">
            {messages.map(({ role, content }) => (
              <pre key={role} className="whitespace-pre-wrap break-words rounded-sm bg-sunken p-3 font-mono text-xs">
                {content}
              </pre>
            ))}
          </div>
        )}
      </QueryView>
    </Modal>
  );
}

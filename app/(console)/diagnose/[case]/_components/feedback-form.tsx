// Did it help? One click; where it did not, what it was.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { CaseDetail, Feedback } from "../../../../../server/diagnosis/schema.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { AreaField } from "../../../../_ui/field.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { CausePicker } from "../../_components/cause-picker.tsx";

const feedbacks = ["solved", "not-solved", "wrong"] as const;

export function FeedbackForm({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const errorText = useErrorText();
  const [chosen, setChosen] = useState<Feedback | null>(null);
  const [note, setNote] = useState("");
  const [cause, setCause] = useState<string | null>(null);
  const give = useMutation(
    trpc.diagnosis.feedback.mutationOptions({
      onSuccess: () => {
        toast(t("thanks"));
        setChosen(null);
        void queries.invalidateQueries(trpc.diagnosis.pathFilter());
      },
      onError: (error) => toast.error(errorText(error)),
    }),
  );
  const send = (feedback: Feedback): void =>
    give.mutate({ caseId: found.caseId, feedback, note, ...(cause ? { rightCause: cause } : {}) });
  if (!found.isYours && !found.feedback) return null;
  return (
    <Section title={t("didItHelp")}>
      {found.feedback && <p className="mb-2 text-muted">{t(`feedbacks.${found.feedback.feedback}`)}</p>}
      {found.isYours && (
        <div className="flex flex-wrap gap-2">
          {feedbacks.map((feedback) => (
            <Button
              key={feedback}
              disabled={give.isPending}
              aria-pressed={chosen === feedback}
              onClick={() => (feedback === "solved" ? send(feedback) : setChosen(feedback))}
            >
              {t(`feedbacks.${feedback}`)}
            </Button>
          ))}
        </div>
      )}
      {chosen && (
        <div className="mt-3 flex flex-col gap-3">
          {chosen === "wrong" && <CausePicker value={cause} onChange={setCause} />}
          <AreaField
            label={t("feedbackNote")}
            rows={3}
            value={note}
            maxLength={2_000}
            onChange={(event) => setNote(event.target.value)}
          />
          <Button look="primary" disabled={give.isPending} onClick={() => send(chosen)}>
            {t("send")}
          </Button>
        </div>
      )}
    </Section>
  );
}

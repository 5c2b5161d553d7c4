// A gate asks: open it, or keep it shut, with a reason that stays in the time line. On the rollout's own page and in the queue of approvals.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { FormEvent, ReactNode } from "react";
import { toast } from "sonner";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { useReread } from "./approval.tsx";
import { Button } from "./button.tsx";
import { Field } from "./field.tsx";

/** @param after index of the wave that has passed */
export function GateForm({ id, after, canDecide }: { id: string; after: number; canDecide: boolean }): ReactNode {
  const t = useTranslations("rollout");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useReread();
  const decide = useMutation(
    trpc.rollouts.decideGate.mutationOptions({
      onSuccess: (_, { isOpen }) => {
        toast(isOpen ? t("gateOpened") : t("gateShut"));
        reread();
      },
    }),
  );
  if (!canDecide) return <p className="text-muted">{t("gateOthers")}</p>;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    // The button that was pressed says which way; Enter in the field opens.
    const { submitter } = event.nativeEvent as SubmitEvent;
    const reason = String(new FormData(event.currentTarget).get("reason"));
    decide.mutate({ id, after, isOpen: submitter?.getAttribute("value") !== "shut", reason });
  };
  return (
    <>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
        <div className="min-w-60 flex-1 sm:max-w-96">
          <Field label={t("reason")} name="reason" required minLength={3} maxLength={500} autoComplete="off" />
        </div>
        <Button type="submit" value="open" look="primary" disabled={decide.isPending}>
          {t("openGate")}
        </Button>
        <Button type="submit" value="shut" look="danger" disabled={decide.isPending}>
          {t("shutGate")}
        </Button>
      </form>
      {decide.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(decide.error)}
        </p>
      )}
    </>
  );
}

// Takes a node out of use for a while: owner, reason and end are known from the first moment, and where it cannot be had now it waits in line.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { CordonAnswer } from "../../server/budget/schema.ts";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { Button } from "./button.tsx";
import { Field, SelectField } from "./field.tsx";
import { useRereadRollouts } from "./rollout-actions.tsx";

const HOUR_MS = 3_600_000;
/** Offered spans, hours. */
export const cordonHours = [1, 2, 4, 8, 24, 72, 168] as const;

/** For how long, why, and whether to wait in line. */
export function CordonFields(): ReactNode {
  const t = useTranslations("budget");
  return (
    <>
      <SelectField
        label={t("for")}
        name="hours"
        defaultValue="2"
        options={cordonHours.map((hours) => ({ value: String(hours), label: t("hours", { hours }) }))}
      />
      <Field
        label={t("reason")}
        hint={t("cordonReasonHint")}
        name="reason"
        required
        minLength={3}
        maxLength={500}
        autoComplete="off"
      />
      <label className="flex items-center gap-2">
        <input type="checkbox" name="waiting" defaultChecked /> {t("waiting")}
      </label>
    </>
  );
}

/** What the fields say. */
export const readCordon = (form: FormData) => ({
  forMs: Number(form.get("hours")) * HOUR_MS,
  reason: String(form.get("reason")),
  isWaiting: form.get("waiting") !== null,
});

/** @param node name or id; asked for when absent */
export function CordonForm({ node, onDone }: { node?: string; onDone: () => void }): ReactNode {
  const t = useTranslations("budget");
  const text = useText();
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  const [refused, setRefused] = useState<CordonAnswer | null>(null);
  const cordon = useMutation(
    trpc.leases.cordon.mutationOptions({
      onSuccess: (answer, input) => {
        reread();
        if (answer.leaseId === null && answer.requestId === null) return setRefused(answer);
        toast(answer.leaseId ? t("cordoned", { node: input.node }) : t("waitsInLine"), {
          description: text(answer.sum),
        });
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setRefused(null);
    const form = new FormData(event.currentTarget);
    cordon.mutate({ node: node ?? String(form.get("node")).trim(), ...readCordon(form) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {node === undefined && (
        <Field label={t("node")} name="node" required maxLength={253} autoComplete="off" autoFocus />
      )}
      <CordonFields />
      {(refused || cordon.error) && (
        <p role="alert" className="text-unhealthy">
          {refused ? text(refused.sum) : errorText(cordon.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={cordon.isPending}>
        {t("cordon")}
      </Button>
    </form>
  );
}

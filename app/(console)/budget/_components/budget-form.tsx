// Changes a pool's safety budget; says why, for the trail.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { type BudgetRow, SetBudget } from "../../../../server/budget/schema.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { useRereadRollouts } from "../../../_ui/rollout-actions.tsx";

const asPercent = (ratio: number): number => Number((ratio * 100).toPrecision(4));

export function BudgetForm({ budget, onSaved }: { budget: BudgetRow; onSaved: () => void }): ReactNode {
  const t = useTranslations("budget");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  const { policy } = budget;
  const [unit, setUnit] = useState<"nodes" | "ratio">("nodes" in policy.maxUnavailable ? "nodes" : "ratio");
  const [fault, setFault] = useState<string | null>(null);
  const save = useMutation(
    trpc.budget.set.mutationOptions({
      onSuccess: () => {
        toast(t("saved", { pool: budget.pool }));
        reread();
        onSaved();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string): number => Number(form.get(name));
    const input = SetBudget.safeParse({
      pool: budget.pool,
      policy: {
        maxUnavailable: unit === "nodes" ? { nodes: number("most") } : { ratio: number("most") / 100 },
        maxUnhealthyRatio: number("unhealthy") / 100,
        maxDomains: number("domains"),
        minAvailable: number("available"),
      },
      reason: form.get("reason"),
    });
    setFault(input.success ? null : t("fault"));
    if (input.success) save.mutate(input.data);
  };
  const { maxUnavailable } = policy;
  const most = "nodes" in maxUnavailable ? maxUnavailable.nodes : asPercent(maxUnavailable.ratio);
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid grid-cols-2 gap-3">
        <Field
          label={t("most")}
          hint={t("mostHint")}
          name="most"
          type="number"
          min={0.1}
          step="any"
          required
          defaultValue={most}
        />
        <SelectField
          label={t("unit")}
          value={unit}
          onChange={(event) => setUnit(event.target.value === "nodes" ? "nodes" : "ratio")}
          options={[
            { value: "ratio", label: t("unitRatio") },
            { value: "nodes", label: t("unitNodes") },
          ]}
        />
      </div>
      <Field
        label={t("unhealthy")}
        hint={t("unhealthyHint")}
        name="unhealthy"
        type="number"
        min={1}
        max={100}
        step="any"
        required
        defaultValue={asPercent(policy.maxUnhealthyRatio)}
      />
      <Field
        label={t("domains")}
        hint={t("domainsHint")}
        name="domains"
        type="number"
        min={1}
        required
        defaultValue={policy.maxDomains}
      />
      <Field
        label={t("available")}
        hint={t("availableHint")}
        name="available"
        type="number"
        min={0}
        required
        defaultValue={policy.minAvailable}
      />
      <Field label={t("reason")} name="reason" required minLength={3} maxLength={500} autoComplete="off" />
      {(fault ?? save.error) && (
        <p role="alert" className="text-unhealthy">
          {fault ?? errorText(save.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={save.isPending}>
        {t("save")}
      </Button>
    </form>
  );
}

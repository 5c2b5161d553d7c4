// Form for a join token: where its nodes belong, how many may use it, and for how long.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import type { NewJoinToken } from "../../../../server/agents/schema.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { parseCidrs, parseLabels } from "./labels.ts";

export function TokenForm({ onCreated }: { onCreated: (token: NewJoinToken) => void }): ReactNode {
  const t = useTranslations("addNode");
  const trpc = useTRPC();
  const [labelFault, setLabelFault] = useState<string | null>(null);
  const create = useMutation(trpc.joinTokens.create.mutationOptions({ onSuccess: onCreated }));

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const parsed = parseLabels(String(form.get("labels")));
    if ("fault" in parsed) {
      setLabelFault(t("labelFault", { part: parsed.fault }));
      return;
    }
    setLabelFault(null);
    create.mutate({
      pool: String(form.get("pool")),
      cidrs: parseCidrs(String(form.get("cidrs"))),
      labels: parsed.labels,
      maxUses: Number(form.get("maxUses")),
      expiresInMinutes: Number(form.get("expires")),
      note: String(form.get("note")),
    });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label={t("pool")}
        name="pool"
        defaultValue="default"
        required
        pattern="[A-Za-z0-9]([A-Za-z0-9_./\-]{0,61}[A-Za-z0-9])?"
      />
      <Field
        label={t("labels")}
        name="labels"
        placeholder="zone=a, rack=r1"
        hint={t("labelsHint")}
        fault={labelFault}
        className="font-mono"
      />
      <div className="grid grid-cols-2 gap-3">
        <Field label={t("maxUses")} name="maxUses" type="number" min={1} max={1000} defaultValue={1} required />
        <SelectField
          label={t("expires")}
          name="expires"
          defaultValue="60"
          options={[
            { value: "15", label: t("minutes", { count: 15 }) },
            { value: "60", label: t("hours", { count: 1 }) },
            { value: "480", label: t("hours", { count: 8 }) },
            { value: "1440", label: t("days", { count: 1 }) },
            { value: "10080", label: t("days", { count: 7 }) },
          ]}
        />
      </div>
      <Field
        label={t("cidrs")}
        name="cidrs"
        placeholder="10.20.0.0/16, 2001:db8::/32"
        hint={t("cidrsHint")}
        className="font-mono"
      />
      <Field label={t("note")} name="note" maxLength={200} placeholder={t("notePlaceholder")} />
      {create.error && (
        <p role="alert" className="text-unhealthy">
          {readError(create.error).message}
        </p>
      )}
      <Button type="submit" look="primary" disabled={create.isPending}>
        {t("create")}
      </Button>
    </form>
  );
}

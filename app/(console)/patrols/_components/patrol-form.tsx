// Makes or changes a patrol: which nodes, which checks, when, spread over how long.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { parseSelector } from "../../../../selectors/parse.ts";
import { type PatrolRow, Trigger } from "../../../../server/patrols/schema.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { SelectorField } from "../../../_ui/selector-field.tsx";

const kinds = ["interval", "cron", "change", "manual"] as const;
const MINUTE_MS = 60_000;
const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** Fields of the chosen kind of trigger. */
function TriggerFields({ kind, old }: { kind: Trigger["type"]; old: Trigger | undefined }): ReactNode {
  const t = useTranslations("patrols");
  if (kind === "interval")
    return (
      <Field
        label={t("everyMinutes")}
        name="minutes"
        type="number"
        min={1}
        max={44_640}
        required
        defaultValue={old?.type === "interval" ? old.everyMs / MINUTE_MS : 60}
      />
    );
  if (kind === "cron")
    return (
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        <Field
          label={t("expression")}
          name="expression"
          required
          className="font-mono text-xs"
          defaultValue={old?.type === "cron" ? old.expression : "0 6 * * 1-5"}
          hint={t("expressionHint")}
        />
        <Field
          label={t("timeZone")}
          name="timeZone"
          required
          defaultValue={old?.type === "cron" ? old.timeZone : new Intl.DateTimeFormat().resolvedOptions().timeZone}
        />
      </div>
    );
  if (kind === "change")
    return (
      <Field
        label={t("kinds")}
        name="kinds"
        required
        className="font-mono text-xs"
        defaultValue={old?.type === "change" ? old.kinds.join(" ") : "node-state"}
        hint={t("kindsHint")}
      />
    );
  return null;
}

function readTrigger(kind: Trigger["type"], form: FormData): unknown {
  if (kind === "interval") return { type: kind, everyMs: Number(form.get("minutes")) * MINUTE_MS };
  if (kind === "cron")
    return { type: kind, expression: String(form.get("expression")), timeZone: String(form.get("timeZone")) };
  if (kind === "change") return { type: kind, kinds: words(String(form.get("kinds"))) };
  return { type: kind };
}

/** @param patrol the one to change; a new one when absent */
export function PatrolForm({ patrol, onSaved }: { patrol?: PatrolRow; onSaved: (id: string) => void }): ReactNode {
  const t = useTranslations("patrols");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const [selector, setSelector] = useState(patrol?.selector ?? "*");
  const [kind, setKind] = useState<Trigger["type"]>(patrol?.trigger.type ?? "interval");
  const [fault, setFault] = useState<string | null>(null);
  const create = useMutation(trpc.patrols.create.mutationOptions({ onSuccess: ({ id }) => onSaved(id) }));
  const update = useMutation(trpc.patrols.update.mutationOptions({ onSuccess: ({ id }) => onSaved(id) }));
  const failure = create.error ?? update.error;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const trigger = Trigger.safeParse(readTrigger(kind, form));
    setFault(trigger.success ? null : t("fault"));
    if (!trigger.success || !parseSelector(selector).ok) return;
    const input = {
      name: String(form.get("name")),
      selector,
      checkIds: words(String(form.get("checks"))),
      trigger: trigger.data,
      jitterMs: Number(form.get("jitter")) * MINUTE_MS,
      isEnabled: form.get("enabled") !== null,
    };
    if (patrol) update.mutate({ ...input, id: patrol.id });
    else create.mutate(input);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("name")} name="name" required maxLength={80} defaultValue={patrol?.name} autoFocus />
      <SelectorField label={t("nodes")} value={selector} onChange={setSelector} />
      <Field
        label={t("checks")}
        name="checks"
        className="font-mono text-xs"
        defaultValue={patrol?.checkIds.join(" ")}
        hint={t("checksHint")}
      />
      <SelectField
        label={t("when")}
        value={kind}
        onChange={(event) => setKind(kinds.find((one) => one === event.target.value) ?? "manual")}
        options={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
      />
      <TriggerFields key={kind} kind={kind} old={patrol?.trigger} />
      <Field
        label={t("jitter")}
        name="jitter"
        type="number"
        min={0}
        max={360}
        defaultValue={(patrol?.jitterMs ?? 0) / MINUTE_MS}
        hint={t("jitterHint")}
      />
      <label className="flex items-center gap-2">
        <input type="checkbox" name="enabled" defaultChecked={patrol?.isEnabled ?? true} />
        {t("enabled")}
      </label>
      {(fault ?? failure) && (
        <p role="alert" className="text-unhealthy">
          {fault ?? errorText(failure)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={create.isPending || update.isPending}>
        {patrol ? t("save") : t("create")}
      </Button>
    </form>
  );
}

// "Do not tell me about this until then": what is muted, where, for how long and why. Always with an end.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { Button } from "./button.tsx";
import { Drawer } from "./drawer.tsx";
import { Field, SelectField } from "./field.tsx";
import { SelectorField } from "./selector-field.tsx";

const HOUR_MS = 3_600_000;
/** How long a mute may be, ms; the longest is what the server takes. */
const lengths = {
  "1h": HOUR_MS,
  "8h": 8 * HOUR_MS,
  "1d": 24 * HOUR_MS,
  "7d": 168 * HOUR_MS,
  "30d": 720 * HOUR_MS,
  "90d": 2_159 * HOUR_MS,
};
type Length = keyof typeof lengths;

export type MuteOf = { checkId: string; selector: string; subject: string };

export function MuteDrawer(props: { of: MuteOf; open: boolean; onClose: () => void }): ReactNode {
  const t = useTranslations("mutes");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const [selector, setSelector] = useState(props.of.selector);
  const mute = useMutation(
    trpc.mutes.create.mutationOptions({
      onSuccess: () => {
        toast(t("done"));
        props.onClose();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const length = lengths[String(form.get("length")) as Length] ?? HOUR_MS;
    mute.mutate({
      checkId: String(form.get("check")).trim() || "*",
      selector,
      subject: String(form.get("subject")),
      reason: String(form.get("reason")),
      expiresAt: new Date(Date.now() + length),
    });
  };
  return (
    <Drawer open={props.open} onClose={props.onClose} title={t("new")} lead={t("lead")}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field
          label={t("check")}
          name="check"
          required
          className="font-mono text-xs"
          defaultValue={props.of.checkId}
          hint={t("checkHint")}
        />
        <SelectorField label={t("where")} value={selector} onChange={setSelector} />
        <Field
          label={t("subject")}
          name="subject"
          className="font-mono text-xs"
          defaultValue={props.of.subject}
          hint={t("subjectHint")}
        />
        <SelectField
          label={t("length")}
          name="length"
          defaultValue="8h"
          options={(Object.keys(lengths) as Length[]).map((value) => ({ value, label: t(`lengths.${value}`) }))}
        />
        <Field label={t("reason")} name="reason" required minLength={3} maxLength={500} autoFocus />
        {mute.error && (
          <p role="alert" className="text-unhealthy">
            {errorText(mute.error)}
          </p>
        )}
        <Button type="submit" look="primary" disabled={mute.isPending}>
          {t("mute")}
        </Button>
      </form>
    </Drawer>
  );
}

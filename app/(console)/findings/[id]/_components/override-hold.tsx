// In the preview while an incident holds the node's repairs: why it waits, and the reason without which a person cannot start it all the same.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { ShownPreview } from "../../../../../server/repairs/schema.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Field } from "../../../../_ui/field.tsx";
import { StateShape } from "../../../../_ui/state-badge.tsx";

/** Shortest reason that the server takes, characters. */
export const REASON_MIN = 3;

/** Nothing but the incident speaks against it: with a reason it may start. */
export const isOnlyHeld = ({ hold, refusal, plan }: ShownPreview): boolean =>
  hold !== null && plan !== null && refusal?.en === hold.text.en;

export function HeldNotice({ hold }: { hold: NonNullable<ShownPreview["hold"]> }): ReactNode {
  const t = useTranslations("preview");
  const text = useText();
  return (
    <div role="status" className="flex items-start gap-3 rounded-md border border-degraded/60 px-3 py-2">
      <StateShape look={{ tone: "degraded", shape: "pause" }} className="mt-1" />
      <div className="min-w-0">
        <p>{text(hold.text)}</p>
        <Link href={`/incidents/${hold.incidentId}`} className="text-accent hover:underline">
          {t("toIncident", { title: text(hold.title) })}
        </Link>
      </div>
    </div>
  );
}

export function OverrideReason(props: { value: string; onChange: (reason: string) => void }): ReactNode {
  const t = useTranslations("preview");
  return (
    <Field
      label={t("overrideReason")}
      hint={t("overrideHint")}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      minLength={REASON_MIN}
      maxLength={500}
      autoComplete="off"
    />
  );
}

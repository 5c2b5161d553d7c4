// The facts that a check reads: typed, or picked from all that agents know to report.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { factKinds } from "../../../../../protocol/facts.ts";
import { cn } from "../../../../_ui/cn.ts";
import { Field } from "../../../../_ui/field.tsx";

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

export function FactsField(props: {
  value: string;
  onChange: (value: string) => void;
  fault: string | null;
}): ReactNode {
  const t = useTranslations("editor");
  const chosen = words(props.value);
  const toggle = (kind: string): void =>
    props.onChange((chosen.includes(kind) ? chosen.filter((one) => one !== kind) : [...chosen, kind]).join(" "));
  return (
    <div className="min-w-0">
      <Field
        label={t("needs")}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        className="font-mono text-xs"
        fault={props.fault}
        hint={t("needsHint")}
      />
      <details className="mt-1">
        <summary className="text-muted text-xs hover:text-text">{t("allFacts", { count: factKinds.length })}</summary>
        <div className="mt-1 flex max-h-48 flex-wrap gap-1 overflow-y-auto rounded-md border bg-surface p-2">
          {factKinds.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={chosen.includes(kind)}
              onClick={() => toggle(kind)}
              className={cn(
                "h-6 rounded-sm border px-1.5 font-mono text-xs hover:bg-sunken",
                chosen.includes(kind) && "border-accent bg-accent-soft text-accent",
              )}
            >
              {kind}
            </button>
          ))}
        </div>
      </details>
    </div>
  );
}

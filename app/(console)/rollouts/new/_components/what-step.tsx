// Step 1: which kind of change, and its parameters. The form comes from the kind's own schema, which also checks it.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { cn } from "../../../../_ui/cn.ts";
import { Field } from "../../../../_ui/field.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { fieldsOfKind, useKinds } from "./kinds.ts";
import { ParamInput } from "./param-field.tsx";
import type { StepProps } from "./steps.ts";

function KindCards({ value, onChange }: { value: string; onChange: (kind: string) => void }): ReactNode {
  const t = useTranslations("wizard");
  const text = useText();
  const kinds = useKinds();
  return (
    <fieldset>
      <legend className="sr-only">{t("kind")}</legend>
      <div className="grid grid-cols-1 gap-2 sm:grid-cols-2 xl:grid-cols-3">
        {kinds.map((kind) => (
          <label
            key={kind.kind}
            className={cn(
              "flex cursor-pointer gap-2.5 rounded-md border bg-surface p-3 hover:border-line-strong has-focus-visible:outline-2 has-focus-visible:outline-accent",
              value === kind.kind && "border-accent bg-accent-soft hover:border-accent",
            )}
          >
            <input
              type="radio"
              name="kind"
              value={kind.kind}
              checked={value === kind.kind}
              onChange={() => onChange(kind.kind)}
              className="mt-0.5"
            />
            <span className="min-w-0">
              <span className="block font-medium">{text(kind.title)}</span>
              <span className="block text-muted text-xs">{text(kind.about)}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Ids of checks and their repairs, to choose from. */
function useSuggestions(isAsking: boolean): Record<string, readonly string[]> {
  const trpc = useTRPC();
  const checks = useQuery(
    trpc.inspections.checks.queryOptions(undefined, { enabled: isAsking, staleTime: 60_000 }),
  ).data;
  if (!checks) return {};
  return {
    checkId: checks.filter(({ repairs }) => repairs.length > 0).map(({ id }) => id),
    repairId: [...new Set(checks.flatMap(({ repairs }) => repairs.map(({ id }) => id)))].sort(),
  };
}

export function WhatStep({ draft, set, faults, isTouched }: StepProps): ReactNode {
  const t = useTranslations("wizard");
  const fields = fieldsOfKind(useKinds(), draft.kind);
  const typed = draft.params[draft.kind] ?? {};
  const suggestions = useSuggestions(draft.kind === "repair");
  const change = (name: string, value: string): void => {
    const params = { ...draft.params, [draft.kind]: { ...typed, [name]: value } };
    // A repair goes where its finding is.
    const where = draft.kind === "repair" && name === "checkId" ? { ...draft.where, checkId: value } : draft.where;
    set({ params, where });
  };
  return (
    <div className="flex flex-col gap-6">
      <KindCards value={draft.kind} onChange={(kind) => set({ kind })} />
      {faults.kind && isTouched && <p className="text-unhealthy">{faults.kind}</p>}
      {fields.length > 0 && (
        <Section title={t("params")}>
          <div className="flex max-w-3xl flex-col gap-4">
            {fields.map((field) => {
              const value = typed[field.name] ?? field.preset;
              const isShown = isTouched || (typed[field.name] ?? "") !== "";
              return (
                <ParamInput
                  key={`${draft.kind} ${field.name}`}
                  field={field}
                  value={value}
                  fault={isShown ? (faults[`params.${field.name}`] ?? null) : null}
                  onChange={(one) => change(field.name, one)}
                  suggestions={suggestions[field.name]}
                />
              );
            })}
          </div>
        </Section>
      )}
      <Section title={t("titleOf")}>
        <div className="max-w-3xl">
          <Field
            label={t("title")}
            hint={t("titleHint")}
            value={draft.title}
            maxLength={200}
            autoComplete="off"
            onChange={(event) => set({ title: event.target.value })}
          />
        </div>
      </Section>
    </div>
  );
}

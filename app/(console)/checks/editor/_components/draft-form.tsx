// The fields of a definition, each with what is wrong with it right under it.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { areas, type DraftError } from "../../../../../server/custom-checks/schema.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { AreaField, Field, SelectField } from "../../../../_ui/field.tsx";
import { type Fields, faultOf } from "./draft.ts";
import { FactsField } from "./facts-field.tsx";

/** The server's word on a field's expression, with the place it means. */
function useExpressionFault(errors: DraftError[], fields: Fields): (field: string) => string | null {
  const text = useText();
  const sources: Record<string, string> = {
    ...fields,
    "message.en": fields.messageEn,
    "message.zh": fields.messageZh,
  };
  return (field) => {
    const error = errors.find((one) => one.field === field || one.field.startsWith(`${field}.`));
    if (!error) return null;
    const { start, end } = error;
    const place = start === null ? "" : (sources[error.field] ?? "").slice(start, end ?? start + 1);
    return place.trim() ? `${text(error.message)} ⟨${place}⟩` : text(error.message);
  };
}

/** What is wrong with the form of a field, where it is not that nothing stands there. */
const words = {
  id: "id",
  needs: "needs",
  raiseAfterMs: "seconds",
  clearAfterMs: "seconds",
  factTtlMs: "age",
} as const;

export function DraftForm(props: {
  fields: Fields;
  onChange: (fields: Fields) => void;
  faults: Record<string, string>;
  errors: DraftError[];
  /** A saved check keeps its id. */
  isSaved: boolean;
}): ReactNode {
  const { fields, faults } = props;
  const t = useTranslations("editor");
  const tAll = useTranslations();
  const said = useExpressionFault(props.errors, fields);
  const set = (name: keyof Fields) => (event: { target: { value: string } }) =>
    props.onChange({ ...fields, [name]: event.target.value });
  const form = (field: string): string | null => {
    const raw = faultOf(faults, field);
    if (raw === null || field === "fixtures") return raw;
    return Object.hasOwn(words, field) ? t(`faults.${words[field as keyof typeof words]}`) : t("faults.missing");
  };
  const fault = (field: string): string | null => form(field) ?? said(field);
  const mono = "font-mono text-xs";
  return (
    <div className="flex flex-col gap-4">
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        <Field
          label={t("id")}
          value={fields.id}
          onChange={set("id")}
          className={mono}
          disabled={props.isSaved}
          fault={fault("id")}
        />
        <FactsField
          value={fields.needs}
          onChange={(needs) => props.onChange({ ...fields, needs })}
          fault={fault("needs")}
        />
        <Field label={t("titleEn")} value={fields.titleEn} onChange={set("titleEn")} fault={fault("title.en")} />
        <Field label={t("titleZh")} value={fields.titleZh} onChange={set("titleZh")} />
        <SelectField
          label={tAll("checks.area")}
          value={fields.area}
          onChange={set("area")}
          options={areas.map((value) => ({ value, label: value }))}
        />
        <SelectField
          label={tAll("findings.severity")}
          value={fields.severity}
          onChange={set("severity")}
          options={(["critical", "warning", "info"] as const).map((value) => ({
            value,
            label: tAll(`severity.${value}`),
          }))}
        />
      </div>
      <AreaField
        label={t("problem")}
        value={fields.problem}
        onChange={set("problem")}
        rows={2}
        className={mono}
        fault={fault("problem")}
        hint={t("problemHint")}
      />
      <AreaField
        label={t("clear")}
        value={fields.clear}
        onChange={set("clear")}
        rows={1}
        className={mono}
        fault={fault("clear")}
        hint={t("clearHint")}
      />
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        <AreaField
          label={t("each")}
          value={fields.each}
          onChange={set("each")}
          rows={1}
          className={mono}
          fault={fault("each")}
          hint={t("eachHint")}
        />
        <AreaField
          label={t("subject")}
          value={fields.subject}
          onChange={set("subject")}
          rows={1}
          className={mono}
          fault={fault("subject")}
          hint={t("subjectHint")}
        />
        <AreaField
          label={t("messageEn")}
          value={fields.messageEn}
          onChange={set("messageEn")}
          rows={2}
          fault={fault("message.en")}
          hint={t("messageHint")}
        />
        <AreaField
          label={t("messageZh")}
          value={fields.messageZh}
          onChange={set("messageZh")}
          rows={2}
          fault={fault("message.zh")}
        />
        <AreaField
          label={t("suggestionEn")}
          value={fields.suggestionEn}
          onChange={set("suggestionEn")}
          rows={2}
          fault={fault("suggestion.en")}
        />
        <AreaField label={t("suggestionZh")} value={fields.suggestionZh} onChange={set("suggestionZh")} rows={2} />
      </div>
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-3">
        <Field
          label={t("raiseAfter")}
          type="number"
          min={0}
          value={fields.raiseAfterS}
          onChange={set("raiseAfterS")}
          fault={fault("raiseAfterMs")}
        />
        <Field
          label={t("clearAfter")}
          type="number"
          min={0}
          value={fields.clearAfterS}
          onChange={set("clearAfterS")}
          fault={fault("clearAfterMs")}
        />
        <Field
          label={t("factTtl")}
          type="number"
          min={60}
          value={fields.factTtlS}
          onChange={set("factTtlS")}
          fault={fault("factTtlMs")}
        />
      </div>
      <AreaField
        label={t("fixtures")}
        value={fields.fixtures}
        onChange={set("fixtures")}
        rows={10}
        className={mono}
        fault={fault("fixtures")}
        hint={t("fixturesHint")}
      />
    </div>
  );
}

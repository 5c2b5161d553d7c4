// One field of a change's form, by the type of its parameter.
"use client";
import { useTranslations } from "next-intl";
import { type ReactNode, useId } from "react";
import { bytes } from "../../../../_lib/format.ts";
import { AreaField, Field, SelectField } from "../../../../_ui/field.tsx";
import { Amount } from "../../../../_ui/values.tsx";
import type { ParamField } from "./param-fields.ts";

/** "containerd_version" and "maxAge" as words, for parameters without words of their own. */
const humanise = (name: string): string => {
  const text = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll(/[_-]/g, " ")
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export function useParamName(): (name: string) => string {
  const t = useTranslations("wizard.param");
  // Parameters come from the catalogue of changes; those without a word here are shown by their own name.
  return (name) => {
    const key = name as Parameters<typeof t>[0];
    return name === "" ? t("all") : t.has(key) ? t(key) : humanise(name);
  };
}

type Props = {
  field: ParamField;
  value: string;
  fault: string | null;
  onChange: (value: string) => void;
  /** Values to choose from while one types. */
  suggestions?: readonly string[];
};

function Text({ field, value, fault, onChange, suggestions }: Props): ReactNode {
  const nameOf = useParamName();
  const list = useId();
  return (
    <>
      <Field
        label={nameOf(field.name)}
        value={value}
        type={field.type === "number" ? "number" : "text"}
        maxLength={field.max ?? undefined}
        onChange={(event) => onChange(event.target.value)}
        className={field.type === "number" ? undefined : "font-mono text-xs"}
        list={suggestions ? list : undefined}
        autoComplete="off"
        fault={fault}
      />
      {suggestions && (
        <datalist id={list}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}

function Area({ field, value, fault, onChange }: Props): ReactNode {
  const t = useTranslations("wizard");
  const nameOf = useParamName();
  const isFile = field.type === "area";
  const size = new TextEncoder().encode(value).length;
  const lines = value === "" ? 0 : value.split("\n").length - (value.endsWith("\n") ? 1 : 0);
  return (
    <AreaField
      label={nameOf(field.name)}
      value={value}
      rows={isFile ? 14 : field.type === "json" ? 8 : 3}
      onChange={(event) => onChange(event.target.value)}
      className="font-mono text-xs"
      fault={fault}
      hint={
        isFile ? (
          <>
            {t("fileSize", { lines })} <Amount of={bytes(size)} />
            {field.max && (
              <>
                {" / "}
                <Amount of={bytes(field.max)} />
              </>
            )}
          </>
        ) : field.type === "json" ? (
          t("jsonHint")
        ) : field.type === "pairs" ? (
          t("pairsHint")
        ) : (
          t("linesHint")
        )
      }
    />
  );
}

export function ParamInput(props: Props): ReactNode {
  const { field, value, onChange, fault } = props;
  const t = useTranslations("wizard");
  const nameOf = useParamName();
  if (field.type === "flag")
    return (
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={value === "true"}
          onChange={(event) => onChange(event.target.checked ? "true" : "false")}
        />
        {nameOf(field.name)}
      </label>
    );
  if (field.type === "choice")
    return (
      <SelectField
        label={nameOf(field.name)}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        fault={fault}
        options={[
          ...(field.preset === "" ? [{ value: "", label: field.isRequired ? t("choose") : t("unset") }] : []),
          ...field.choices.map((one) => ({ value: one, label: one })),
        ]}
      />
    );
  return field.type === "text" || field.type === "number" ? <Text {...props} /> : <Area {...props} />;
}

// Roles in parts of the fleet: a short list with a line to add one.
"use client";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { parseSelector } from "../../../../selectors/parse.ts";
import { type Grant, type Role, roles } from "../../../../server/core/access.ts";
import { useText } from "../../../_lib/use-text.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";

export function GrantsField({ value, onChange }: { value: Grant[]; onChange: (grants: Grant[]) => void }): ReactNode {
  const t = useTranslations("people");
  const tRole = useTranslations("shell.role");
  const text = useText();
  const [role, setRole] = useState<Role>("operator");
  const [selector, setSelector] = useState("");
  const parsed = selector.trim() === "" ? null : parseSelector(selector);
  const name = (grant: Grant): string => `${tRole(grant.role)} ${grant.selector}`;
  const add = (): void => {
    if (!parsed?.ok) return;
    const grant = { role, selector: selector.trim() };
    if (!value.some((one) => one.role === role && one.selector === grant.selector)) onChange([...value, grant]);
    setSelector("");
  };
  return (
    <fieldset className="flex flex-col gap-2 rounded-md border p-3">
      <legend className="px-1 font-medium">{t("grants")}</legend>
      {value.length > 0 && (
        <ul className="flex flex-col gap-1">
          {value.map((grant) => (
            <li key={name(grant)} className="flex items-center justify-between gap-2">
              <span className="min-w-0 break-words">
                {tRole(grant.role)} <code className="font-mono text-xs">{grant.selector}</code>
              </span>
              <Button
                look="ghost"
                size="icon"
                aria-label={t("removeGrant", { grant: name(grant) })}
                onClick={() => onChange(value.filter((one) => one !== grant))}
              >
                <X aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap items-start gap-2">
        <div className="w-36">
          <SelectField
            label={t("grantRole")}
            value={role}
            onChange={(event) => setRole(roles.find((one) => one === event.target.value) ?? "viewer")}
            options={roles.map((one) => ({ value: one, label: tRole(one) }))}
          />
        </div>
        <div className="min-w-40 flex-1">
          <Field
            label={t("grantSelector")}
            hint={t("selectorHint")}
            value={selector}
            className="font-mono text-xs"
            onChange={(event) => setSelector(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault(); // adds the grant, does not send the form
              add();
            }}
            fault={parsed && !parsed.ok ? text(parsed.error) : null}
          />
        </div>
        <Button className="mt-6" disabled={!parsed?.ok} onClick={add}>
          {t("addGrant")}
        </Button>
      </div>
    </fieldset>
  );
}

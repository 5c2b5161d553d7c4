// Makes an API token: role, where it holds, optionally only some permissions, and an end; then shows it once.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { parseSelector } from "../../../../selectors/parse.ts";
import { can, type Permission, type Role, roles } from "../../../../server/core/access.ts";
import { useMe } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { CopyButton } from "../../../_ui/values.tsx";

function Scopes(props: { role: Role; value: Permission[]; onChange: (scopes: Permission[]) => void }): ReactNode {
  const t = useTranslations("settings.tokens");
  const { role, value, onChange } = props;
  const choices = (useMe()?.permissions ?? []).filter((permission) => can(role, permission));
  return (
    <details className="rounded-md border px-3 py-2">
      <summary className="cursor-pointer font-medium">
        {t("scopes")}
        {value.length > 0 && <span className="text-muted"> ({value.length})</span>}
      </summary>
      <p className="mt-1 text-muted text-xs">{t("scopesHint")}</p>
      <ul className="mt-2 grid grid-cols-2 gap-x-3 gap-y-1">
        {choices.map((permission) => (
          <li key={permission}>
            <label className="flex items-center gap-1.5 font-mono text-xs">
              <input
                type="checkbox"
                checked={value.includes(permission)}
                onChange={(event) =>
                  onChange(event.target.checked ? [...value, permission] : value.filter((one) => one !== permission))
                }
              />
              {permission}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function NewToken({ onCreated }: { onCreated: () => void }): ReactNode {
  const t = useTranslations("settings.tokens");
  const tRole = useTranslations("shell.role");
  const text = useText();
  const trpc = useTRPC();
  const [role, setRole] = useState<Role>("viewer");
  const [selector, setSelector] = useState("*");
  const [scopes, setScopes] = useState<Permission[]>([]);
  const create = useMutation(trpc.accounts.createToken.mutationOptions({ onSuccess: onCreated }));
  const parsed = parseSelector(selector);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!parsed.ok) return;
    const form = new FormData(event.currentTarget);
    const held = scopes.filter((permission) => can(role, permission));
    create.mutate({
      name: String(form.get("name")),
      role,
      selector,
      scopes: held,
      expiresInDays: Number(form.get("days")),
    });
  };
  if (create.data) {
    return (
      <div className="flex flex-col gap-3">
        <p>{t("once")}</p>
        <div className="flex items-start gap-2 rounded-md border border-accent p-2.5">
          <code className="min-w-0 flex-1 break-all font-mono text-xs">{create.data.token}</code>
          <CopyButton text={create.data.token} label={t("copy")} />
        </div>
      </div>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("name")} name="name" required maxLength={100} autoFocus />
      <SelectField
        label={t("role")}
        value={role}
        onChange={(event) => setRole(roles.find((one) => one === event.target.value) ?? "viewer")}
        options={roles.map((one) => ({ value: one, label: tRole(one) }))}
      />
      <Field
        label={t("selector")}
        hint={t("selectorHint")}
        value={selector}
        className="font-mono text-xs"
        onChange={(event) => setSelector(event.target.value)}
        required
        fault={parsed.ok ? null : text(parsed.error)}
      />
      <Scopes role={role} value={scopes} onChange={setScopes} />
      <Field label={t("days")} name="days" type="number" min={1} max={365} defaultValue={90} required />
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

// Makes an account: who, with what rights; then the one-time password.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { type Grant, roles } from "../../../../server/core/access.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { GrantsField } from "./grants-field.tsx";
import { OneTimePassword } from "./one-time-password.tsx";

export function AddPerson({ onMade }: { onMade: () => void }): ReactNode {
  const t = useTranslations("people");
  const tRole = useTranslations("shell.role");
  const trpc = useTRPC();
  const [grants, setGrants] = useState<Grant[]>([]);
  const create = useMutation(trpc.accounts.createPerson.mutationOptions({ onSuccess: onMade }));
  if (create.data) return <OneTimePassword made={create.data} />;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({
      email: String(form.get("email")),
      name: String(form.get("name")),
      role: roles.find((role) => role === form.get("role")) ?? null,
      grants,
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("name")} name="name" maxLength={100} required autoFocus />
      <Field label={t("email")} name="email" type="email" maxLength={254} required autoComplete="off" />
      <SelectField
        label={t("role")}
        name="role"
        defaultValue="viewer"
        options={[{ value: "none", label: t("noRole") }, ...roles.map((role) => ({ value: role, label: tRole(role) }))]}
      />
      <GrantsField value={grants} onChange={setGrants} />
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

// Change of the own password; all other sessions end.
"use client";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { authClient } from "../../../_lib/auth-client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field } from "../../../_ui/field.tsx";

type Result = "changed" | "wrong" | "different" | "unreachable";

export function PasswordForm(): ReactNode {
  const t = useTranslations("settings.password");
  const [result, setResult] = useState<Result | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const newPassword = String(form.get("new"));
    if (newPassword !== String(form.get("again"))) return setResult("different");
    setBusy(true);
    try {
      const { error } = await authClient.changePassword({
        currentPassword: String(form.get("current")),
        newPassword,
        revokeOtherSessions: true,
      });
      setResult(error ? "wrong" : "changed");
      if (!error) element.reset();
    } catch {
      setResult("unreachable");
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex max-w-sm flex-col gap-3">
      <Field label={t("current")} name="current" type="password" autoComplete="current-password" required />
      <Field
        label={t("new")}
        name="new"
        type="password"
        autoComplete="new-password"
        minLength={12}
        maxLength={128}
        hint={t("rule")}
        required
      />
      <Field
        label={t("again")}
        name="again"
        type="password"
        autoComplete="new-password"
        required
        fault={result === "different" ? t("different") : null}
      />
      {result && result !== "different" && (
        <p role="status" className={result === "changed" ? "text-healthy" : "text-unhealthy"}>
          {t(result)}
        </p>
      )}
      <div>
        <Button type="submit" disabled={isBusy}>
          {t("submit")}
        </Button>
      </div>
    </form>
  );
}

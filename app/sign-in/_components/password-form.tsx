// Address and password.
"use client";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { type Outcome, signInWithPassword } from "./calls.ts";

type Failure = "wrong" | "tooMany" | "unreachable";

/** @param onDone everything but a failure, which stays here */
export function PasswordForm({ onDone }: { onDone: (outcome: Outcome) => void }): ReactNode {
  const t = useTranslations("signIn");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    setBusy(true);
    setFailure(null);
    const outcome = await signInWithPassword(String(form.get("email")), String(form.get("password")));
    if (outcome.kind === "done" || outcome.kind === "code") return onDone(outcome);
    setFailure(outcome.kind === "refused" ? "wrong" : outcome.kind);
    setBusy(false);
    // The password is what to type again.
    const field = element.elements.namedItem("password");
    if (field instanceof HTMLInputElement) {
      field.focus();
      field.select();
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <Field
        label={t("email")}
        name="email"
        type="email"
        autoComplete="username"
        defaultValue="admin@nodeops.local"
        required
      />
      <Field label={t("password")} name="password" type="password" autoComplete="current-password" required autoFocus />
      {failure && (
        <p role="alert" className="text-unhealthy">
          {t(failure)}
        </p>
      )}
      <Button type="submit" look="primary" className="mt-1 h-9" disabled={isBusy}>
        {isBusy ? t("busy") : t("submit")}
      </Button>
    </form>
  );
}

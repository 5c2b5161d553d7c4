// Change of the own password; all other sessions end.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field } from "../../../_ui/field.tsx";

const reasons = ["short", "common", "personal", "same"] as const;
type Failure = (typeof reasons)[number] | "wrong" | "failed";

/** What the server found wrong: the new password, the present one, or something else. */
function failureOf(error: unknown): Failure {
  const { details, code } = readError(error);
  const reason = reasons.find((one) => one === details?.password);
  return reason ?? (details?.wrong === "password" || code === "TOO_MANY_REQUESTS" ? "wrong" : "failed");
}

export function PasswordForm(): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [isDifferent, setDifferent] = useState(false);
  const change = useMutation(
    trpc.accounts.changePassword.mutationOptions({ onSuccess: () => queries.invalidateQueries() }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const next = String(form.get("new"));
    setDifferent(next !== String(form.get("again")));
    if (next !== String(form.get("again"))) return;
    change.mutate({ current: String(form.get("current")), next }, { onSuccess: () => element.reset() });
  };
  const failure = change.error ? failureOf(change.error) : null;
  const isAboutNew = failure !== null && failure !== "wrong" && failure !== "failed";
  return (
    <form onSubmit={submit} className="flex max-w-sm flex-col gap-3">
      <Field
        label={t("current")}
        name="current"
        type="password"
        autoComplete="current-password"
        required
        fault={failure === "wrong" ? t("wrong") : null}
      />
      <Field
        label={t("new")}
        name="new"
        type="password"
        autoComplete="new-password"
        minLength={12}
        maxLength={128}
        hint={t("rule")}
        required
        fault={isAboutNew ? t(failure) : null}
      />
      <Field
        label={t("again")}
        name="again"
        type="password"
        autoComplete="new-password"
        required
        fault={isDifferent ? t("different") : null}
      />
      <p role="status" className={failure ? "text-unhealthy" : "text-healthy"}>
        {failure === "failed" ? t("failed") : change.isSuccess ? t("changed") : null}
      </p>
      <div>
        <Button type="submit" disabled={change.isPending}>
          {t("change")}
        </Button>
      </div>
    </form>
  );
}

// The second factor: a code of the app, or a backup code when the app is lost.
"use client";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { type Outcome, signInWithCode } from "./calls.ts";

type Failure = "wrongCode" | "tooMany" | "unreachable";

export function CodeForm({ onDone, onBack }: { onDone: (outcome: Outcome) => void; onBack: () => void }): ReactNode {
  const t = useTranslations("signIn");
  const [isBackup, setBackup] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const code = String(new FormData(element).get("code")).replaceAll(" ", "");
    setBusy(true);
    setFailure(null);
    const outcome = await signInWithCode(code, isBackup);
    if (outcome.kind === "done") return onDone(outcome);
    setFailure(outcome.kind === "refused" || outcome.kind === "code" ? "wrongCode" : outcome.kind);
    setBusy(false);
    element.reset();
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <Field
        key={isBackup ? "backup" : "app"}
        label={isBackup ? t("backupCode") : t("code")}
        hint={isBackup ? undefined : t("codeHint")}
        name="code"
        inputMode={isBackup ? "text" : "numeric"}
        autoComplete="one-time-code"
        maxLength={20}
        required
        autoFocus
      />
      {failure && (
        <p role="alert" className="text-unhealthy">
          {t(failure)}
        </p>
      )}
      <Button type="submit" look="primary" className="mt-1 h-9" disabled={isBusy}>
        {isBusy ? t("busy") : t("submit")}
      </Button>
      <div className="flex flex-wrap justify-between gap-2">
        <Button look="ghost" onClick={() => setBackup(!isBackup)}>
          {isBackup ? t("useApp") : t("useBackup")}
        </Button>
        <Button look="ghost" onClick={onBack}>
          {t("back")}
        </Button>
      </div>
    </form>
  );
}

// Emergency access: the link's code stands behind the "#", which browsers send nowhere; a press of the button uses it.
"use client";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Button } from "../../_ui/button.tsx";
import { type Outcome, signInWithBreakGlass } from "./calls.ts";

/** The code in this page's address, null without one. */
export function breakGlassCode(): string | null {
  return /^#break-glass=([\w-]{20,100})$/.exec(window.location.hash)?.[1] ?? null;
}

export function EmergencyForm({ code, onDone }: { code: string; onDone: (outcome: Outcome) => void }): ReactNode {
  const t = useTranslations("signIn");
  const [isBusy, setBusy] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const open = async (): Promise<void> => {
    setBusy(true);
    setFailed(false);
    const outcome = await signInWithBreakGlass(code);
    if (outcome.kind === "done") return onDone(outcome);
    setFailed(true);
    setBusy(false);
  };
  return (
    <div className="flex flex-col gap-3 rounded-md border-2 border-unhealthy p-3">
      <h2 className="font-semibold">{t("emergency")}</h2>
      <p>{t("emergencyLead")}</p>
      {hasFailed && (
        <p role="alert" className="text-unhealthy">
          {t("emergencyFailed")}
        </p>
      )}
      <Button look="danger" className="h-9" disabled={isBusy} onClick={() => void open()}>
        {t("emergencySubmit")}
      </Button>
    </div>
  );
}

// The one dialog that asks for a proof of presence: password and code, or a passkey.
"use client";
import { startAuthentication } from "@simplewebauthn/browser";
import { useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { leaveToSignIn } from "../_lib/leave.ts";
import { canUsePasskeys } from "../_lib/passkeys.ts";
import { useMe } from "../_lib/use-me.ts";
import { Button } from "../_ui/button.tsx";
import { Modal } from "../_ui/drawer.tsx";
import { Field } from "../_ui/field.tsx";
import { useTRPC, useTRPCClient } from "./client.ts";
import { readError } from "./errors.ts";
import { answerStepUp, onStepUp } from "./step-up.ts";

type Failure = "wrong" | "locked" | "failed";

const failureOf = (error: unknown): Failure => {
  const { code } = readError(error);
  return code === "BAD_REQUEST" ? "wrong" : code === "TOO_MANY_REQUESTS" ? "locked" : "failed";
};

function Form(): ReactNode {
  const t = useTranslations("stepUp");
  const me = useMe();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);

  const confirm = async (proof: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await proof();
      answerStepUp(true);
    } catch (error) {
      setFailure(error instanceof Error && error.name === "NotAllowedError" ? null : failureOf(error));
    }
    setBusy(false);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const totp = form.get("code");
    void confirm(() =>
      client.accounts.confirmPresence.mutate({
        password: String(form.get("password")),
        ...(typeof totp === "string" ? { totp: totp.replaceAll(" ", "") } : {}),
      }),
    );
  };
  const provePasskey = (): void =>
    void confirm(async () => {
      const optionsJSON = await queries.fetchQuery(
        trpc.accounts.presenceOptions.queryOptions(undefined, { staleTime: 0 }),
      );
      const passkey = await startAuthentication({ optionsJSON });
      await client.accounts.confirmPresence.mutate({ passkey: { ...passkey } });
    });

  if (!me) return null;
  const hasPasskey = me.passkeyCount > 0 && canUsePasskeys();
  return (
    <div className="flex flex-col gap-3">
      {hasPasskey && (
        <Button look={me.hasPassword ? undefined : "primary"} disabled={isBusy} onClick={provePasskey}>
          <KeyRound aria-hidden /> {t("passkey")}
        </Button>
      )}
      {me.hasPassword && (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field
            label={t("password")}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
          {me.hasTwoFactor && (
            <Field
              label={t("code")}
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={7}
              required
            />
          )}
          <Button type="submit" look="primary" disabled={isBusy}>
            {t("submit")}
          </Button>
        </form>
      )}
      {!me.hasPassword && !hasPasskey && (
        <>
          <p>{t("again")}</p>
          <Button look="primary" onClick={leaveToSignIn}>
            {t("signOut")}
          </Button>
        </>
      )}
      {failure && (
        <p role="alert" className="text-unhealthy">
          {t(failure)}
        </p>
      )}
    </div>
  );
}

/** Stands once in the page; opens when a change waits for a proof. */
export function StepUpDialog(): ReactNode {
  const t = useTranslations("stepUp");
  const [isOpen, setOpen] = useState(false);
  useEffect(() => onStepUp(setOpen), []);
  return (
    <Modal title={t("title")} lead={t("lead")} open={isOpen} onClose={() => answerStepUp(false)}>
      <Form />
    </Modal>
  );
}

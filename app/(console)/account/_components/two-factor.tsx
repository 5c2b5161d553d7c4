// The authenticator app: set up with a QR code and backup codes, switched on by a first code, switched off.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { FormEvent, ReactNode } from "react";
import { toast } from "sonner";
import { encode } from "uqr";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Modal } from "../../../_ui/drawer.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { CopyButton } from "../../../_ui/values.tsx";

/** Dark squares on white in both themes: cameras read nothing else as surely. */
function QrCode({ text, label }: { text: string; label: string }): ReactNode {
  const { data, size } = encode(text, { ecc: "M", border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : []))).join("");
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} className="size-44 rounded-md border bg-white">
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}

function SetUp({ uri, backupCodes, onDone }: { uri: string; backupCodes: string[]; onDone: () => void }): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const enable = useMutation(trpc.accounts.enableTwoFactor.mutationOptions({ onSuccess: onDone }));
  const key = new URL(uri).searchParams.get("secret") ?? "";
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code")).replaceAll(" ", "");
    enable.mutate({ code });
  };
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-col gap-2">
        <p>{t("scan")}</p>
        <QrCode text={uri} label={t("qr")} />
        <div className="flex items-start gap-2">
          <span className="text-muted">{t("key")}</span>
          <code data-testid="totp-key" className="min-w-0 flex-1 break-all font-mono text-xs leading-5">
            {key}
          </code>
          <CopyButton text={key} label={t("copyKey")} />
        </div>
      </div>
      <div className="flex flex-col gap-2">
        <div className="flex items-center justify-between">
          <h3 className="font-medium">{t("codes")}</h3>
          <CopyButton text={backupCodes.join("\n")} label={t("copyCodes")} />
        </div>
        <p className="text-muted text-xs">{t("codesLead")}</p>
        <ul className="grid grid-cols-2 gap-x-4 font-mono text-xs leading-5">
          {backupCodes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
      </div>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field
          label={t("firstCode")}
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          required
          fault={enable.error ? (readError(enable.error).code === "BAD_REQUEST" ? t("wrongCode") : t("failed")) : null}
        />
        <Button type="submit" look="primary" disabled={enable.isPending}>
          {t("enable")}
        </Button>
      </form>
    </div>
  );
}

export function TwoFactor({ isOn }: { isOn: boolean }): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const reread = () => queries.invalidateQueries(trpc.accounts.pathFilter());
  const onError = (error: unknown) => toast.error(t("failed"), { description: readError(error).message });
  const start = useMutation(trpc.accounts.startTwoFactor.mutationOptions({ onError }));
  const disable = useMutation(
    trpc.accounts.disableTwoFactor.mutationOptions({
      onError,
      onSuccess: () => {
        toast(t("turnedOff"));
        void reread();
      },
    }),
  );
  return (
    <Section title={t("twoFactor")} note={t("twoFactorNote")}>
      <Panel className="flex flex-wrap items-center justify-between gap-3 p-4">
        <p>{isOn ? t("isOn") : t("isOff")}</p>
        {isOn ? (
          <Button look="danger" disabled={disable.isPending} onClick={() => disable.mutate()}>
            {t("turnOff")}
          </Button>
        ) : (
          <Button disabled={start.isPending} onClick={() => start.mutate()}>
            {t("turnOn")}
          </Button>
        )}
      </Panel>
      <Modal title={t("setUp")} open={start.data !== undefined && !isOn} onClose={start.reset}>
        {start.data && (
          <SetUp
            {...start.data}
            onDone={() => {
              start.reset();
              toast(t("turnedOn"));
              void reread();
            }}
          />
        )}
      </Modal>
    </Section>
  );
}

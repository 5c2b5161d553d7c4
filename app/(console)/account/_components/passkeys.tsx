// One's passkeys: add, name, remove, offer for approvals.
"use client";
import { startRegistration } from "@simplewebauthn/browser";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import type { PasskeyRow } from "../../../../server/accounts/schema.ts";
import { byName, canUsePasskeys } from "../../../_lib/passkeys.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Modal } from "../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

function AddForm({ onDone }: { onDone: () => void }): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const add = async (name: string): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const optionsJSON = await queries.fetchQuery(
        trpc.accounts.passkeyOptions.queryOptions(undefined, { staleTime: 0 }),
      );
      const response = await startRegistration({ optionsJSON });
      await client.accounts.addPasskey.mutate({ name, response: { ...response } });
      return onDone();
    } catch (error) {
      // The browser's own words for "cancelled" help nobody.
      setFailure(readError(error).code === null ? t("cancelled") : readError(error).message);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void add(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label={t("passkeyName")}
        hint={t("passkeyNameHint")}
        name="name"
        defaultValue={t("defaultName")}
        maxLength={100}
        required
        autoFocus
      />
      {failure && (
        <p role="alert" className="text-unhealthy">
          {failure}
        </p>
      )}
      <Button type="submit" look="primary" disabled={isBusy}>
        {t("addPasskey")}
      </Button>
    </form>
  );
}

function RenameForm({ passkey, onDone }: { passkey: PasskeyRow; onDone: () => void }): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const rename = useMutation(trpc.accounts.renamePasskey.mutationOptions({ onSuccess: onDone }));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    rename.mutate({ id: passkey.id, name: String(new FormData(event.currentTarget).get("name")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("passkeyName")} name="name" defaultValue={passkey.name} maxLength={100} required autoFocus />
      <Button type="submit" look="primary" disabled={rename.isPending}>
        {t("save")}
      </Button>
    </form>
  );
}

export function Passkeys(): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const passkeys = useQuery(trpc.accounts.passkeys.queryOptions());
  const [isAdding, setAdding] = useState(false);
  const [renamed, setRenamed] = useState<PasskeyRow | null>(null);
  const [place, setPlace] = useState<{ isNamed: boolean; url: string } | null>(null);
  useEffect(() => setPlace({ isNamed: canUsePasskeys(), url: byName() }), []);
  const done = (text: string) => {
    setAdding(false);
    setRenamed(null);
    toast(text);
    void passkeys.refetch();
  };
  const onError = (error: unknown) => toast.error(t("failed"), { description: readError(error).message });
  const remove = useMutation(
    trpc.accounts.removePasskey.mutationOptions({ onError, onSuccess: () => done(t("removed")) }),
  );
  const mayAsk = useCan("keys:sign");
  const ask = useMutation(
    trpc.approvals.requestKey.mutationOptions({ onError, onSuccess: () => done(t("approvals.requested")) }),
  );
  const columns: Column<PasskeyRow>[] = [
    { id: "name", header: t("passkey"), cell: (row) => <span className="font-medium">{row.name}</span> },
    { id: "created", header: t("created"), from: "sm", cell: (row) => <RelativeTime at={row.createdAt} /> },
    {
      id: "used",
      header: t("used"),
      from: "sm",
      cell: (row) =>
        row.lastUsedAt ? <RelativeTime at={row.lastUsedAt} /> : <span className="text-muted">{t("never")}</span>,
    },
    {
      id: "approval",
      header: t("approval"),
      from: "sm",
      cell: (row) =>
        mayAsk && row.approval === "none" ? (
          <Button size="small" disabled={ask.isPending} onClick={() => ask.mutate({ passkeyId: row.id })}>
            {t("requestKey")}
          </Button>
        ) : (
          t(`approvals.${row.approval}`)
        ),
    },
    {
      id: "actions",
      header: t("remove"),
      align: "right",
      cell: (row) => (
        <span className="inline-flex gap-1">
          <Button size="small" onClick={() => setRenamed(row)}>
            {t("rename")}
          </Button>
          <Button size="small" look="danger" disabled={remove.isPending} onClick={() => remove.mutate({ id: row.id })}>
            {t("remove")}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Section
      title={t("passkeys")}
      note={t("passkeysNote")}
      actions={place?.isNamed && <Button onClick={() => setAdding(true)}>{t("addPasskey")}</Button>}
    >
      {place && !place.isNamed && <p className="mb-2 text-degraded">{t("needsName", { url: place.url })}</p>}
      <Panel>
        <QueryView query={passkeys} skeleton={<TableSkeleton rows={1} />}>
          {(rows) => (
            <DataTable
              caption={t("passkeys")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              empty={
                <EmptyState className="py-6" title={t("noPasskeys")}>
                  {t("noPasskeysHint")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Panel>
      <Modal title={t("addPasskey")} open={isAdding} onClose={() => setAdding(false)}>
        <AddForm onDone={() => done(t("added"))} />
      </Modal>
      <Modal title={t("rename")} open={renamed !== null} onClose={() => setRenamed(null)}>
        {renamed && <RenameForm passkey={renamed} onDone={() => done(t("save"))} />}
      </Modal>
    </Section>
  );
}

// One person: rights, sessions, and taking the account out of use.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { PersonRow } from "../../../../server/accounts/schema.ts";
import { type Role, roles } from "../../../../server/core/access.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { SelectField } from "../../../_ui/field.tsx";
import { Section } from "../../../_ui/page-parts.tsx";
import { DataTable } from "../../../_ui/table.tsx";
import { useSessionColumns } from "../../account/_components/sessions.tsx";
import { GrantsField } from "./grants-field.tsx";
import { OneTimePassword } from "./one-time-password.tsx";

type Props = { person: PersonRow; onChanged: () => void };

function useOutcome(onChanged: () => void) {
  const t = useTranslations("people");
  return (text: string) => ({
    onSuccess: () => {
      toast(text);
      onChanged();
    },
    onError: (error: unknown) => toast.error(t("failed"), { description: readError(error).message }),
  });
}

function RightsForm({ person, onChanged }: Props): ReactNode {
  const t = useTranslations("people");
  const tRole = useTranslations("shell.role");
  const trpc = useTRPC();
  const outcome = useOutcome(onChanged);
  const [role, setRole] = useState<Role | null>(person.role);
  const [grants, setGrants] = useState(person.grants);
  const save = useMutation(trpc.accounts.setRights.mutationOptions(outcome(t("saved"))));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    save.mutate({ id: person.id, role, grants });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <SelectField
        label={t("role")}
        value={role ?? "none"}
        onChange={(event) => setRole(roles.find((one) => one === event.target.value) ?? null)}
        hint={person.signInWith.includes("oidc") ? t("isManaged") : undefined}
        options={[{ value: "none", label: t("noRole") }, ...roles.map((one) => ({ value: one, label: tRole(one) }))]}
      />
      <GrantsField value={grants} onChange={setGrants} />
      <div>
        <Button type="submit" look="primary" disabled={save.isPending}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}

function SessionsOf({ person, mayWrite, onChanged }: Props & { mayWrite: boolean }): ReactNode {
  const t = useTranslations("people");
  const trpc = useTRPC();
  const outcome = useOutcome(onChanged);
  const columns = useSessionColumns();
  const sessions = useQuery(trpc.accounts.sessionsOf.queryOptions({ id: person.id }));
  const end = useMutation(trpc.accounts.revokeSessionsOf.mutationOptions(outcome(t("endedAll"))));
  return (
    <Section
      title={t("sessions")}
      actions={
        mayWrite &&
        sessions.data &&
        sessions.data.length > 0 && (
          <Button look="danger" disabled={end.isPending} onClick={() => end.mutate({ id: person.id })}>
            {t("endAll")}
          </Button>
        )
      }
    >
      <QueryView query={sessions} skeleton={<TableSkeleton rows={1} />}>
        {(rows) => (
          <DataTable
            caption={t("sessions")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            empty={<p className="p-3 text-muted">{t("noSessions")}</p>}
          />
        )}
      </QueryView>
    </Section>
  );
}

function Access({ person, onChanged }: Props): ReactNode {
  const t = useTranslations("people");
  const locale = useLocale();
  const trpc = useTRPC();
  const outcome = useOutcome(onChanged);
  const unlock = useMutation(trpc.accounts.unlock.mutationOptions(outcome(t("unlocked"))));
  const reset = useMutation(trpc.accounts.resetPerson.mutationOptions({ ...outcome(""), onSuccess: onChanged }));
  const isDisabled = person.disabledAt !== null;
  const disable = useMutation(
    trpc.accounts.setDisabled.mutationOptions(
      outcome(t(isDisabled ? "wasEnabled" : "wasDisabled", { name: person.name })),
    ),
  );
  const { id, lockedUntil } = person;
  const row = "flex flex-wrap items-center justify-between gap-3";
  return (
    <Section title={t("access")}>
      <div className="flex flex-col gap-4">
        {lockedUntil && (
          <div className={row}>
            <p className="text-degraded">
              {t("lockedUntil", { time: new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(lockedUntil) })}
            </p>
            <Button disabled={unlock.isPending} onClick={() => unlock.mutate({ id })}>
              {t("unlock")}
            </Button>
          </div>
        )}
        {person.signInWith.includes("credential") && !person.isYou && (
          <div className={row}>
            <p className="text-muted">{t("resetLead")}</p>
            <Button disabled={reset.isPending} onClick={() => reset.mutate({ id })}>
              {t("reset")}
            </Button>
          </div>
        )}
        {reset.data && <OneTimePassword made={reset.data} />}
        <div className={row}>
          <p className="text-muted">{t(isDisabled ? "enableLead" : "disableLead")}</p>
          <Button
            look={isDisabled ? undefined : "danger"}
            disabled={disable.isPending}
            onClick={() => disable.mutate({ id, disabled: !isDisabled })}
          >
            {t(isDisabled ? "enable" : "disable")}
          </Button>
        </div>
      </div>
    </Section>
  );
}

export function Person({ person, onChanged }: Props): ReactNode {
  const mayWrite = useCan("accounts:write");
  return (
    <div className="flex flex-col gap-7">
      {mayWrite && <RightsForm person={person} onChanged={onChanged} />}
      <SessionsOf person={person} mayWrite={mayWrite} onChanged={onChanged} />
      {mayWrite && <Access person={person} onChanged={onChanged} />}
    </div>
  );
}

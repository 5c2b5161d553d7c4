// The list of people; a drawer changes one, a dialog makes one.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { PersonRow } from "../../../../server/accounts/schema.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Drawer, Modal } from "../../../_ui/drawer.tsx";
import { QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { PageHeader, Panel } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { AddPerson } from "./add-person.tsx";
import { BreakGlass } from "./break-glass.tsx";
import { Person } from "./person.tsx";

function Rights({ person }: { person: PersonRow }): ReactNode {
  const t = useTranslations("people");
  const tRole = useTranslations("shell.role");
  const parts = person.grants.map(({ role, selector }) => ({ role, selector, key: `${role} ${selector}` }));
  if (person.role === null && parts.length === 0) return <span className="text-muted">{t("none")}</span>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {person.role && <span>{tRole(person.role)}</span>}
      {parts.map(({ role, selector, key }) => (
        <span key={key}>
          {tRole(role)} <code className="font-mono text-muted text-xs">{selector}</code>
        </span>
      ))}
    </span>
  );
}

function Factors({ person }: { person: PersonRow }): ReactNode {
  const t = useTranslations("people");
  const factors = [
    person.hasTwoFactor && t("app"),
    person.passkeyCount > 0 && t("passkeys", { count: person.passkeyCount }),
    person.canSign && t("signs"),
    person.signInWith.includes("oidc") && t("external"),
  ].filter(Boolean);
  return factors.length > 0 ? factors.join(" · ") : <span className="text-muted">{t("noFactor")}</span>;
}

function State({ person }: { person: PersonRow }): ReactNode {
  const t = useTranslations("people");
  if (person.disabledAt) return <span className="text-muted">○ {t("disabled")}</span>;
  return person.lockedUntil ? (
    <span className="text-degraded">▲ {t("locked")}</span>
  ) : (
    <span className="text-healthy">● {t("active")}</span>
  );
}

export function People(): ReactNode {
  const t = useTranslations("people");
  const trpc = useTRPC();
  const people = useQuery(trpc.accounts.people.queryOptions());
  const mayWrite = useCan("accounts:write");
  const [isAdding, setAdding] = useState(false);
  const [openId, setOpenId] = useState<string | null>(null);
  const open = people.data?.find(({ id }) => id === openId);
  const columns: Column<PersonRow>[] = [
    {
      id: "person",
      header: t("person"),
      cell: (row) => (
        <button
          type="button"
          title={t("open", { name: row.name })}
          className="min-w-0 text-left hover:underline"
          onClick={() => setOpenId(row.id)}
        >
          <span className="font-medium">{row.name}</span>
          {row.isYou && <span className="text-muted"> ({t("you")})</span>}
          <span className="block break-all text-muted text-xs">{row.email}</span>
        </button>
      ),
    },
    { id: "rights", header: t("rights"), cell: (row) => <Rights person={row} /> },
    { id: "factor", header: t("factor"), from: "lg", cell: (row) => <Factors person={row} /> },
    { id: "state", header: t("state"), from: "sm", cell: (row) => <State person={row} /> },
    {
      id: "seen",
      header: t("seen"),
      from: "md",
      cell: (row) =>
        row.lastSeenAt ? <RelativeTime at={row.lastSeenAt} /> : <span className="text-muted">{t("never")}</span>,
    },
  ];
  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead")}
        actions={
          mayWrite && (
            <Button look="primary" onClick={() => setAdding(true)}>
              {t("add")}
            </Button>
          )
        }
      />
      <div className="flex flex-col gap-7">
        <Panel>
          <QueryView query={people} skeleton={<TableSkeleton rows={4} />}>
            {(rows) => <DataTable caption={t("title")} columns={columns} rows={rows} rowKey={(row) => row.id} />}
          </QueryView>
        </Panel>
        <BreakGlass />
      </div>
      <Modal title={t("add")} open={isAdding} onClose={() => setAdding(false)}>
        <AddPerson onMade={() => void people.refetch()} />
      </Modal>
      <Drawer title={open?.name ?? ""} lead={open?.email} open={open !== undefined} onClose={() => setOpenId(null)}>
        {open && <Person key={open.id} person={open} onChanged={() => void people.refetch()} />}
      </Drawer>
    </>
  );
}

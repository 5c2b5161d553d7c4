// Where somebody is signed in, and ending it.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { SessionRow } from "../../../../server/accounts/schema.ts";
import { agentName } from "../../../_lib/agent-name.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

/** Columns of a list of sessions; whoever shows it adds what can be done. */
export function useSessionColumns(): Column<SessionRow>[] {
  const t = useTranslations("account");
  return [
    {
      id: "with",
      header: t("with"),
      cell: (row) => (
        <span title={row.userAgent}>
          {agentName(row.userAgent) ?? t("unknownAgent")}
          {row.isThis && <span className="text-healthy"> · {t("thisSession")}</span>}
          {row.isBreakGlass && <span className="text-unhealthy"> · {t("emergency")}</span>}
        </span>
      ),
    },
    { id: "from", header: t("from"), from: "sm", cell: (row) => row.address || "–" },
    { id: "since", header: t("since"), from: "md", cell: (row) => <RelativeTime at={row.createdAt} /> },
    { id: "seen", header: t("seen"), cell: (row) => <RelativeTime at={row.lastSeenAt} /> },
  ];
}

export function Sessions(): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const sessions = useQuery(trpc.accounts.sessions.queryOptions());
  const options = {
    onSuccess: () => {
      toast(t("ended"));
      void sessions.refetch();
    },
    onError: (error: unknown) => toast.error(t("failed"), { description: readError(error).message }),
  };
  const end = useMutation(trpc.accounts.revokeSession.mutationOptions(options));
  const endOthers = useMutation(trpc.accounts.revokeOtherSessions.mutationOptions(options));
  const shown = useSessionColumns();
  const columns: Column<SessionRow>[] = [
    ...shown,
    {
      id: "end",
      header: t("endSession"),
      align: "right",
      cell: (row) =>
        row.isThis ? null : (
          <Button size="small" disabled={end.isPending} onClick={() => end.mutate({ id: row.id })}>
            {t("endSession")}
          </Button>
        ),
    },
  ];
  return (
    <Section
      title={t("sessions")}
      note={t("sessionsNote")}
      actions={
        sessions.data?.some(({ isThis }) => !isThis) && (
          <Button disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("endOthers")}
          </Button>
        )
      }
    >
      <Panel>
        <QueryView query={sessions} skeleton={<TableSkeleton rows={2} />}>
          {(rows) => <DataTable caption={t("sessions")} columns={columns} rows={rows} rowKey={(row) => row.id} />}
        </QueryView>
      </Panel>
    </Section>
  );
}

// Tokens for tools and scripts: made with a role and an end, shown once, revoked at any time.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { ApiTokenRow } from "../../../../server/accounts/schema.ts";
import { roles } from "../../../../server/core/access.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Modal } from "../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { NewToken } from "./new-token.tsx";

export function ApiTokens(): ReactNode {
  const t = useTranslations("settings.tokens");
  const tRole = useTranslations("shell.role");
  const trpc = useTRPC();
  const [isOpen, setOpen] = useState(false);
  const tokens = useQuery(trpc.accounts.tokens.queryOptions());
  const revoke = useMutation(
    trpc.accounts.revokeToken.mutationOptions({
      onSuccess: () => {
        toast(t("revoked"));
        void tokens.refetch();
      },
      onError: (error) => toast.error(t("failed"), { description: readError(error).message }),
    }),
  );
  const columns: Column<ApiTokenRow>[] = [
    { id: "name", header: t("name"), cell: (row) => <span className="font-medium">{row.name}</span> },
    { id: "role", header: t("role"), cell: (row) => tRole(roles.find((role) => role === row.role) ?? "viewer") },
    {
      id: "where",
      header: t("selector"),
      from: "md",
      cell: (row) => (
        <>
          {row.selector === "*" ? t("everywhere") : <code className="font-mono text-xs">{row.selector}</code>}
          {row.scopes.length > 0 && (
            <span title={row.scopes.join(", ")} className="text-muted">
              {" "}
              · {t("limited", { count: row.scopes.length })}
            </span>
          )}
        </>
      ),
    },
    {
      id: "used",
      header: t("lastUsed"),
      from: "sm",
      cell: (row) =>
        row.lastUsedAt ? <RelativeTime at={row.lastUsedAt} /> : <span className="text-muted">{t("never")}</span>,
    },
    {
      id: "expires",
      header: t("expires"),
      from: "sm",
      cell: (row) => (row.expiresAt ? row.expiresAt.toISOString().slice(0, 10) : "–"),
    },
    {
      id: "revoke",
      header: t("revoke"),
      align: "right",
      cell: (row) =>
        row.revokedAt ? (
          <span className="text-muted">{t("isRevoked")}</span>
        ) : (
          <Button size="small" look="danger" disabled={revoke.isPending} onClick={() => revoke.mutate({ id: row.id })}>
            {t("revoke")}
          </Button>
        ),
    },
  ];
  return (
    <Section title={t("title")} note={t("note")} actions={<Button onClick={() => setOpen(true)}>{t("new")}</Button>}>
      <Panel>
        <QueryView query={tokens} skeleton={<TableSkeleton rows={2} />}>
          {(rows) => (
            <DataTable
              caption={t("title")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              empty={
                <EmptyState className="py-6" title={t("none")}>
                  {t("noneHint")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Panel>
      <Modal title={t("new")} open={isOpen} onClose={() => setOpen(false)}>
        <NewToken onCreated={() => void tokens.refetch()} />
      </Modal>
    </Section>
  );
}

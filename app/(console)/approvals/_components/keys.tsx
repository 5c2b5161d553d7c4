// The keys that may sign: one's own to ask for, others' to accept or remove by a signature.
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { ApprovalKeyRow } from "../../../../server/approvals/schema.ts";
import { signChallenge } from "../../../_lib/sign-challenge.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { useOwnPasskeys, useReread } from "../../../_ui/approval.tsx";
import { Button, ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import type { Look } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

const looks: Record<ApprovalKeyRow["state"], Look> = {
  requested: { tone: "degraded", shape: "triangle" },
  active: { tone: "healthy", shape: "circle" },
  removed: { tone: "silent", shape: "pause" },
  refused: { tone: "unhealthy", shape: "square" },
};

/** Accepts or removes a key with a passkey of one's own, where there is one. */
function ChangeKey({ row, own }: { row: ApprovalKeyRow; own: string[] }): ReactNode {
  const t = useTranslations("approvals");
  const client = useTRPCClient();
  const reread = useReread();
  const [isBusy, setBusy] = useState(false);
  if (row.state !== "requested" && row.state !== "active") return null;
  const sign = async (): Promise<void> => {
    if (own.length === 0) {
      toast(t("needPasskeyToSign", { id: row.id.slice(0, 12) }));
      return;
    }
    setBusy(true);
    try {
      const signature = await signChallenge(row.toSign.challenge, own);
      await client.approvals.signKey.mutate({ keyId: row.id, signature });
      toast(t("handedIn"));
    } catch (error) {
      const { code, message } = readError(error);
      toast.error(t("failed"), { description: code === null ? t("cancelled") : message });
    }
    setBusy(false);
    reread();
  };
  return (
    <Button
      size="small"
      look={row.state === "active" ? "danger" : "primary"}
      disabled={isBusy}
      onClick={() => void sign()}
    >
      {row.state === "active" ? t("remove") : t("accept")}
    </Button>
  );
}

/** One's passkeys that were not asked for yet. */
function Ask({ keys }: { keys: ApprovalKeyRow[] }): ReactNode {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const reread = useReread();
  const passkeys = useQuery(trpc.accounts.passkeys.queryOptions());
  const ask = useMutation(
    trpc.approvals.requestKey.mutationOptions({
      onSuccess: () => {
        toast(t("asked"));
        reread();
        void queries.invalidateQueries(trpc.accounts.pathFilter());
      },
      onError: (error) => toast.error(t("failed"), { description: readError(error).message }),
    }),
  );
  const free = passkeys.data?.filter(({ id }) => !keys.some((key) => key.id === id)) ?? [];
  return (
    <Panel className="flex flex-col gap-3 p-4">
      <ol className="list-decimal pl-5">
        <li>{t("how1")}</li>
        <li>{t("how2")}</li>
        <li>
          {t("how3")} <code className="font-mono text-xs">./nodeops approval-keys accept</code>
        </li>
      </ol>
      {free.length === 0 && <p className="text-muted">{t("askNone")}</p>}
      <div className="flex flex-wrap gap-2">
        {free.map((passkey) => (
          <Button
            key={passkey.id}
            look="primary"
            disabled={ask.isPending}
            onClick={() => ask.mutate({ passkeyId: passkey.id })}
          >
            {t("ask")}: {passkey.name}
          </Button>
        ))}
        <ButtonLink href="/account">{t("toAccount")}</ButtonLink>
      </div>
    </Panel>
  );
}

export function Keys(): ReactNode {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const maySign = useCan("keys:sign");
  const keys = useQuery(trpc.approvals.keys.queryOptions());
  const own = useOwnPasskeys() ?? [];
  const columns: Column<ApprovalKeyRow>[] = [
    {
      id: "person",
      header: t("person"),
      cell: (row) => (
        <span className="font-medium">
          {row.personName}
          {row.isYours && <span className="ml-1.5 font-normal text-muted">({t("you")})</span>}
        </span>
      ),
    },
    {
      id: "key",
      header: t("key"),
      cell: (row) => (
        <span>
          {t(`type.${row.type}`)} {row.label}{" "}
          <code className="font-mono text-muted text-xs" title={row.id}>
            {row.id.slice(0, 12)}
          </code>
        </span>
      ),
    },
    {
      id: "state",
      header: t("state"),
      cell: (row) => (
        <span title={row.reason}>
          <StateBadge look={looks[row.state]} label={t(`keyState.${row.state}`)} />
        </span>
      ),
    },
    { id: "since", header: t("since"), from: "sm", cell: (row) => <RelativeTime at={row.changedAt} /> },
    {
      id: "change",
      header: t("change"),
      align: "right",
      cell: (row) => (maySign ? <ChangeKey row={row} own={own} /> : null),
    },
  ];
  return (
    <QueryView query={keys} skeleton={<TableSkeleton rows={3} />}>
      {(rows) => (
        <div className="flex flex-col gap-7">
          <Section title={t("keyTitle")} note={t("keyNote")}>
            <Panel>
              <DataTable
                caption={t("keyTitle")}
                columns={columns}
                rows={rows}
                rowKey={(row) => row.id}
                empty={<EmptyState title={t("noKeys")}>{t("noKeysHint")}</EmptyState>}
              />
            </Panel>
          </Section>
          {maySign && (
            <Section title={t("howTitle")}>
              <Ask keys={rows} />
            </Section>
          )}
        </div>
      )}
    </QueryView>
  );
}

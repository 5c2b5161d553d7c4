// The page: a form for a join token, the line to run, the nodes that joined just now, and the tokens that still count.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { JoinTokenRow, NewJoinToken } from "../../../../server/agents/schema.ts";
import { useNow } from "../../../_lib/use-now.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../_ui/page-parts.tsx";
import { nodeLook } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { CopyButton, RelativeTime } from "../../../_ui/values.tsx";
import { TokenForm } from "./token-form.tsx";

/** Nodes that joined within this are listed, ms. */
const RECENT_MS = 30 * 60_000;

function JoinLine({ token }: { token: NewJoinToken }): ReactNode {
  const t = useTranslations("addNode");
  return (
    <Section title={t("line")} note={t("once")}>
      <div className="flex items-start gap-2 rounded-md border border-accent bg-surface p-3">
        <pre data-join-line className="min-w-0 flex-1 whitespace-pre-wrap break-all font-mono text-xs">
          {token.command}
        </pre>
        <CopyButton text={token.command} label={t("copyLine")} />
      </div>
      <p className="mt-2 text-muted">{t("lineHint")}</p>
      <dl className="mt-2 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-3 gap-y-0.5 text-muted text-xs">
        <dt>{t("gateway")}</dt>
        <dd className="break-all font-mono">{token.gatewayUrl}</dd>
        <dt>{t("fingerprint")}</dt>
        <dd className="break-all font-mono">{token.caFingerprint}</dd>
        <dt>{t("signingKey")}</dt>
        <dd className="break-all font-mono">{token.keyFingerprint}</dd>
        <dt>{t("agent")}</dt>
        <dd className="break-all font-mono">{token.agentSha256 ?? t("notBuilt")}</dd>
      </dl>
    </Section>
  );
}

function JustJoined({ since }: { since: number }): ReactNode {
  const t = useTranslations();
  const trpc = useTRPC();
  // A list row does not tell when its node joined; the audit trail does.
  const nodes = useQuery(
    trpc.nodes.list.queryOptions({ sort: "lastSeen", descending: true, pageSize: 50 }, { refetchInterval: 5_000 }),
  );
  const known = useQuery(
    trpc.audit.list.queryOptions({ search: "agents.enrol", pageSize: 50 }, { refetchInterval: 5_000 }),
  );
  const joined = new Map(
    known.data?.rows.filter((row) => row.nodeId && row.at.getTime() >= since).map((row) => [row.nodeId, row.at]),
  );
  const rows = (nodes.data?.rows ?? []).filter((node) => joined.has(node.id));
  return (
    <Section title={t("addNode.joined")}>
      <Panel>
        {rows.length === 0 ? (
          <p role="status" className="px-3 py-4 text-muted">
            {t("addNode.waiting")}
          </p>
        ) : (
          <ul aria-live="polite">
            {rows.map((node) => (
              <li key={node.id} data-row className="flex items-center gap-3 border-b px-3 py-1.5 last:border-b-0">
                <StateBadge look={nodeLook[node.state]} label={t(`nodeState.${node.state}`)} />
                <Link href={`/nodes/${node.id}`} className="font-medium hover:underline">
                  {node.name}
                </Link>
                <span className="text-muted">{[node.pool, node.zone].filter(Boolean).join(" · ")}</span>
                <RelativeTime at={joined.get(node.id) ?? node.stateSince} className="ml-auto text-muted text-xs" />
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </Section>
  );
}

function Tokens(): ReactNode {
  const t = useTranslations("addNode");
  const trpc = useTRPC();
  const now = useNow();
  const tokens = useQuery(trpc.joinTokens.list.queryOptions({}));
  const revoke = useMutation(
    trpc.joinTokens.revoke.mutationOptions({
      onSuccess: () => {
        toast(t("revoked"));
        void tokens.refetch();
      },
      onError: (error) => toast.error(t("failed"), { description: readError(error).message }),
    }),
  );
  const isOver = (row: JoinTokenRow): boolean =>
    row.revokedAt !== null || row.uses >= row.maxUses || row.expiresAt.getTime() < now;
  const columns: Column<JoinTokenRow>[] = [
    { id: "note", header: t("note"), cell: (row) => row.note || <span className="text-muted">–</span> },
    { id: "pool", header: t("pool"), cell: (row) => row.pool },
    {
      id: "labels",
      header: t("labels"),
      from: "md",
      className: "font-mono text-xs",
      cell: (row) =>
        Object.entries(row.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(", ") || "–",
    },
    {
      id: "cidrs",
      header: t("cidrsColumn"),
      from: "lg",
      className: "font-mono text-xs",
      cell: (row) => row.cidrs.join(", ") || t("anywhere"),
    },
    { id: "uses", header: t("uses"), align: "right", cell: (row) => `${row.uses} / ${row.maxUses}` },
    {
      id: "state",
      header: t("state"),
      cell: (row) => {
        if (row.revokedAt) return <span className="text-muted">{t("isRevoked")}</span>;
        if (row.uses >= row.maxUses) return <span className="text-muted">{t("isUsed")}</span>;
        if (row.expiresAt.getTime() < now) return <span className="text-muted">{t("isExpired")}</span>;
        return t("isOpen");
      },
    },
    {
      id: "created",
      header: t("created"),
      align: "right",
      from: "sm",
      cell: (row) => <RelativeTime at={row.createdAt} className="text-muted" />,
    },
    {
      id: "revoke",
      header: t("revoke"),
      align: "right",
      cell: (row) =>
        !isOver(row) && (
          <Button size="small" look="danger" disabled={revoke.isPending} onClick={() => revoke.mutate({ id: row.id })}>
            {t("revoke")}
          </Button>
        ),
    },
  ];
  return (
    <Section title={t("tokens")}>
      <Panel>
        <QueryView query={tokens} skeleton={<TableSkeleton rows={3} />}>
          {(rows) => (
            <DataTable
              caption={t("tokens")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              empty={<EmptyState className="py-6" title={t("noTokens")} />}
            />
          )}
        </QueryView>
      </Panel>
    </Section>
  );
}

export function AddNode(): ReactNode {
  const t = useTranslations("addNode");
  const [token, setToken] = useState<NewJoinToken | null>(null);
  const [since] = useState(() => Date.now() - RECENT_MS);
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <div className="grid grid-cols-1 gap-x-6 gap-y-7 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <Section title={t("newToken")}>
          <Panel className="p-4">
            <TokenForm onCreated={setToken} />
          </Panel>
        </Section>
        <div className="flex min-w-0 flex-col gap-7">
          {token && <JoinLine token={token} />}
          <JustJoined since={since} />
          <Tokens />
        </div>
      </div>
    </>
  );
}

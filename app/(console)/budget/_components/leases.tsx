// Nodes in somebody's hands, and the line of those who wait: owner, reason and end of each.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { LeaseRequestRow, LeaseRow } from "../../../../server/budget/schema.ts";
import { duration } from "../../../_lib/format.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useNow } from "../../../_lib/use-now.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { cordonHours } from "../../../_ui/cordon-form.tsx";
import { Modal } from "../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { useRereadRollouts } from "../../../_ui/rollout-actions.tsx";
import type { Look } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

const HOUR_MS = 3_600_000;
const leaseLook: Record<LeaseRow["kind"], Look> = {
  action: { tone: "accent", shape: "progress" },
  soak: { tone: "healthy", shape: "dotted" },
  cordon: { tone: "maintenance", shape: "pause" },
};

/** "in 42 min"; red once it is over and not yet released. */
function Expiry({ at }: { at: Date | null }): ReactNode {
  const t = useTranslations("budget");
  const now = useNow();
  if (!at) return <span className="text-muted">{t("untilDone")}</span>;
  const left = at.getTime() - now;
  if (left <= 0) return <span className="text-unhealthy">{t("over")}</span>;
  const { value, unit } = duration(left);
  return <span className="tabular whitespace-nowrap">{t("in", { time: `${value} ${unit}` })}</span>;
}

function Extend({ lease, onDone }: { lease: LeaseRow; onDone: () => void }): ReactNode {
  const t = useTranslations("budget");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  const extend = useMutation(
    trpc.leases.extend.mutationOptions({
      onSuccess: () => {
        toast(t("extended", { node: lease.nodeName }));
        reread();
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    extend.mutate({ id: lease.id, forMs: Number(form.get("hours")) * HOUR_MS, reason: String(form.get("reason")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <SelectField
        label={t("for")}
        name="hours"
        defaultValue="2"
        options={cordonHours.map((hours) => ({ value: String(hours), label: t("hours", { hours }) }))}
      />
      <Field
        label={t("reason")}
        name="reason"
        required
        minLength={3}
        maxLength={500}
        defaultValue={lease.reason}
        autoComplete="off"
      />
      {extend.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(extend.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={extend.isPending}>
        {t("extend")}
      </Button>
    </form>
  );
}

function useRelease() {
  const t = useTranslations("budget");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  return useMutation(
    trpc.leases.release.mutationOptions({
      onSuccess: () => {
        toast(t("released"));
        reread();
      },
      onError: (error) => toast.error(t("failed"), { description: errorText(error) }),
    }),
  );
}

function useLeaseColumns(onExtend: (lease: LeaseRow) => void): Column<LeaseRow>[] {
  const t = useTranslations("budget");
  const nodes = useTranslations("containers");
  const mayWrite = useCan("leases:write");
  const release = useRelease();
  return [
    {
      id: "node",
      header: nodes("node"),
      cell: (row) => (
        <Link href={`/nodes/${row.nodeId}`} className="whitespace-nowrap font-medium hover:underline">
          {row.nodeName}
        </Link>
      ),
    },
    {
      id: "kind",
      header: t("what"),
      cell: (row) => <StateBadge look={leaseLook[row.kind]} label={t(`kind.${row.kind}`)} />,
    },
    {
      id: "owner",
      header: t("owner"),
      from: "sm",
      className: "max-w-60",
      cell: (row) => {
        const [kind, id] = row.owner.split(":");
        const href = kind === "rollout" ? `/rollouts/${id}` : kind === "repair" ? `/repairs/${id}` : null;
        return href ? (
          <Link href={href} className="block truncate hover:underline">
            {row.ownerName}
          </Link>
        ) : (
          <span className="block truncate">
            {row.ownerName} {row.isMine && <span className="text-muted text-xs">{t("you")}</span>}
          </span>
        );
      },
    },
    {
      id: "reason",
      header: t("reason"),
      from: "md",
      className: "max-w-72 text-muted",
      cell: (row) => row.reason || "–",
    },
    { id: "since", header: t("since"), align: "right", from: "lg", cell: (row) => <RelativeTime at={row.takenAt} /> },
    { id: "until", header: t("until"), align: "right", cell: (row) => <Expiry at={row.expiresAt} /> },
    {
      id: "act",
      header: t("act"),
      align: "right",
      cell: (row) =>
        mayWrite &&
        row.kind === "cordon" && (
          <span className="inline-flex gap-2">
            {row.isMine && (
              <Button size="small" aria-label={t("extendOne", { node: row.nodeName })} onClick={() => onExtend(row)}>
                {t("extend")}
              </Button>
            )}
            <Button
              size="small"
              aria-label={t("uncordonOne", { node: row.nodeName })}
              disabled={release.isPending}
              onClick={() => release.mutate({ id: row.id })}
            >
              {t("uncordon")}
            </Button>
          </span>
        ),
    },
  ];
}

function useQueueColumns(): Column<LeaseRequestRow>[] {
  const t = useTranslations("budget");
  const nodes = useTranslations("containers");
  const text = useText();
  const release = useRelease();
  return [
    { id: "place", header: t("place"), align: "right", cell: (row) => row.place },
    {
      id: "node",
      header: nodes("node"),
      cell: (row) => (
        <Link href={`/nodes/${row.nodeId}`} className="whitespace-nowrap font-medium hover:underline">
          {row.nodeName}
        </Link>
      ),
    },
    { id: "owner", header: t("owner"), from: "sm", cell: (row) => row.ownerName },
    { id: "reason", header: t("reason"), from: "md", className: "max-w-72 text-muted", cell: (row) => row.reason },
    { id: "waits", header: t("waitsFor"), className: "max-w-72", cell: (row) => text(row.waitsFor) || "–" },
    { id: "since", header: t("since"), align: "right", from: "lg", cell: (row) => <RelativeTime at={row.askedAt} /> },
    {
      id: "act",
      header: t("act"),
      align: "right",
      cell: (row) =>
        row.isMine && (
          <Button
            size="small"
            aria-label={t("leaveLine", { node: row.nodeName })}
            disabled={release.isPending}
            onClick={() => release.mutate({ id: row.id })}
          >
            {t("leave")}
          </Button>
        ),
    },
  ];
}

export function Leases(): ReactNode {
  const t = useTranslations("budget");
  const trpc = useTRPC();
  const [extending, setExtending] = useState<LeaseRow | null>(null);
  const list = useQuery(trpc.leases.list.queryOptions({}));
  const columns = useLeaseColumns(setExtending);
  const queueColumns = useQueueColumns();
  return (
    <QueryView query={list} skeleton={<TableSkeleton rows={4} />}>
      {({ leases, waiting }) => (
        <>
          <Section title={t("leases")} note={t("leasesNote")}>
            <Panel>
              <DataTable
                caption={t("leases")}
                columns={columns}
                rows={leases}
                rowKey={(row) => row.id}
                empty={
                  <EmptyState title={t("noLeases")} className="py-8">
                    {t("noLeasesHint")}
                  </EmptyState>
                }
              />
            </Panel>
          </Section>
          {waiting.length > 0 && (
            <Section title={t("line")} note={t("lineNote")}>
              <Panel>
                <DataTable caption={t("line")} columns={queueColumns} rows={waiting} rowKey={(row) => row.id} />
              </Panel>
            </Section>
          )}
          <Modal
            title={t("extendOne", { node: extending?.nodeName ?? "" })}
            open={extending !== null}
            onClose={() => setExtending(null)}
          >
            {extending && <Extend lease={extending} onDone={() => setExtending(null)} />}
          </Modal>
        </>
      )}
    </QueryView>
  );
}

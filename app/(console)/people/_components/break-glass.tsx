// Emergency access: when it was opened, by whom and why; ending it, and its review.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { BreakGlassRow } from "../../../../server/accounts/schema.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { Modal } from "../../../_ui/drawer.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

function State({ row }: { row: BreakGlassRow }): ReactNode {
  const t = useTranslations("breakGlass");
  const locale = useLocale();
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(row.expiresAt);
  if (row.isOpen) return <span className="font-medium text-unhealthy">■ {t("isOpen", { time })}</span>;
  if (row.reviewedBy)
    return (
      <span title={row.reviewNote} className="text-healthy">
        ● {t("reviewed", { name: row.reviewedBy })}
      </span>
    );
  if (row.usedAt) return <span className="text-degraded">▲ {t("waits")}</span>;
  return <span className="text-muted">○ {t("isUnused")}</span>;
}

function ReviewForm({ id, onDone }: { id: string; onDone: () => void }): ReactNode {
  const t = useTranslations("breakGlass");
  const trpc = useTRPC();
  const review = useMutation(trpc.accounts.reviewBreakGlass.mutationOptions({ onSuccess: onDone }));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    review.mutate({ id, note: String(new FormData(event.currentTarget).get("note")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <p>
        {t("reviewLead")}{" "}
        <Link href="/audit" className="underline">
          {t("trail")}
        </Link>
      </p>
      <Field label={t("noteLabel")} name="note" maxLength={1000} required autoFocus />
      {review.error && (
        <p role="alert" className="text-unhealthy">
          {readError(review.error).message}
        </p>
      )}
      <Button type="submit" look="primary" disabled={review.isPending}>
        {t("submit")}
      </Button>
    </form>
  );
}

export function BreakGlass(): ReactNode {
  const t = useTranslations("breakGlass");
  const trpc = useTRPC();
  const opened = useQuery(trpc.accounts.breakGlass.queryOptions());
  const [reviewed, setReviewed] = useState<string | null>(null);
  const end = useMutation(
    trpc.accounts.endBreakGlass.mutationOptions({
      onSuccess: () => void opened.refetch(),
      onError: (error) => toast.error(readError(error).message),
    }),
  );
  const columns: Column<BreakGlassRow>[] = [
    { id: "who", header: t("who"), cell: (row) => <span className="font-medium">{row.personName}</span> },
    { id: "reason", header: t("reason"), cell: (row) => <span className="break-words">{row.reason}</span> },
    { id: "opened", header: t("opened"), from: "sm", cell: (row) => <RelativeTime at={row.createdAt} /> },
    { id: "state", header: t("state"), from: "sm", cell: (row) => <State row={row} /> },
    {
      id: "action",
      header: t("review"),
      align: "right",
      cell: (row) =>
        row.isOpen ? (
          <Button size="small" look="danger" disabled={end.isPending} onClick={() => end.mutate({ id: row.id })}>
            {t("end")}
          </Button>
        ) : (
          row.canReview && (
            <Button size="small" onClick={() => setReviewed(row.id)}>
              {t("review")}
            </Button>
          )
        ),
    },
  ];
  return (
    <div id="emergency" className="scroll-mt-16">
      <Section title={t("title")} note={t("note")}>
        <Panel>
          <QueryView query={opened} skeleton={<TableSkeleton rows={1} />}>
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
        <Modal title={t("review")} open={reviewed !== null} onClose={() => setReviewed(null)}>
          {reviewed && (
            <ReviewForm
              id={reviewed}
              onDone={() => {
                setReviewed(null);
                toast(t("done"));
                void opened.refetch();
              }}
            />
          )}
        </Modal>
      </Section>
    </div>
  );
}

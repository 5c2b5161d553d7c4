// Questions that one has asked, and what came of them.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsInteger, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import type { MyCase } from "../../../../server/diagnosis/schema.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { PagedTable } from "../../../_ui/list-frame.tsx";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { sideLook, stageLook } from "./side-look.ts";

function useColumns(): Column<MyCase>[] {
  const t = useTranslations("diagnose");
  const text = useText();
  return [
    {
      id: "question",
      header: t("question"),
      className: "w-full min-w-40 max-w-0",
      cell: (row) => (
        <Link href={`/diagnose/${row.id}`} className="block truncate font-medium hover:underline">
          {row.topCause ? text(row.topCause.title) : row.question}
          {row.topCause && <span className="block truncate font-normal text-muted text-xs">{row.question}</span>}
        </Link>
      ),
    },
    {
      id: "side",
      header: t("whose"),
      cell: (row) => <StateBadge look={sideLook[row.side]} label={t(`sides.${row.side}`)} />,
    },
    {
      id: "stage",
      header: t("doing"),
      from: "sm",
      cell: (row) =>
        row.stage ? (
          <StateBadge look={stageLook[row.stage]} label={t(`stages.${row.stage}`)} />
        ) : (
          row.feedback && <span className="text-muted">{t(`feedbacks.${row.feedback}`)}</span>
        ),
    },
    { id: "at", header: t("asked"), from: "sm", cell: (row) => <RelativeTime at={row.createdAt} /> },
  ];
}

export function Cases(): ReactNode {
  const t = useTranslations("diagnose");
  const trpc = useTRPC();
  const [{ page }, setUrl] = useQueryStates({ page: parseAsInteger.withDefault(1) });
  const cases = useQuery(trpc.diagnosis.mine.queryOptions({ page }, { placeholderData: keepPreviousData }));
  return (
    <PagedTable<MyCase>
      caption={t("cases")}
      query={cases}
      columns={useColumns()}
      rowKey={(row) => row.id}
      onPage={(next) => void setUrl({ page: next })}
      empty={<EmptyState title={t("noCases")}>{t("noCasesHint")}</EmptyState>}
    />
  );
}

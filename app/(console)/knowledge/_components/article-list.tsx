// All articles: searched in both languages with misspelt words forgiven, filtered, exported, brought in.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import type { ArticleRow } from "../../../../server/knowledge/schema.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { Choice, SearchField, Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { ArticleFiles } from "./article-files.tsx";
import { NewArticle } from "./new-article.tsx";
import { SideBadge } from "./side-badge.tsx";

const kinds = ["all", "cause", "check"] as const;
const sides = ["all", "yours", "ours", "either"] as const;
const origins = ["all", "own", "open"] as const;
const params = {
  q: parseAsString.withDefault(""),
  kind: parseAsStringLiteral(kinds).withDefault("all"),
  side: parseAsStringLiteral(sides).withDefault("all"),
  origin: parseAsStringLiteral(origins).withDefault("all"),
  page: parseAsInteger.withDefault(1),
};

function useColumns(): Column<ArticleRow>[] {
  const t = useTranslations("knowledge");
  const text = useText();
  return [
    {
      id: "title",
      header: t("article"),
      className: "w-full min-w-44 max-w-0",
      cell: (row) => (
        <span className="block">
          <Link href={`/knowledge/${row.articleId}`} className="font-medium hover:underline">
            {text(row.title)}
          </Link>{" "}
          <span className="font-mono text-muted text-xs max-sm:block max-sm:truncate">{row.articleId}</span>
          {row.excerpt && <span className="line-clamp-1 text-muted text-xs">{row.excerpt}</span>}
        </span>
      ),
    },
    { id: "side", header: t("side"), cell: (row) => row.side && <SideBadge side={row.side} /> },
    {
      id: "origin",
      header: t("origin"),
      from: "sm",
      cell: (row) => (
        <span className="whitespace-nowrap">
          {t(`origins.${row.origin}`)}
          {row.open && <span className="ml-2 text-degraded">{t(`open.${row.open}`)}</span>}
        </span>
      ),
    },
    {
      id: "updated",
      header: t("updated"),
      from: "md",
      cell: (row) => (row.updatedAt ? <RelativeTime at={row.updatedAt} /> : <span className="text-muted">–</span>),
    },
  ];
}

export function ArticleList(): ReactNode {
  const t = useTranslations("knowledge");
  const tNav = useTranslations("nav");
  const trpc = useTRPC();
  const mayWrite = useCan("knowledge:write");
  const [url, setUrl] = useQueryStates(params);
  const { q, kind, side, origin, page } = url;
  const found = useQuery(
    trpc.knowledge.list.queryOptions({ search: q, kind, side, origin, page }, { placeholderData: keepPreviousData }),
  );
  const columns = useColumns();
  const onSearch = useCallback((text: string) => void setUrl({ q: text || null, page: null }), [setUrl]);
  const isFiltered = q !== "" || kind !== "all" || side !== "all" || origin !== "all";
  return (
    <>
      <PageHeader title={tNav("knowledge")} lead={t("lead")} actions={mayWrite && <NewArticle />} />
      <ListTools actions={<ArticleFiles mayWrite={mayWrite} />}>
        <SearchField value={q} onChange={onSearch} label={t("search")} />
        <Segmented
          label={t("kind")}
          value={kind}
          options={kinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
          onChange={(value) => void setUrl({ kind: value, page: null })}
        />
        <Choice
          label={t("side")}
          value={side}
          options={sides.map((value) => ({ value, label: value === "all" ? t("anySide") : t(`sides.${value}`) }))}
          onChange={(value) => void setUrl({ side: value, page: null })}
        />
        {mayWrite && (
          <Choice
            label={t("origin")}
            value={origin}
            options={origins.map((value) => ({ value, label: t(`filters.${value}`) }))}
            onChange={(value) => void setUrl({ origin: value, page: null })}
          />
        )}
      </ListTools>
      <PagedTable<ArticleRow>
        caption={tNav("knowledge")}
        query={found}
        columns={columns}
        rowKey={(row) => row.articleId}
        onPage={(next) => void setUrl({ page: next })}
        empty={
          <EmptyState
            title={t("noneFits")}
            action={isFiltered && <Button onClick={() => void setUrl(null)}>{t("showAll")}</Button>}
          >
            {t("noneFitsHint")}
          </EmptyState>
        }
      />
    </>
  );
}

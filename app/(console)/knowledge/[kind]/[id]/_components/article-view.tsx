// An article to read: its text on the left, what belongs to it on the right.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { ArticlePage } from "../../../../../../server/knowledge/schema.ts";
import { useCan } from "../../../../../_lib/use-me.ts";
import { useText } from "../../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../../_trpc/client.ts";
import { Article } from "../../../../../_ui/article.tsx";
import { ButtonLink } from "../../../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../../../_ui/page-parts.tsx";
import { SideBadge } from "../../../_components/side-badge.tsx";

function Links({ title, items }: { title: string; items: { href: string; label: string }[] }): ReactNode {
  if (items.length === 0) return null;
  return (
    <Section title={title}>
      <ul className="flex flex-col gap-1">
        {items.map(({ href, label }) => (
          <li key={href}>
            {href.startsWith("/") ? (
              <Link href={href} className="text-accent hover:underline">
                {label}
              </Link>
            ) : (
              <a
                href={href}
                target="_blank"
                rel="noreferrer noopener"
                className="break-all text-accent text-xs hover:underline"
              >
                {label}
              </a>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Beside({ article }: { article: ArticlePage }): ReactNode {
  const t = useTranslations("knowledge");
  const text = useText();
  return (
    <aside className="flex min-w-0 flex-col gap-6">
      <Links
        title={t("checks")}
        items={article.checks.map(({ id, title }) => ({ href: `/checks/${id}`, label: text(title) }))}
      />
      {article.repairs.length > 0 && (
        <Section title={t("repairs")}>
          <ul className="flex flex-col gap-1">
            {article.repairs.map(({ id, title }) => (
              <li key={id}>{text(title)}</li>
            ))}
          </ul>
        </Section>
      )}
      {article.exitCodes.length > 0 && (
        <Section title={t("exitCodes")}>
          <p className="font-mono text-xs">{article.exitCodes.join(", ")}</p>
        </Section>
      )}
      {article.signatures.length > 0 && (
        <Section title={t("signatures")} note={t("signaturesNote", { count: article.signatures.length })}>
          <details>
            <summary className="cursor-pointer text-muted text-xs">{t("showSignatures")}</summary>
            <ul className="mt-2 flex flex-col gap-1">
              {article.signatures.map(({ match, strength }) => (
                <li key={`${strength} ${match}`} className="break-all font-mono text-xs">
                  {match} <span className="font-sans text-muted">{t(`strengths.${strength as "proof"}`)}</span>
                </li>
              ))}
            </ul>
          </details>
        </Section>
      )}
      <Links title={t("sources")} items={article.sources.map((source) => ({ href: source, label: source }))} />
    </aside>
  );
}

export function ArticleView({ articleId }: { articleId: string }): ReactNode {
  const t = useTranslations("knowledge");
  const tNav = useTranslations("nav");
  const text = useText();
  const locale = useLocale();
  const trpc = useTRPC();
  const mayWrite = useCan("knowledge:write");
  const mayReview = useCan("knowledge:review");
  const article = useQuery(trpc.knowledge.get.queryOptions({ articleId }));
  return (
    <QueryView query={article} skeleton={<TableSkeleton rows={10} />}>
      {(data) => {
        const body = data.body && (locale === "zh" ? data.body.zh || data.body.en : data.body.en);
        return (
          <>
            <PageHeader
              up={{ href: "/knowledge", label: tNav("knowledge") }}
              title={text(data.title)}
              lead={
                <span className="flex flex-wrap items-center gap-x-3">
                  {data.side && <SideBadge side={data.side} />}
                  <span className="font-mono text-xs">{data.articleId}</span>
                  <span className="text-xs">{t(`origins.${data.origin}`)}</span>
                  {data.draft && (
                    <span className="text-degraded text-xs">
                      {t(data.draft.state === "review" ? "open.review" : "open.draft")}
                    </span>
                  )}
                </span>
              }
              actions={
                (mayWrite || mayReview) && (
                  <ButtonLink href={`/knowledge/${articleId}/edit`}>
                    {t(data.canPublish ? "toReview" : "edit")}
                  </ButtonLink>
                )
              }
            />
            <div className="grid grid-cols-1 gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_18rem]">
              {body ? (
                <Panel className="max-w-[80ch] px-5 py-4">
                  <Article markdown={body} />
                </Panel>
              ) : (
                <EmptyState title={t("onlyDraft")} />
              )}
              <Beside article={data} />
            </div>
          </>
        );
      }}
    </QueryView>
  );
}

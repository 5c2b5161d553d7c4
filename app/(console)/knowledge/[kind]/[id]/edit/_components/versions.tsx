// What happened to an article: its versions, newest first; any of them can be taken up again.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { ArticlePage, VersionRow } from "../../../../../../../server/knowledge/schema.ts";
import { Button } from "../../../../../../_ui/button.tsx";
import { Panel, Section } from "../../../../../../_ui/page-parts.tsx";
import { DataTable } from "../../../../../../_ui/table.tsx";
import { RelativeTime } from "../../../../../../_ui/values.tsx";

export function Versions(props: { article: ArticlePage; onTake: (version: number) => void }): ReactNode {
  const t = useTranslations("knowledge");
  if (props.article.versions.length === 0) return null;
  return (
    <Section title={t("versions")}>
      <Panel>
        <DataTable<VersionRow>
          caption={t("versions")}
          rows={props.article.versions}
          rowKey={(row) => String(row.version)}
          columns={[
            { id: "version", header: t("version"), align: "right", cell: (row) => row.version },
            { id: "state", header: t("state"), cell: (row) => t(`states.${row.state}`) },
            {
              id: "by",
              header: t("by"),
              className: "w-full",
              cell: (row) => (
                <span>
                  {row.authorName} <RelativeTime at={row.createdAt} className="text-muted" />
                  {row.note && <span className="block text-muted text-xs">{row.note}</span>}
                  {row.reviewedByName && (
                    <span className="block text-muted text-xs">
                      {t("reviewedBy", { name: row.reviewedByName })}
                      {row.reviewNote && `: ${row.reviewNote}`}
                    </span>
                  )}
                </span>
              ),
            },
            {
              id: "take",
              header: "",
              align: "right",
              cell: (row) => (
                <Button look="ghost" onClick={() => props.onTake(row.version)}>
                  {t("take")}
                </Button>
              ),
            },
          ]}
        />
      </Panel>
    </Section>
  );
}

// The page of one check: meaning and article on the left; standing, figures, modes and mutes on the right.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { CheckDetail } from "../../../../../server/inspections/schema.ts";
import { count, percent } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Article } from "../../../../_ui/article.tsx";
import { Button, ButtonLink } from "../../../../_ui/button.tsx";
import { QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { MuteDrawer } from "../../../../_ui/mute-drawer.tsx";
import { useMuteColumns } from "../../../../_ui/mute-list.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { severityLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { DataTable } from "../../../../_ui/table.tsx";
import { Amount } from "../../../../_ui/values.tsx";
import { Figures, RepairRecords } from "./figures.tsx";
import { Modes } from "./modes.tsx";

function Standing({ check }: { check: CheckDetail }): ReactNode {
  const t = useTranslations();
  const locale = useLocale();
  return (
    <Section title={t("checks.standing")}>
      <Facts
        className="grid-cols-2"
        items={[
          {
            label: t("checkStatus.problem"),
            value:
              check.problem > 0 ? (
                <Link
                  href={`/findings?view=flat&check=${check.id}`}
                  className="font-medium text-unhealthy hover:underline"
                >
                  {count(check.problem, locale)}
                </Link>
              ) : (
                "0"
              ),
          },
          { label: t("checkStatus.ok"), value: count(check.ok, locale) },
          { label: t("checkStatus.unknown"), value: count(check.unknown, locale) },
          {
            label: t("checks.coverage"),
            value: check.coverage === null ? "–" : <Amount of={percent(check.coverage)} />,
          },
        ]}
      />
      {check.unknownReasons.length > 0 && (
        <ul className="mt-2 text-muted text-xs">
          {check.unknownReasons.map(({ reason, count: nodes }) => (
            <li key={reason}>
              {count(nodes, locale)} × {reason}
            </li>
          ))}
        </ul>
      )}
      {check.pools.length > 1 && (
        <Panel className="mt-3">
          <DataTable
            caption={t("nodes.pool")}
            rows={check.pools}
            rowKey={(row) => row.pool}
            columns={[
              { id: "pool", header: t("nodes.pool"), cell: (row) => row.pool },
              {
                id: "problem",
                header: t("checkStatus.problem"),
                align: "right",
                cell: (row) => count(row.problem, locale),
              },
              {
                id: "unknown",
                header: t("checkStatus.unknown"),
                align: "right",
                cell: (row) => count(row.unknown, locale),
              },
              { id: "ok", header: t("checkStatus.ok"), align: "right", cell: (row) => count(row.ok, locale) },
            ]}
          />
        </Panel>
      )}
    </Section>
  );
}

function About({ check }: { check: CheckDetail }): ReactNode {
  const t = useTranslations();
  const mono = (values: string[]) =>
    values.length > 0 && <span className="font-mono text-xs">{values.join(", ")}</span>;
  return (
    <Section title={t("checks.about")}>
      <Facts
        className="grid-cols-2"
        items={[
          { label: t("checks.area"), value: check.area },
          { label: t("checks.needs"), value: mono(check.needs) },
          { label: t("finding.raiseAfter"), value: `${check.raiseAfterMs / 1000} s` },
          { label: t("finding.clearAfter"), value: `${check.clearAfterMs / 1000} s` },
          { label: t("checks.factTtl"), value: `${check.factTtlMs / 1000} s` },
          { label: t("checks.dependsOn"), value: mono(check.dependsOn) },
          { label: t("checks.aliases"), value: check.aliases.join(", ") },
          ...Object.entries(check.thresholds).map(([label, value]) => ({ label, value })),
        ]}
      />
    </Section>
  );
}

function Mutes({ check }: { check: CheckDetail }): ReactNode {
  const t = useTranslations("mutes");
  const columns = useMuteColumns();
  if (check.mutes.length === 0) return null;
  return (
    <Section title={t("title")}>
      <Panel>
        <DataTable caption={t("title")} columns={columns} rows={check.mutes} rowKey={(mute) => mute.id} />
      </Panel>
    </Section>
  );
}

function Content({ check }: { check: CheckDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const mayMute = useCan("findings:write");
  const mayWrite = useCan("checks:write");
  const [isMuting, setMuting] = useState(false);
  return (
    <>
      <PageHeader
        up={{ href: "/checks", label: t("nav.checks") }}
        title={text(check.title)}
        lead={
          <span className="flex flex-wrap items-baseline gap-x-3">
            <StateBadge look={severityLook[check.severity]} label={t(`severity.${check.severity}`)} />
            <span className="font-mono text-xs">{check.id}</span>
            {check.isCustom && <span>{t(check.isShadow ? "checks.ownShadow" : "checks.own")}</span>}
          </span>
        }
        actions={
          <>
            {mayWrite && <ButtonLink href={`/checks/editor?test=${check.id}`}>{t("checks.backTest")}</ButtonLink>}
            {check.isCustom && mayWrite && (
              <ButtonLink href={`/checks/editor?id=${check.id}`}>{t("checks.edit")}</ButtonLink>
            )}
            {mayMute && <Button onClick={() => setMuting(true)}>{t("mutes.mute")}</Button>}
          </>
        }
      />
      <div className="grid grid-cols-1 gap-x-6 gap-y-7 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-7">
          <p className="max-w-[80ch] text-base">{text(check.suggestion)}</p>
          <Figures check={check} />
          <RepairRecords check={check} />
          <Mutes check={check} />
          {check.article && (
            <Section title={t("finding.article")}>
              <Panel className="p-4">
                <Article markdown={text(check.article)} />
              </Panel>
            </Section>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-7">
          <Standing check={check} />
          <Modes check={check.modes} />
          <About check={check} />
        </div>
      </div>
      <MuteDrawer
        of={{ checkId: check.id, selector: "*", subject: "" }}
        open={isMuting}
        onClose={() => setMuting(false)}
      />
    </>
  );
}

export function CheckView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const check = useQuery(trpc.inspections.check.queryOptions({ id }));
  return (
    <QueryView query={check} skeleton={<TableSkeleton rows={10} />}>
      {(data) => <Content check={data} />}
    </QueryView>
  );
}

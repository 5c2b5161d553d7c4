// What was measured of a check: how often it spoke, how often rightly, how fast, and whether its repairs help, by version.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { type CheckDetail, FIGURES_DAYS } from "../../../../../server/inspections/schema.ts";
import { count, duration, percent } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Facts, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";
import { Sparkline } from "../../../../_ui/sparkline.tsx";
import { DataTable } from "../../../../_ui/table.tsx";
import { Amount } from "../../../../_ui/values.tsx";

/** A rate with what it was made of: "2 % (1 of 41)". */
function Rate({ ratio, part, whole }: { ratio: number | null; part: number; whole: number }): ReactNode {
  const t = useTranslations("checks");
  const locale = useLocale();
  if (ratio === null) return <span className="text-muted">{t("notMeasured")}</span>;
  return (
    <span>
      <Amount of={percent(ratio)} />{" "}
      <span className="text-muted text-xs">{t("of", { part: count(part, locale), whole: count(whole, locale) })}</span>
    </span>
  );
}

export function Figures({ check }: { check: CheckDetail }): ReactNode {
  const t = useTranslations("checks");
  const locale = useLocale();
  const { figures } = check;
  return (
    <Section title={t("figures")} note={t("figuresNote", { days: FIGURES_DAYS })}>
      <Facts
        items={[
          {
            label: t("occurrences"),
            value: (
              <span className="inline-flex items-center gap-2">
                {count(figures.occurrences, locale)} <Sparkline values={check.perDay} label={t("perDay")} />
              </span>
            ),
          },
          {
            label: t("falsePositives"),
            value: <Rate ratio={figures.falsePositiveRate} part={figures.falsePositives} whole={figures.judged} />,
          },
          {
            label: t("transient"),
            value: <Rate ratio={figures.transientRate} part={figures.transient} whole={figures.occurrences} />,
          },
          { label: t("mttd"), value: figures.mttdMs === null ? "–" : <Amount of={duration(figures.mttdMs)} /> },
          { label: t("mttr"), value: figures.mttrMs === null ? "–" : <Amount of={duration(figures.mttrMs)} /> },
        ]}
      />
    </Section>
  );
}

export function RepairRecords({ check }: { check: CheckDetail }): ReactNode {
  const t = useTranslations("checks");
  const text = useText();
  const locale = useLocale();
  if (check.repairs.length === 0) return null;
  const titles = new Map(check.repairs.map((repair) => [repair.id, text(repair.title)]));
  return (
    <Section title={t("repairs")}>
      <Panel>
        <DataTable
          caption={t("repairs")}
          rows={check.repairs}
          rowKey={(repair) => repair.id}
          columns={[
            {
              id: "title",
              header: t("repair"),
              cell: (repair) => <span className="font-medium">{text(repair.title)}</span>,
            },
            { id: "risk", header: t("risk"), from: "sm", cell: (repair) => <RiskBadge risk={repair.risk} /> },
            {
              id: "record",
              header: t("verified"),
              align: "right",
              cell: (repair) =>
                repair.runs === 0 ? (
                  <span className="text-muted">{t("neverRan")}</span>
                ) : (
                  t("of", { part: count(repair.succeeded, locale), whole: count(repair.runs, locale) })
                ),
            },
            {
              id: "bound",
              header: t("atLeast"),
              align: "right",
              from: "md",
              cell: (repair) => (repair.lowerBound === null ? "–" : <Amount of={percent(repair.lowerBound)} />),
            },
          ]}
        />
      </Panel>
      {check.versions.length > 0 && (
        <Panel className="mt-3">
          <DataTable
            caption={t("byVersion")}
            rows={check.versions}
            rowKey={(row) => `${row.repairId} ${row.kernel} ${row.runtimes}`}
            columns={[
              {
                id: "repair",
                header: t("repair"),
                from: "md",
                cell: (row) => titles.get(row.repairId) ?? row.repairId,
              },
              { id: "kernel", header: t("kernel"), className: "font-mono text-xs", cell: (row) => row.kernel || "–" },
              {
                id: "runtimes",
                header: t("runtimes"),
                from: "sm",
                className: "font-mono text-xs",
                cell: (row) => row.runtimes || "–",
              },
              {
                id: "record",
                header: t("verified"),
                align: "right",
                cell: (row) => t("of", { part: count(row.succeeded, locale), whole: count(row.runs, locale) }),
              },
            ]}
          />
        </Panel>
      )}
    </Section>
  );
}

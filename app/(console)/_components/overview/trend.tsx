// Nodes that were not healthy over the last 24 hours, stacked by state. Healthy ones are left out: they would hide the rest.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Overview } from "../../../../server/overview/schema.ts";
import { TimeChart } from "../../../_ui/chart.tsx";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { toneColor } from "../../../_ui/state.ts";

export function Trend({ trend }: { trend: Overview["trend"] }): ReactNode {
  const t = useTranslations();
  const first = trend[0];
  const last = trend.at(-1);
  if (!first || !last) return null;
  const points = trend.map(({ at, unhealthy, degraded, notReporting, unknown }) => ({
    at: at.getTime(),
    unhealthy,
    degraded,
    notReporting,
    unknown,
  }));
  const all = [
    { key: "unhealthy", label: t("nodeState.unhealthy"), color: toneColor("unhealthy") },
    { key: "degraded", label: t("nodeState.degraded"), color: toneColor("degraded") },
    { key: "notReporting", label: t("nodeState.not_reporting"), color: toneColor("silent") },
    { key: "unknown", label: t("nodeState.unknown"), color: "var(--c-line-strong)" },
  ] as const;
  // A state that no node was in would only draw its line over the others.
  const seen = all.filter(({ key }) => points.some((point) => point[key] > 0));
  const series = seen.length > 0 ? [...seen] : [all[0]];
  return (
    <Section title={t("overview.trend")}>
      <Panel className="p-3">
        <TimeChart
          title={t("overview.trendTitle")}
          points={points}
          from={first.at.getTime()}
          to={last.at.getTime()}
          format={(value) => String(value)}
          stacked
          height={120}
          series={series}
        />
      </Panel>
    </Section>
  );
}

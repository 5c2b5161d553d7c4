// Canary against control: per signal a chart with confidence bands, the numbers that decide, and what the judge says of them.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useLocale, useTranslations } from "next-intl";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { isFinal, type Look, type LookSignal, type RolloutDetail } from "../../../../../server/rollouts/schema.ts";
import { count } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { EmptyState, QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Segmented } from "../../../../_ui/list-tools.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import { isActive } from "../../../../_ui/rollout-look.ts";
import { StateShape } from "../../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";
import { nearness, type SignalSeries, seriesOf } from "./look-series.ts";
import { formatSignal, plainNumbers, saysSomething } from "./plain-numbers.ts";

const BandPlot = dynamic(() => import("./band-plot.tsx").then((module) => module.BandPlot), {
  ssr: false,
  loading: () => <Skeleton className="h-full w-full" />,
});

/** Looks come without a hint of their own, ms. */
const WATCH_MS = 10_000;
/** Charts drawn at first; the table has all signals. */
const CHARTS = 6;
const HEIGHT = 120;

function SignalChart({ series, showsEvidence }: { series: SignalSeries; showsEvidence: boolean }): ReactNode {
  const t = useTranslations("rollout");
  const text = useText();
  const { last, kind } = series;
  const isOver = last.eValue >= last.threshold;
  const now = (value: number | null): string => (value === null ? "–" : formatSignal(kind, value));
  return (
    <figure className="min-w-0" data-signal={series.id}>
      <figcaption className="mb-1 flex flex-wrap items-baseline gap-x-3 text-xs">
        <span className="inline-flex items-center gap-1.5 font-medium">
          {isOver && <StateShape look={{ tone: "unhealthy", shape: "square" }} className="size-2.5" />}
          {text(series.title)}
        </span>
        <span className="text-muted">
          <span aria-hidden className="mr-1 inline-block size-2 rounded-full bg-accent" />
          {t("canary")} <span className="tabular text-text">{now(last.canary.value)}</span>
        </span>
        <span className="text-muted">
          <span aria-hidden className="mr-1 inline-block size-2 rounded-full bg-muted" />
          {t("control")} <span className="tabular text-text">{now(last.control.value)}</span>
        </span>
      </figcaption>
      <div style={{ height: HEIGHT }} aria-hidden="true">
        <BandPlot
          points={series.points}
          format={(value) => formatSignal(kind, value)}
          names={{ canary: t("canary"), control: t("control"), eValue: t("eValue") }}
          height={HEIGHT}
          evidence={showsEvidence ? { threshold: last.threshold } : null}
        />
      </div>
    </figure>
  );
}

function useColumns(): Column<SignalSeries>[] {
  const t = useTranslations("rollout");
  const text = useText();
  const locale = useLocale();
  const number = (value: number): string =>
    value >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  const arm = ({ events, exposure, nodes }: LookSignal["canary"]): ReactNode => (
    <span title={t("armHint", { count: nodes })} className="tabular whitespace-nowrap">
      {count(events, locale)} <span className="text-muted">/ {count(Math.round(exposure * 10) / 10, locale)}</span>
    </span>
  );
  return [
    {
      id: "signal",
      header: t("signal"),
      cell: ({ title, last }) => (
        <span className={last.eValue >= last.threshold ? "font-medium text-unhealthy" : "font-medium"}>
          {text(title)}
        </span>
      ),
    },
    { id: "canary", header: t("canaryEvents"), align: "right", from: "sm", cell: ({ last }) => arm(last.canary) },
    { id: "control", header: t("controlEvents"), align: "right", from: "sm", cell: ({ last }) => arm(last.control) },
    {
      id: "effect",
      header: t("effect"),
      align: "right",
      from: "md",
      cell: ({ last: { effect } }) =>
        effect ? (
          <span className="tabular whitespace-nowrap">
            ×{number(effect.value)}{" "}
            <span className="text-muted">
              {number(effect.low)}…{number(effect.high)}
            </span>
          </span>
        ) : (
          "–"
        ),
    },
    {
      id: "evalue",
      header: t("eValue"),
      align: "right",
      cell: ({ last }) => (
        <span className="tabular whitespace-nowrap">
          {number(last.eValue)} <span className="text-muted">/ {number(last.threshold)}</span>
        </span>
      ),
    },
    {
      id: "near",
      header: t("nearness"),
      className: "w-28",
      cell: ({ last }) => (
        <meter aria-label={t("nearness")} min={0} max={1} value={Math.min(1, nearness(last))} className="h-1.5 w-24" />
      ),
    },
  ];
}

/** Signals said in a sentence each: those nearest to an alarm. */
const SAID = 3;

function PlainNumbers({ series }: { series: SignalSeries[] }): ReactNode {
  const t = useTranslations("rollout.plain");
  const text = useText();
  const locale = useLocale();
  const telling = series.filter(({ last }) => saysSomething(last));
  if (telling.length === 0) return <p className="border-b px-3 py-2">{t("calm", { count: series.length })}</p>;
  return (
    <ul className="border-b px-3 py-2">
      {telling.slice(0, SAID).map(({ id, title, last }) => {
        const isOver = last.eValue >= last.threshold;
        const { key, values } = plainNumbers(last, locale);
        return (
          <li key={id} className={isOver ? "font-medium text-unhealthy" : undefined}>
            {isOver && <StateShape look={{ tone: "unhealthy", shape: "square" }} className="mr-1.5 size-2.5" />}
            {text(title)}: <span className="tabular">{t(key, values)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Numbers({ look, series }: { look: Look; series: SignalSeries[] }): ReactNode {
  const t = useTranslations("rollout");
  const text = useText();
  const columns = useColumns();
  return (
    <Panel>
      <p className="flex flex-wrap items-baseline gap-x-3 border-b px-3 py-2">
        <span className="min-w-0 flex-1 break-words">{text(look.reason)}</span>
        <span className="text-muted text-xs">
          {t("lookedAt")} <RelativeTime at={look.at} />
          {look.dataAt && (
            <>
              {" · "}
              {t("dataOf")} <RelativeTime at={look.dataAt} />
            </>
          )}
        </span>
      </p>
      <PlainNumbers series={series} />
      <DataTable caption={t("numbers")} columns={columns} rows={series} rowKey={({ id }) => id} />
    </Panel>
  );
}

/** @param wave whose looks are shown */
export function JudgePanel({ rollout, wave }: { rollout: RolloutDetail; wave: number }): ReactNode {
  const t = useTranslations("rollout");
  const trpc = useTRPC();
  const [shown, setShown] = useQueryState("chart", parseAsStringLiteral(["values", "evidence"]).withDefault("values"));
  const looks = useQuery(
    trpc.rollouts.looks.queryOptions(
      { id: rollout.id, wave },
      { placeholderData: keepPreviousData, refetchInterval: isActive(rollout.phase) ? WATCH_MS : false },
    ),
  );
  return (
    <Section
      title={t("judge", { wave: wave + 1 })}
      note={t(`judgeKind.${rollout.policy.judge.kind}`)}
      actions={
        <Segmented
          label={t("chartShows")}
          value={shown}
          onChange={(value) => void setShown(value)}
          options={[
            { value: "values", label: t("values") },
            { value: "evidence", label: t("evidence") },
          ]}
        />
      }
    >
      <QueryView query={looks} skeleton={<Skeleton className="h-64" />}>
        {({ looks: all }) => {
          const series = seriesOf(all, wave);
          const last = all.filter((look) => look.wave === wave).at(-1);
          if (!last || series.length === 0)
            return (
              <Panel>
                <EmptyState title={t(isFinal(rollout.phase) ? "neverLooked" : "noLooks")} className="py-8">
                  {t(isFinal(rollout.phase) ? "neverLookedHint" : "noLooksHint")}
                </EmptyState>
              </Panel>
            );
          return (
            <div className="flex flex-col gap-4">
              <Panel className="grid grid-cols-1 gap-x-6 gap-y-5 p-4 md:grid-cols-2 2xl:grid-cols-3">
                {series.slice(0, CHARTS).map((one) => (
                  <SignalChart key={one.id} series={one} showsEvidence={shown === "evidence"} />
                ))}
              </Panel>
              <Numbers look={last} series={series} />
            </div>
          );
        }}
      </QueryView>
    </Section>
  );
}

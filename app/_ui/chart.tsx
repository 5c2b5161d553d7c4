// Small time charts: unit and range always shown, gaps left open, changes marked, one cursor across all charts of a page.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { Skeleton } from "./feedback.tsx";
import { type ChartMark, type ChartSeries, holeAfter, type Point, withGaps } from "./series.ts";

const ChartPlot = dynamic(() => import("./chart-plot.tsx").then((module) => module.ChartPlot), {
  ssr: false,
  loading: () => <Skeleton className="h-full w-full" />,
});

/**
 * @param points ascending; a null value is a gap
 * @param format value with its unit, for axis and tooltip
 * @param max upper end of the axis; from the data when absent
 */
export function TimeChart(props: {
  title: string;
  points: Point[];
  series: ChartSeries[];
  from: number;
  to: number;
  format: (value: number) => string;
  max?: number;
  marks?: ChartMark[];
  stacked?: boolean;
  height?: number;
  syncId?: string;
}): ReactNode {
  const { series, format, height = 96 } = props;
  const points = withGaps(props.points, holeAfter(props.points));
  const last = props.points.at(-1);
  // With one series the title says what it is, unless it is what is left of a stack.
  const isNamed = series.length > 1 || props.stacked;
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap items-baseline gap-x-3 text-xs">
        <span className="font-medium">{props.title}</span>
        {series.map((one) => {
          const value = last?.[one.key];
          return (
            <span key={one.key} className="inline-flex items-center gap-1 text-muted">
              {isNamed && <span aria-hidden className="size-2 rounded-full" style={{ background: one.color }} />}
              {isNamed && one.label}
              <span className="text-text">{typeof value === "number" ? format(value) : "–"}</span>
            </span>
          );
        })}
      </figcaption>
      <div style={{ height }} aria-hidden="true">
        <ChartPlot {...props} points={points} marks={props.marks ?? []} height={height} />
      </div>
    </figure>
  );
}

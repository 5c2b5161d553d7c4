// The drawn part of a time chart. In a chunk of its own: recharts is a third of a page's scripts and nothing waits for it.
"use client";
import type { ReactNode } from "react";
import { Area, ReferenceLine } from "recharts";
import { PlotBase, still, TipLine } from "./plot-base.tsx";
import type { ChartMark, ChartSeries, Point } from "./series.ts";

export function ChartPlot(props: {
  points: Point[];
  series: ChartSeries[];
  from: number;
  to: number;
  format: (value: number) => string;
  max?: number;
  marks: ChartMark[];
  stacked?: boolean;
  height: number;
  syncId?: string;
}): ReactNode {
  const { points, series, format } = props;
  const tip = (at: number): ReactNode => {
    const point = points.find((one) => one.at === at);
    if (!point) return null;
    return series.map(({ key, label, color }) => {
      const value = point[key];
      return <TipLine key={key} name={label} color={color} value={typeof value === "number" ? format(value) : "–"} />;
    });
  };
  return (
    <PlotBase
      points={points}
      from={props.from}
      to={props.to}
      y={{
        domain: [0, props.max ?? ((dataMax: number) => (dataMax > 0 ? dataMax : 1))],
        allowDecimals: false,
        tickFormatter: format,
      }}
      tip={tip}
      height={props.height}
      syncId={props.syncId}
    >
      {props.marks.map((mark) => (
        <ReferenceLine key={`${mark.at}${mark.label}`} x={mark.at} stroke={mark.color} strokeDasharray="2 3" />
      ))}
      {series.map((one) => (
        <Area
          key={one.key}
          dataKey={one.key}
          name={one.label}
          stackId={props.stacked ? "all" : undefined}
          stroke={one.color}
          strokeWidth={1.5}
          fill={one.color}
          fillOpacity={props.stacked ? 0.35 : 0.1}
          dot={false}
          {...still}
        />
      ))}
    </PlotBase>
  );
}

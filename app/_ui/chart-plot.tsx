// The drawn part of a time chart. In a chunk of its own: recharts is a third of a page's scripts and nothing waits for it.
"use client";
import { useLocale } from "next-intl";
import type { ReactNode } from "react";
import { Area, AreaChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { clock, dateTime } from "../_lib/format.ts";
import type { ChartMark, ChartSeries, Point } from "./series.ts";

type TipProps = {
  active?: boolean;
  label?: string | number;
  payload?: readonly { dataKey?: unknown; value?: unknown; color?: string; name?: unknown }[];
  format: (value: number) => string;
};

function Tip({ active, label, payload, format }: TipProps): ReactNode {
  const locale = useLocale();
  if (!active || !payload || payload.length === 0) return null;
  return (
    <div className="rounded-md border bg-surface px-2 py-1.5 text-xs shadow-float">
      <p className="text-muted">{dateTime(new Date(Number(label)), locale)}</p>
      {payload.map((entry) => (
        <p key={String(entry.dataKey)} className="flex items-center gap-1.5">
          <span aria-hidden className="size-2 rounded-full" style={{ background: entry.color }} />
          {String(entry.name)}{" "}
          <b className="ml-auto pl-3 font-medium">{typeof entry.value === "number" ? format(entry.value) : "–"}</b>
        </p>
      ))}
    </div>
  );
}

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
  const locale = useLocale();
  const { points, series, from, to, format, marks, height } = props;
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
      <AreaChart
        data={points}
        syncId={props.syncId}
        syncMethod="value"
        margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--c-line)" />
        <XAxis
          dataKey="at"
          type="number"
          domain={[from, to]}
          allowDataOverflow
          ticks={[from, (from + to) / 2, to]}
          tickFormatter={(at: number) => clock(new Date(at), locale)}
          tick={{ fontSize: 10, fill: "var(--c-muted)" }}
          axisLine={{ stroke: "var(--c-line-strong)" }}
          tickLine={false}
          height={16}
          interval="preserveStartEnd"
        />
        <YAxis
          domain={[0, props.max ?? ((dataMax: number) => (dataMax > 0 ? dataMax : 1))]}
          tickCount={3}
          allowDecimals={false}
          tickFormatter={format}
          tick={{ fontSize: 10, fill: "var(--c-muted)" }}
          axisLine={false}
          tickLine={false}
          width={44}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: "var(--c-muted)", strokeDasharray: "2 2" }}
          content={(tip) => <Tip active={tip.active} label={tip.label} payload={tip.payload} format={format} />}
        />
        {marks.map((mark) => (
          <ReferenceLine key={`${mark.at}${mark.label}`} x={mark.at} stroke={mark.color} strokeDasharray="2 3" />
        ))}
        {series.map((one) => (
          <Area
            key={one.key}
            dataKey={one.key}
            name={one.label}
            stackId={props.stacked ? "all" : undefined}
            type="linear"
            stroke={one.color}
            strokeWidth={1.5}
            fill={one.color}
            fillOpacity={props.stacked ? 0.35 : 0.1}
            connectNulls={false}
            dot={false}
            isAnimationActive={false}
          />
        ))}
      </AreaChart>
    </ResponsiveContainer>
  );
}

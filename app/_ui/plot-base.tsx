// What every time chart is drawn on: axes with three ticks, a quiet grid, one cursor across the charts of a page. In the charts' own chunk, with recharts.
"use client";
import { useLocale } from "next-intl";
import type { ComponentProps, ReactNode } from "react";
import { CartesianGrid, ComposedChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { clock, dateTime } from "../_lib/format.ts";

const tick = { fontSize: 10, fill: "var(--c-muted)" };

/** Lines and areas never grow into place and never bridge a gap. */
export const still = { type: "linear", isAnimationActive: false, connectNulls: false } as const;

type Y = Pick<
  ComponentProps<typeof YAxis>,
  "scale" | "domain" | "ticks" | "allowDataOverflow" | "allowDecimals" | "tickFormatter"
>;

/** @param tip what stands in the tooltip of a moment (epoch ms), under its time; null: nothing is shown */
export function PlotBase(props: {
  points: readonly { at: number }[];
  from: number;
  to: number;
  y: Y;
  tip: (at: number) => ReactNode;
  height: number;
  syncId?: string | undefined;
  children: ReactNode;
}): ReactNode {
  const locale = useLocale();
  const { points, from, to, height } = props;
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
      <ComposedChart
        data={[...points]}
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
          tick={tick}
          axisLine={{ stroke: "var(--c-line-strong)" }}
          tickLine={false}
          height={16}
          interval="preserveStartEnd"
        />
        <YAxis tickCount={3} tick={tick} axisLine={false} tickLine={false} width={48} {...props.y} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: "var(--c-muted)", strokeDasharray: "2 2" }}
          content={({ active, label }) => {
            const body = active ? props.tip(Number(label)) : null;
            if (!body) return null;
            return (
              <div className="rounded-md border bg-surface px-2 py-1.5 text-xs shadow-float">
                <p className="text-muted">{dateTime(new Date(Number(label)), locale)}</p>
                {body}
              </div>
            );
          }}
        />
        {props.children}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** A value of one line in a tooltip, with its band where it has one. */
export function TipLine(props: { name: string; color: string; value: string; band?: string | undefined }): ReactNode {
  return (
    <p className="flex items-center gap-1.5">
      <span aria-hidden className="size-2 rounded-full" style={{ background: props.color }} />
      {props.name}
      <b className="ml-auto pl-3 font-medium">{props.value}</b>
      {props.band && <span className="text-muted">{props.band}</span>}
    </p>
  );
}

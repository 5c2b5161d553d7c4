// The drawn part of canary against control: a line and a band for each, in a chunk of its own like every chart.
"use client";
import { useLocale } from "next-intl";
import type { ReactNode } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { clock, dateTime } from "../../../../_lib/format.ts";
import type { BandPoint } from "./look-series.ts";

export const CANARY = "var(--c-accent)";
export const CONTROL = "var(--c-muted)";

type Props = {
  points: BandPoint[];
  format: (value: number) => string;
  names: { canary: string; control: string; eValue: string };
  height: number;
  /** Draw evidence against its threshold instead of the values. */
  evidence: { threshold: number } | null;
};

function Tip({ point, format, names }: { point: BandPoint | undefined } & Pick<Props, "format" | "names">): ReactNode {
  const locale = useLocale();
  if (!point) return null;
  const line = (name: string, color: string, value: number | null, band: [number, number] | null): ReactNode => (
    <p className="flex items-center gap-1.5">
      <span aria-hidden className="size-2 rounded-full" style={{ background: color }} />
      {name}
      <b className="ml-auto pl-3 font-medium">{value === null ? "–" : format(value)}</b>
      {band && (
        <span className="text-muted">
          {format(band[0])}…{format(band[1])}
        </span>
      )}
    </p>
  );
  return (
    <div className="rounded-md border bg-surface px-2 py-1.5 text-xs shadow-float">
      <p className="text-muted">{dateTime(new Date(point.at), locale)}</p>
      {line(names.canary, CANARY, point.canary, point.canaryBand)}
      {line(names.control, CONTROL, point.control, point.controlBand)}
      {point.eValue !== null && (
        <p>
          {names.eValue} <b className="font-medium">{point.eValue.toPrecision(3)}</b>
        </p>
      )}
    </div>
  );
}

const line = { type: "linear", dot: false, isAnimationActive: false, connectNulls: false, strokeWidth: 1.5 } as const;
const band = { type: "linear", isAnimationActive: false, connectNulls: false, stroke: "none" } as const;
/** E-values below this are no evidence at all: the axis begins here. */
const EVIDENCE_MIN = 0.1;

export function BandPlot({ points, format, names, height, evidence }: Props): ReactNode {
  const locale = useLocale();
  const from = points[0]?.at ?? 0;
  const to = points.at(-1)?.at ?? 1;
  const shown = evidence
    ? points.map((point) => ({ ...point, eValue: point.eValue === null ? null : Math.max(EVIDENCE_MIN, point.eValue) }))
    : points;
  const top = Math.max(evidence?.threshold ?? 0, ...points.map(({ eValue }) => eValue ?? 0)) * 2;
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
      <ComposedChart
        data={shown}
        syncId="looks"
        syncMethod="value"
        margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--c-line)" />
        <XAxis
          dataKey="at"
          type="number"
          domain={[from, to]}
          ticks={[from, (from + to) / 2, to]}
          tickFormatter={(at: number) => clock(new Date(at), locale)}
          tick={{ fontSize: 10, fill: "var(--c-muted)" }}
          axisLine={{ stroke: "var(--c-line-strong)" }}
          tickLine={false}
          height={16}
          interval="preserveStartEnd"
        />
        <YAxis
          scale={evidence ? "log" : "linear"}
          domain={evidence ? [EVIDENCE_MIN, top] : [0, "auto"]}
          allowDataOverflow={evidence !== null}
          ticks={evidence ? [EVIDENCE_MIN, 1, evidence.threshold] : undefined}
          tickCount={3}
          tickFormatter={evidence ? (value: number) => String(Number(value.toPrecision(2))) : format}
          tick={{ fontSize: 10, fill: "var(--c-muted)" }}
          axisLine={false}
          tickLine={false}
          width={48}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: "var(--c-muted)", strokeDasharray: "2 2" }}
          content={({ active, label }) => (
            <Tip
              point={active ? points.find(({ at }) => at === Number(label)) : undefined}
              format={format}
              names={names}
            />
          )}
        />
        {evidence ? (
          <>
            <ReferenceLine y={evidence.threshold} stroke="var(--c-unhealthy)" strokeDasharray="4 3" />
            <Line dataKey="eValue" stroke={CANARY} {...line} />
          </>
        ) : (
          <>
            <Area dataKey="controlBand" fill={CONTROL} fillOpacity={0.14} {...band} />
            <Area dataKey="canaryBand" fill={CANARY} fillOpacity={0.18} {...band} />
            <Line dataKey="control" stroke={CONTROL} strokeDasharray="4 3" {...line} />
            <Line dataKey="canary" stroke={CANARY} {...line} />
          </>
        )}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

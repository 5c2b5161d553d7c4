// The drawn part of canary against control: a line and a band for each, or the evidence against its threshold. In a chunk of its own like every chart.
"use client";
import type { ReactNode } from "react";
import { Area, Line, ReferenceLine } from "recharts";
import { PlotBase, still, TipLine } from "../../../../_ui/plot-base.tsx";
import type { BandPoint } from "./look-series.ts";

const CANARY = "var(--c-accent)";
const CONTROL = "var(--c-muted)";
/** E-values below this are no evidence at all: the axis begins here. */
const EVIDENCE_MIN = 0.1;

const line = { ...still, dot: false, strokeWidth: 1.5 } as const;
const band = { ...still, stroke: "none" } as const;

export function BandPlot(props: {
  points: BandPoint[];
  format: (value: number) => string;
  names: { canary: string; control: string; eValue: string };
  height: number;
  /** Draw evidence against its threshold instead of the values. */
  evidence: { threshold: number } | null;
}): ReactNode {
  const { points, format, names, evidence } = props;
  const shown = evidence
    ? points.map((point) => ({ ...point, eValue: point.eValue === null ? null : Math.max(EVIDENCE_MIN, point.eValue) }))
    : points;
  const top = Math.max(evidence?.threshold ?? 0, ...points.map(({ eValue }) => eValue ?? 0)) * 2;
  const text = (value: number | null): string => (value === null ? "–" : format(value));
  const span = (of: [number, number] | null): string | undefined => of?.map(format).join("…");
  const tip = (at: number): ReactNode => {
    const point = points.find((one) => one.at === at);
    if (!point) return null;
    return (
      <>
        <TipLine name={names.canary} color={CANARY} value={text(point.canary)} band={span(point.canaryBand)} />
        <TipLine name={names.control} color={CONTROL} value={text(point.control)} band={span(point.controlBand)} />
        {point.eValue !== null && (
          <p>
            {names.eValue} <b className="font-medium">{point.eValue.toPrecision(3)}</b>
          </p>
        )}
      </>
    );
  };
  return (
    <PlotBase
      points={shown}
      from={points[0]?.at ?? 0}
      to={points.at(-1)?.at ?? 1}
      y={
        evidence
          ? {
              scale: "log",
              domain: [EVIDENCE_MIN, top],
              allowDataOverflow: true,
              ticks: [EVIDENCE_MIN, 1, evidence.threshold],
              tickFormatter: (value: number) => String(Number(value.toPrecision(2))),
            }
          : { domain: [0, "auto"], tickFormatter: format }
      }
      tip={tip}
      height={props.height}
      syncId="looks"
    >
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
    </PlotBase>
  );
}

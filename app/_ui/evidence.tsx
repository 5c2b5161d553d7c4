// Evidence as the thing itself: lines, numbers against their threshold, tables; each says from which fact it was read.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Evidence } from "../../checks/define.ts";
import { bytes, count, duration, percent, type Quantity } from "../_lib/format.ts";
import { useText } from "../_lib/use-text.ts";
import { cn } from "./cn.ts";
import { Panel } from "./page-parts.tsx";
import { ScrollArea } from "./scroll-area.tsx";
import { Amount } from "./values.tsx";

type NumberEvidence = Extract<Evidence, { kind: "number" }>;
type TableEvidence = Extract<Evidence, { kind: "table" }>;

/** Where a value stands on its scale: the larger of value and threshold, with a little room. Pure. */
export function scaleOf(
  value: number,
  threshold: number | undefined,
  unit: NumberEvidence["unit"],
): { value: number; threshold: number | null } {
  const top = unit === "ratio" ? 1 : Math.max(value, threshold ?? 0) * 1.15 || 1;
  const share = (of: number): number => Math.min(100, Math.max(0, (of / top) * 100));
  return { value: share(value), threshold: threshold === undefined ? null : share(threshold) };
}

function useQuantity(): (value: number, unit: NumberEvidence["unit"]) => Quantity {
  const locale = useLocale();
  return (value, unit) => {
    if (unit === "bytes") return bytes(value);
    if (unit === "ratio") return percent(value);
    if (unit === "ms") return duration(value);
    if (unit === "s") return duration(value * 1000);
    return { value: count(value, locale), unit: "" };
  };
}

function NumberBlock({ evidence }: { evidence: NumberEvidence }): ReactNode {
  const t = useTranslations("finding");
  const quantity = useQuantity();
  const { value, threshold, unit } = evidence;
  const scale = scaleOf(value, threshold, unit);
  const isOver = threshold !== undefined && value >= threshold;
  return (
    <div>
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className={cn("font-semibold text-lg", isOver && "text-unhealthy")}>
          <Amount of={quantity(value, unit)} />
        </span>
        {threshold !== undefined && (
          <span className="text-muted">
            {t("threshold")} <Amount of={quantity(threshold, unit)} />
          </span>
        )}
      </p>
      {scale.threshold !== null && (
        <div aria-hidden className="relative mt-1.5 h-2 max-w-md rounded-full bg-line">
          <div
            className={cn("h-full rounded-full", isOver ? "bg-unhealthy" : "bg-accent")}
            style={{ width: `${scale.value}%` }}
          />
          <div className="absolute -top-1 h-4 w-0.5 bg-text" style={{ left: `${scale.threshold}%` }} />
        </div>
      )}
    </div>
  );
}

function TableBlock({ evidence }: { evidence: TableEvidence }): ReactNode {
  const text = useText();
  const keyed = evidence.rows.map((row) => ({ row, key: row.join("\u0000") }));
  return (
    <ScrollArea label={text(evidence.label)}>
      <table className="w-full text-left font-mono text-xs">
        <thead>
          <tr className="border-b text-muted">
            {evidence.columns.map((column) => (
              <th key={column} scope="col" className="whitespace-nowrap py-1 pr-5 font-normal">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keyed.map(({ row, key }) => (
            <tr key={key} className="border-b last:border-b-0">
              {row.map((cell, i) => (
                <td key={evidence.columns[i] ?? i} className="break-words py-1 pr-5 align-top">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}

function Block({ evidence }: { evidence: Evidence }): ReactNode {
  if (evidence.kind === "number") return <NumberBlock evidence={evidence} />;
  if (evidence.kind === "table") return <TableBlock evidence={evidence} />;
  const body = evidence.kind === "log" ? evidence.lines.join("\n") : evidence.value;
  return (
    <pre
      tabIndex={0}
      className="max-h-96 overflow-y-auto whitespace-pre-wrap break-words rounded-sm bg-sunken p-2.5 font-mono text-xs"
    >
      {body}
    </pre>
  );
}

export function EvidenceList({ evidence }: { evidence: Evidence[] }): ReactNode {
  const t = useTranslations("finding");
  const text = useText();
  if (evidence.length === 0) return <p className="text-muted">{t("noEvidence")}</p>;
  return (
    <Panel>
      <ul>
        {evidence.map((one) => (
          <li key={one.label.en + one.source} className="border-b px-4 py-3 last:border-b-0">
            <p className="mb-1.5 flex flex-wrap items-baseline gap-x-2">
              <span className="font-medium">{text(one.label)}</span>
              <span className="text-muted text-xs">
                {t("fromFact")} <span className="font-mono">{one.source}</span>
              </span>
            </p>
            <Block evidence={one} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

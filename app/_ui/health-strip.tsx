// Health over time as one strip: colour by state, hatched where nothing is known, changes marked below. The text says the same.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { NodeHistoryResult } from "../../server/nodes/schema.ts";
import { clock } from "../_lib/format.ts";
import { useStateReason } from "../_lib/use-state-reason.ts";
import { cn } from "./cn.ts";
import { layoutSpans } from "./series.ts";
import type { Tone } from "./state.ts";
import { nodeLook } from "./state.ts";

const fill: Record<Tone, string> = {
  healthy: "bg-healthy",
  degraded: "bg-degraded",
  unhealthy: "bg-unhealthy",
  silent: "bg-line-strong",
  unknown: "bg-line-strong",
  maintenance: "bg-maintenance",
  accent: "bg-accent",
};

/** Relative height per state, so that the strip reads without colour too. */
const height: Record<Tone, string> = {
  healthy: "h-2",
  degraded: "h-4",
  unhealthy: "h-6",
  silent: "h-1",
  unknown: "h-1",
  maintenance: "h-3",
  accent: "h-2",
};

/** @param history as `nodes.history` gives it */
export function HealthStrip({ history }: { history: NodeHistoryResult }): ReactNode {
  const t = useTranslations();
  const locale = useLocale();
  const reasonOf = useStateReason();
  const from = history.from.getTime();
  const to = history.to.getTime();
  const spans = layoutSpans(
    history.segments.map((segment) => ({ from: segment.from.getTime(), to: segment.to.getTime(), value: segment })),
    from,
    to,
  );
  const middle = new Date((from + to) / 2);
  return (
    <div>
      <div className="flex h-6 items-end overflow-hidden rounded-sm">
        {spans.map((span) => {
          const tone = span.value ? nodeLook[span.value.state].tone : null;
          const title = span.value
            ? `${t(`nodeState.${span.value.state}`)} · ${clock(span.value.from, locale)}–${clock(span.value.to, locale)}${span.value.reason ? ` · ${reasonOf(span.value.reason)}` : ""}`
            : t("node.noData");
          return (
            <div
              key={span.start}
              title={title}
              style={{ width: `${span.width}%` }}
              className={cn(
                "min-w-px shrink-0",
                tone
                  ? cn(fill[tone], height[tone])
                  : "h-2 bg-[repeating-linear-gradient(45deg,var(--c-line)_0_2px,transparent_2px_5px)]",
              )}
            />
          );
        })}
      </div>
      <div className="relative h-3">
        {history.marks.map((mark) => (
          <span
            key={`${mark.at.getTime()}${mark.label}`}
            title={`${clock(mark.at, locale)} · ${mark.label}`}
            aria-hidden
            style={{ left: `${Math.min(99.5, Math.max(0, ((mark.at.getTime() - from) / (to - from)) * 100))}%` }}
            className={cn(
              "absolute top-0.5 size-2.5 -translate-x-1/2 rotate-45 rounded-[2px] border border-surface",
              mark.kind === "finding" ? "bg-unhealthy" : mark.kind === "repair" ? "bg-accent" : "bg-muted",
            )}
          />
        ))}
      </div>
      <div className="flex justify-between text-muted text-xs">
        <span>{clock(history.from, locale)}</span>
        <span>{clock(middle, locale)}</span>
        <span>{t("common.now")}</span>
      </div>
      <ol className="sr-only">
        {history.segments.map((segment) => (
          <li key={segment.from.getTime()}>
            {t(`nodeState.${segment.state}`)} {clock(segment.from, locale)}–{clock(segment.to, locale)}{" "}
            {reasonOf(segment.reason)}
          </li>
        ))}
        {history.marks.map((mark) => (
          <li key={`${mark.at.getTime()}${mark.label}`}>
            {clock(mark.at, locale)} {mark.label}
          </li>
        ))}
      </ol>
    </div>
  );
}

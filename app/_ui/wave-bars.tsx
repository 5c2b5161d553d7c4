// Waves on a time axis, a lane for each failure domain: how the change will spread, or how it did. Drawn with boxes; the list below says the same in text.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { count, duration } from "../_lib/format.ts";

export type WaveBar = { wave: number; domain: string; size: number; startsAtMs: number; endsAtMs: number };

/** Lanes drawn; more domains share the last one. */
const LANES_MAX = 8;
/** A bar is at least so wide, %. */
const WIDTH_MIN = 1.5;

/** @param waves times in ms after the start, ascending */
export function WaveBars({ waves }: { waves: readonly WaveBar[] }): ReactNode {
  const t = useTranslations("rollouts");
  const locale = useLocale();
  const end = Math.max(1, ...waves.map(({ endsAtMs }) => endsAtMs));
  const domains = [...new Set(waves.map(({ domain }) => domain))];
  const lanes = domains.slice(0, LANES_MAX);
  const laneOf = (domain: string): number => Math.min(Math.max(0, lanes.indexOf(domain)), LANES_MAX - 1);
  const most = Math.max(1, ...waves.map(({ size }) => size));
  const whole = duration(end);
  return (
    <figure className="min-w-0">
      <div className="flex gap-3" aria-hidden>
        <ul className="flex shrink-0 flex-col text-muted text-xs">
          {lanes.map((domain, i) => (
            <li key={domain} className="flex h-8 max-w-28 items-center truncate">
              {i === LANES_MAX - 1 && domains.length > LANES_MAX ? "…" : domain || "–"}
            </li>
          ))}
        </ul>
        <div className="relative min-w-0 flex-1" style={{ height: lanes.length * 32 }}>
          {lanes.map((domain, i) => (
            <div key={domain} className="absolute inset-x-0 border-b" style={{ top: i * 32 + 31 }} />
          ))}
          {waves.map((wave) => (
            <div
              key={wave.wave}
              title={t("waveBar", { wave: wave.wave + 1, size: count(wave.size, locale), domain: wave.domain || "–" })}
              className="absolute flex items-center justify-center overflow-hidden rounded-sm bg-accent text-on-accent text-xs"
              style={{
                top: laneOf(wave.domain) * 32 + 5,
                height: 22,
                left: `${(wave.startsAtMs / end) * 100}%`,
                width: `calc(max(${WIDTH_MIN}%, ${((wave.endsAtMs - wave.startsAtMs) / end) * 100}%) - 2px)`,
                opacity: 0.75 + (0.25 * wave.size) / most,
              }}
            >
              <span className="tabular px-1">{count(wave.size, locale)}</span>
            </div>
          ))}
        </div>
      </div>
      <figcaption className="mt-1 flex justify-between text-muted text-xs">
        <span>{t("axisStart")}</span>
        <span className="tabular">{t("axisEnd", { time: `${whole.value} ${whole.unit}` })}</span>
      </figcaption>
    </figure>
  );
}

// Small words shared by the checks: both languages in one call, numbers as people read them.
import type { Text } from "../protocol/text.ts";

/** A text in both languages. */
export const t = (en: string, zh: string): Text => ({ en, zh });

/** Bytes with a binary unit and at most one decimal, e.g. "1.5 GiB". */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits)} ${units[unit]}`;
}

/** A ratio 0–1 as percent, rounded down so that 99.9 % never reads as full. */
export const percent = (ratio: number): string => `${Math.floor(ratio * 100)}%`;

/** First twelve characters of a long id, as the runtimes' own tools show it. */
export const shortId = (id: string): string => (id.length > 12 ? id.slice(0, 12) : id);

/** Whole seconds of a duration in ms, never negative. */
export const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

function ageParts(ms: number): [number, "s" | "min" | "h" | "d"] {
  const s = seconds(ms);
  if (s < 120) return [s, "s"];
  if (s < 7_200) return [Math.floor(s / 60), "min"];
  if (s < 172_800) return [Math.floor(s / 3_600), "h"];
  return [Math.floor(s / 86_400), "d"];
}

const unitsZh = { s: "秒", min: "分钟", h: "小时", d: "天" } as const;

/** Age as "40 s", "12 min", "5 h" or "3 d". */
export const age = (ms: number): string => ageParts(ms).join(" ");

/** The same in Chinese: "40 秒". */
export function ageZh(ms: number): string {
  const [value, unit] = ageParts(ms);
  return `${value} ${unitsZh[unit]}`;
}

// Numbers, sizes and times as people read them. Pure; the language is a parameter.
import type { Locale } from "../../server/accounts/schema.ts";

/** A number with its unit apart, so that the unit can be set lighter. */
export type Quantity = { value: string; unit: string };

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes with a binary unit and at most one decimal. */
export function bytes(value: number): Quantity {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return { value: scaled.toFixed(unit === 0 || scaled >= 100 ? 0 : 1), unit: BYTE_UNITS[unit] ?? "B" };
}

/** A ratio 0–1 as whole percent, rounded down so that 99.9 % never reads as full. */
export const percent = (ratio: number): Quantity => ({ value: String(Math.floor(ratio * 100)), unit: "%" });

/** CPU in millis of a core: "250 m", "1.5 cores". */
export function cpu(millis: number): Quantity {
  return millis < 1000
    ? { value: String(Math.round(millis)), unit: "m" }
    : { value: (millis / 1000).toFixed(1), unit: "cores" };
}

/** A duration in ms: "40 ms", "1.2 s", "3 min". */
export function duration(ms: number): Quantity {
  if (ms < 1000) return { value: String(Math.round(ms)), unit: "ms" };
  if (ms < 10_000) return { value: (ms / 1000).toFixed(1), unit: "s" };
  if (ms < 120_000) return { value: String(Math.round(ms / 1000)), unit: "s" };
  if (ms < 7_200_000) return { value: String(Math.round(ms / 60_000)), unit: "min" };
  return { value: (ms / 3_600_000).toFixed(1), unit: "h" };
}

const AGE_UNITS: Record<Locale, readonly [string, string, string, string]> = {
  en: ["s", "min", "h", "d"],
  zh: ["秒", "分钟", "小时", "天"],
};

/** Age of something in ms as "40 s", "12 min", "5 h", "3 d" in the given language; the future counts as 0. */
export function age(ms: number, locale: Locale): string {
  const s = Math.max(0, Math.round(ms / 1000));
  const [second, minute, hour, day] = AGE_UNITS[locale];
  if (s < 120) return `${s} ${second}`;
  if (s < 7200) return `${Math.floor(s / 60)} ${minute}`;
  if (s < 172_800) return `${Math.floor(s / 3600)} ${hour}`;
  return `${Math.floor(s / 86_400)} ${day}`;
}

/** First twelve characters of a long hexadecimal id, as the runtimes' own tools show it; names stay whole. */
export const shortId = (id: string): string => (/^[0-9a-f-]{24,}$/i.test(id) ? id.slice(0, 12) : id);

/** Locale tag for Intl. */
export const intlTag = (locale: Locale): string => (locale === "zh" ? "zh-CN" : "en-GB");

/** Date and time to the second, in the reader's time zone. */
export function dateTime(date: Date, locale: Locale): string {
  return new Intl.DateTimeFormat(intlTag(locale), { dateStyle: "medium", timeStyle: "medium" }).format(date);
}

/** Hours and minutes. */
export function clock(date: Date, locale: Locale): string {
  return new Intl.DateTimeFormat(intlTag(locale), { hour: "2-digit", minute: "2-digit", hour12: false }).format(date);
}

/** A whole number with separators. */
export const count = (value: number, locale: Locale): string => new Intl.NumberFormat(intlTag(locale)).format(value);

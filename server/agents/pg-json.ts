// Values from agents as PostgreSQL takes them: it knows no NUL character, no half surrogate pair, no NaN, and its integers end. Pure.

const SUSPECT = /\\u(0000|[dD][89a-fA-F])/;

const cleanText = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();

/** JSON text that a jsonb column always accepts; what cannot be stored becomes U+FFFD. */
export function toPgJson(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (!SUSPECT.test(text)) return text;
  return JSON.stringify(deepClean(value));
}

function deepClean(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(deepClean);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), deepClean(item)]));
}

/** Text column value of at most `max` characters. */
export const toPgText = (text: string, max = 4_096): string =>
  cleanText(text.length > max ? `${text.slice(0, max - 1)}…` : text);

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, Math.trunc(value)));
/** int4, null stays null. */
export const toInt4 = (value: number | null): number | null => (value === null ? null : clamp(value, 2_147_483_647));
/** int8 as far as a JS number is exact, null stays null. */
export const toInt8 = (value: number | null): number | null =>
  value === null ? null : clamp(value, Number.MAX_SAFE_INTEGER);

const EARLIEST = Date.UTC(1980, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
/** An agent's epoch ms as ISO text; a time no clock has is replaced by `fallback`. */
export const toPgTime = (ms: number, fallback: Date): string =>
  ms >= EARLIEST && ms <= LATEST ? new Date(ms).toISOString() : fallback.toISOString();

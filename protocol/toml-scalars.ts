// Single values of TOML 1.0 other than texts: numbers, dates and times, and which of them there are. Read by toml-syntax.ts.

const SCALAR =
  /^(true|false|[+-]?(inf|nan)|[+-]?(0|[1-9](_?\d)*)|0x[0-9A-Fa-f](_?[0-9A-Fa-f])*|0o[0-7](_?[0-7])*|0b[01](_?[01])*|[+-]?(0|[1-9](_?\d)*)(\.\d(_?\d)*)?([eE][+-]?\d(_?\d)*)?|\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(\.\d+)?)$/;

/** A whole value, by its form and its range. */
export const isScalar = (text: string): boolean => SCALAR.test(text) && isInRange(text);

/** Whether an escape (without its backslash) names a character: halves of a pair are none. */
export function isCharacter(escaped: string): boolean {
  const code = /^[uU]/.test(escaped) ? Number.parseInt(escaped.slice(1), 16) : 0;
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/** Numbers of 64 bits, days and times that there are: readers refuse the rest, and with it the whole file. */
function isInRange(scalar: string): boolean {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)?[Tt ]?(\d\d:\d\d:\d\d)?/.exec(scalar) ?? [];
  if (date !== undefined || time !== undefined)
    return isDay(date ?? "2000-01-01") && isTime(time ?? "00:00:00", scalar);
  if (!/^[+-]?(0[xob][0-9A-Fa-f_]+|[0-9_]+)$/.test(scalar)) return true;
  const value = BigInt(scalar.replace(/^[+-]/, "").replaceAll("_", ""));
  return value <= (scalar.startsWith("-") ? 2n ** 63n : 2n ** 63n - 1n);
}

function isDay(date: string): boolean {
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate(); // the calendar repeats itself
  return month >= 1 && month <= 12 && day >= 1 && day <= last;
}

function isTime(time: string, scalar: string): boolean {
  const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
  const [, offsetHour = "0", offsetMinute = "0"] = /:\d\d(?:\.\d+)?[+-](\d\d):(\d\d)$/.exec(scalar) ?? [];
  return hour < 24 && minute < 60 && second < 60 && Number(offsetHour) < 24 && Number(offsetMinute) < 60;
}

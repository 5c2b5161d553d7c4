// Maintenance windows: whether something new may be sent now, and when next. Wall clock of the window's own time zone, daylight saving included.
import type { Window } from "./types.ts";

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
/** A window is at least so long, minutes: `nextOpening` looks in these steps. All time zones are apart by multiples of it. */
export const WINDOW_MIN = 15;

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const formats = new Map<string, Intl.DateTimeFormat | null>();

/** Null when there is no such time zone. */
function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat | null = null;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
    });
  } catch {
    format = null; // Intl has no other way to say that it does not know a zone
  }
  formats.set(timeZone, format);
  return format;
}

/** Whether Intl knows this zone. */
export const isTimeZone = (timeZone: string): boolean => formatOf(timeZone) !== null;

/** Day of the week and minute of the day in a zone; null where there is no such zone. */
export function wallClock(timeZone: string, at: number): { day: number; minute: number } | null {
  const format = formatOf(timeZone);
  if (!format) return null;
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = value;
  return { day: WEEKDAYS.indexOf(part.weekday ?? ""), minute: Number(part.hour) * 60 + Number(part.minute) };
}

/** Whether one window is open. Over midnight it belongs to the day that it begins on. An hour that comes twice counts twice, one that is left out never comes. */
function isInside({ days, from, to, timeZone }: Window, at: number): boolean {
  const clock = wallClock(timeZone, at);
  if (!clock) return false; // fails closed
  const { day, minute } = clock;
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  return (minute >= from && days.includes(day)) || (minute < to && days.includes((day + 6) % 7));
}

/** Whether something new may be sent: without windows always. */
export const isOpen = (windows: readonly Window[], at: number): boolean =>
  windows.length === 0 || windows.some((window) => isInside(window, at));

/** The first minute from `at` on in which a window is open, `at` itself where one is; null when none is within eight days. */
export function nextOpening(windows: readonly Window[], at: number): number | null {
  if (isOpen(windows, at)) return at;
  const step = WINDOW_MIN * MINUTE;
  for (let time = Math.floor(at / step) * step + step; time < at + 8 * DAY_MINUTES * MINUTE; time += step) {
    if (!isOpen(windows, time)) continue;
    let first = time;
    while (first - MINUTE > at && isOpen(windows, first - MINUTE)) first -= MINUTE;
    return first;
  }
  return null;
}

/** How long a window is, minutes. */
export const windowLength = ({ from, to }: Window): number => (to > from ? to - from : to - from + DAY_MINUTES);

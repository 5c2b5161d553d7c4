// When a line was written, by the stamp that it carries: syslog, klog, logrus, ISO dates. Stamps without a zone are taken as this node's time.
import { parseKlogLine } from "../../parsers/component-log.ts";

const DAY = 86_400_000;
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
/** Stamps stand at the beginning. */
const HEAD_CHARS = 300;

// "2026-03-01T08:09:10.123456+08:00", "2026/03/01 08:09:10" (Go's log), also after "<30>1 " or `time="`.
const ISO =
  /^(?:<\d{1,3}>\d? ?|\[|(?:.{0,200} )?time="?)?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/;
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) /;

/** Epoch ms by the line's own stamp; null: it has none that is understood. Where no year is written, the last one that is not in the future. */
export function writtenAt(line: string, now: number): number | null {
  const head = line.slice(0, HEAD_CHARS);
  const iso = ISO.exec(head);
  if (iso) {
    const [, year, month, day, time, fraction = "0", zone = ""] = iso;
    const colon = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
    return whole(Date.parse(`${year}-${month}-${day}T${time}.${fraction.slice(0, 3)}${colon}`));
  }
  const [, name = "", day, ...clock] = SYSLOG.exec(head) ?? [];
  const month = MONTHS.indexOf(name) / 3;
  if (day && Number.isInteger(month)) return withYear(month, Number(day), clock.map(Number), now);
  const klog = parseKlogLine(head);
  if (!klog) return null;
  const time = klog.time.split(/[:.]/, 3).map(Number);
  return withYear(Number(klog.mmdd.slice(0, 2)) - 1, Number(klog.mmdd.slice(2)), time, now);
}

const whole = (at: number): number | null => (Number.isNaN(at) ? null : at);

function withYear(
  month: number,
  day: number,
  [hour = 0, minute = 0, second = 0]: number[],
  now: number,
): number | null {
  if (month < 0 || month > 11 || day < 1 || day > 31) return null;
  const year = new Date(now).getFullYear();
  const at = new Date(year, month, day, hour, minute, second).getTime();
  // A clock a little ahead is no reason to take this year for the last.
  return at <= now + DAY ? at : new Date(year - 1, month, day, hour, minute, second).getTime();
}

// Container log files: one physical line → what the container wrote. The two formats that runtimes write: CRI (containerd, CRI-O) and
// Docker's json-file. Whole files with tail/limit/since: crilog-read.ts. Logs of the runtimes themselves: component-log.ts.

/** One line of a container log. `log` keeps its line feed when the line is whole; a partial line continues in the next one. */
export interface ContainerLogLine {
  /** RFC 3339 with up to nine fraction digits, as written. */
  timestamp: string;
  stream: string;
  log: string;
  partial: boolean;
}

/** RFC 3339 as Go's reader takes it: seconds required, fraction of any length, "Z" or an offset. */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,32}))?(?:Z|([+-])(\d\d):(\d\d))$/;

const MINUTE_MS = 60_000;

/** Nanoseconds since the epoch, or null when it is not a valid RFC 3339 instant. Digits past the ninth are dropped. */
export function rfc3339Nanos(text: string): bigint | null {
  const match = RFC3339.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const utc = new Date(0);
  utc.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isRealDay = utc.getUTCMonth() === Number(month) - 1 && utc.getUTCDate() === Number(day);
  if (!isRealDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  utc.setUTCHours(Number(hour), Number(minute), Number(second));
  const offsetMs = (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0)) * MINUTE_MS * (sign === "-" ? -1 : 1);
  return BigInt(utc.getTime() - offsetMs) * 1_000_000n + BigInt((fraction ?? "").padEnd(9, "0").slice(0, 9));
}

/**
 * `TIMESTAMP STREAM TAGS CONTENT`, tags separated by ":", the first being F (full) or P (partial); unknown tags read as full, so that
 * a newer runtime stays readable. Null when the line is not of this format.
 */
export function parseCriLine(line: string): ContainerLogLine | null {
  const [timestamp, afterTimestamp] = cut(line);
  const [stream, afterStream] = cut(afterTimestamp ?? "");
  const [tags, content] = cut(afterStream ?? "");
  if (content === null || rfc3339Nanos(timestamp) === null) return null;
  if (stream !== "stdout" && stream !== "stderr") return null;
  const partial = tags.split(":", 1)[0] === "P";
  return { timestamp, stream, log: partial && content.endsWith("\n") ? content.slice(0, -1) : content, partial };
}

function cut(text: string): [head: string, tail: string | null] {
  const at = text.indexOf(" ");
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * `{"log":…,"stream":…,"time":…}`. Docker leaves out empty fields, so only a valid time is required. A message that Docker had to split
 * lacks its line feed, but the format does not mark it, hence `partial` is always false. Null when the line is not of this format.
 */
export function parseDockerJsonLine(line: string): ContainerLogLine | null {
  const record = parseObject(line);
  if (!record) return null;
  const { log = "", stream = "", time } = record;
  if (typeof log !== "string" || typeof stream !== "string" || typeof time !== "string") return null;
  return rfc3339Nanos(time) === null ? null : { timestamp: time, stream, log, partial: false };
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null; // JSON.parse's only failure is malformed text
  }
}

export type LineParser = (line: string) => ContainerLogLine | null;

/** The parser of the format this line is written in, or null when it is neither. A file keeps one format: ask once, with its first line. */
export function containerLogParser(line: string): LineParser | null {
  return [parseCriLine, parseDockerJsonLine].find((parse) => parse(line) !== null) ?? null;
}

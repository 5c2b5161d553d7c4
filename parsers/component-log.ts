// Logs of the node's own components: klog (kubelet, kube-proxy, CSI drivers) and logrus text (containerd, dockerd, CRI-O, runc).
// A prefix that syslog or the journal put before the line is kept apart as `hdr`.

/** A klog line, fields as written. `mmdd` is month and day; klog writes no year. */
export interface KlogLine {
  hdr?: string;
  sev: "I" | "W" | "E" | "F";
  mmdd: string;
  /** hh:mm:ss.micros, in the component's local time. */
  time: string;
  pid: string;
  file: string;
  line: string;
  msg: string;
}

/** A logrus line; values stand as written between their quotes, escapes included. `rest` holds all other fields. */
export interface LogrusLine {
  hdr?: string;
  time?: string;
  level: string;
  msg: string;
  rest?: string;
}

const KLOG = /(?<!\S)([IWEF])(\d{4}) (\d\d:\d\d:\d\d\.\d{1,9}) {1,16}(\d{1,19}) ([^\s:\]]{1,255}):(\d{1,9})\](?: |$)/;

/** Longest prefix taken for a syslog or journal header. */
const HEADER_CHARS_MAX = 256;

/** `Lmmdd hh:mm:ss.uuuuuu threadid file:line] msg`; null when the line is not of this format. */
export function parseKlogLine(text: string): KlogLine | null {
  const line = withoutLineFeed(text);
  const match = KLOG.exec(line.slice(0, HEADER_CHARS_MAX * 3));
  if (!match || match.index > HEADER_CHARS_MAX) return null;
  const [whole, sev, mmdd = "", time = "", pid = "", file = "", lineNumber = ""] = match;
  if (sev !== "I" && sev !== "W" && sev !== "E" && sev !== "F") return null;
  const msg = line.slice(match.index + whole.length);
  return { ...header(line.slice(0, match.index)), sev, mmdd, time, pid, file, line: lineNumber, msg };
}

/** `time="…" level=… msg="…" key=value …`; null when the line lacks a level or a message. */
export function parseLogrusLine(text: string): LogrusLine | null {
  const line = withoutLineFeed(text);
  const start = /(?<!\S)(?:time|level)=/.exec(line.slice(0, HEADER_CHARS_MAX + 8))?.index ?? -1;
  if (start === -1) return null;
  const known: { time?: string; level?: string; msg?: string } = {};
  let rest = "";
  for (const field of fields(line, start)) {
    if ((field.key === "time" || field.key === "level" || field.key === "msg") && known[field.key] === undefined) {
      known[field.key] = field.value;
    } else rest += `${rest ? " " : ""}${field.raw}`;
  }
  const { time, level, msg } = known;
  if (level === undefined || msg === undefined) return null;
  return { ...header(line.slice(0, start)), ...(time !== undefined && { time }), level, msg, ...(rest && { rest }) };
}

interface Field {
  key: string;
  value: string;
  raw: string;
}

/** Blank-separated `key=value` and `key="quoted value"`; a word without "=" is a field without a key. */
function* fields(line: string, from: number): Generator<Field> {
  for (let pos = from; pos < line.length; ) {
    if (line[pos] === " ") {
      pos++;
      continue;
    }
    const start = pos;
    while (pos < line.length && line[pos] !== " " && line[pos] !== "=") pos++;
    const key = line.slice(start, pos);
    const valueAt = pos + 1;
    pos = line[pos] === "=" && line[valueAt] === '"' ? quotedEnd(line, valueAt) : wordEnd(line, pos);
    const raw = line.slice(start, pos);
    const value = raw.slice(key.length + 1);
    const isClosed = value.length > 1 && value.endsWith('"');
    yield { key, raw, value: value.startsWith('"') ? value.slice(1, isClosed ? -1 : undefined) : value };
  }
}

function wordEnd(line: string, from: number): number {
  const blank = line.indexOf(" ", from);
  return blank === -1 ? line.length : blank;
}

/** After the closing quote; the end of the line when the quote was never closed (a line cut short). */
function quotedEnd(line: string, open: number): number {
  for (let pos = open + 1; pos < line.length; pos++) {
    if (line[pos] === "\\") pos++;
    else if (line[pos] === '"') return pos + 1;
  }
  return line.length;
}

function header(prefix: string): { hdr?: string } {
  const hdr = prefix.trim();
  return hdr === "" ? {} : { hdr };
}

function withoutLineFeed(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

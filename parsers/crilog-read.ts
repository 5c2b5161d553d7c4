// A container log file → the text to show, with kubelet's meaning of tail, limit, since and timestamps. Built on the parsers of crilog.ts.
import { containerLogParser, type LineParser, rfc3339Nanos } from "./crilog.ts";

/** All unset: the whole log as the container wrote it. */
export interface ReadLogsOptions {
  /** Last physical lines of the file to start from; a message split in two counts twice. */
  tailLines?: number;
  /** Bytes of UTF-8 after which the output is cut, in the middle of a line if need be. */
  limitBytes?: number;
  /** Leaves out what was written before this instant (RFC 3339). An invalid one leaves out nothing. */
  since?: string;
  /** Puts the time, with nine fraction digits, before each message. */
  timestamps?: boolean;
  stream?: "stdout" | "stderr";
}

/**
 * Reads physical lines (with or without their line feed). Lines that are not of the file's format are left out.
 *
 * @returns null when not even the first line is of a known format
 */
export function readContainerLog(lines: readonly string[], options: ReadLogsOptions = {}): string | null {
  const { tailLines, limitBytes = Number.POSITIVE_INFINITY } = options;
  const selected = tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines));
  const first = selected.find((line) => line.trim() !== "");
  if (first === undefined || limitBytes <= 0) return "";
  const parse = containerLogParser(first);
  return parse ? cutToBytes(messages(selected, parse, options), limitBytes) : null;
}

function* messages(lines: readonly string[], parse: LineParser, options: ReadLogsOptions): Generator<string> {
  const since = options.since === undefined ? null : rfc3339Nanos(options.since);
  let isStartOfMessage = true;
  for (const line of lines) {
    const entry = parse(line.endsWith("\n") ? line : `${line}\n`);
    if (!entry || (options.stream !== undefined && entry.stream !== options.stream)) continue;
    if (since !== null && (rfc3339Nanos(entry.timestamp) ?? since) < since) continue;
    const prefix = options.timestamps && isStartOfMessage ? `${withNanos(entry.timestamp)} ` : "";
    isStartOfMessage = !entry.partial;
    yield prefix + entry.log;
  }
}

/** Nine fraction digits, so that times line up. */
function withNanos(timestamp: string): string {
  return timestamp.replace(
    /(:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/,
    (_, seconds: string, fraction: string | undefined, zone: string) =>
      `${seconds}.${(fraction ?? "").padEnd(9, "0").slice(0, 9)}${zone}`,
  );
}

/** A character cut in two by the limit shows as U+FFFD. */
function cutToBytes(parts: Iterable<string>, limitBytes: number): string {
  let out = "";
  let left = limitBytes;
  for (const part of parts) {
    const bytes = new TextEncoder().encode(part);
    if (bytes.length > left) return out + new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, left));
    out += part;
    left -= bytes.length;
  }
  return out;
}

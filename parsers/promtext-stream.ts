// Fast lane for scrapes: picks the samples of a few metrics out of a large exposition without building anything for the other lines.
// Reads both dialects. Being a reader of other programs' output it skips lines it cannot read and counts them; it validates nothing else.
import { type Dialect, isBlank, LineScanner, PromTextError, parseNumber } from "./promtext-scan.ts";

/** A sample exactly as written: no family, no renaming. `labels` has no prototype. */
export interface RawSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What was met on the way: sample lines handed over, and wanted lines that could not be read. */
export interface StreamCounts {
  wanted: number;
  unreadable: number;
}

const LOOSE: Dialect = { loose: true, utf8Names: true };
const HASH = 0x23;
const BRACE = 0x7b;

/**
 * Calls `onSample` for each sample line whose metric name (with its suffix, as written) is in `wanted`. Timestamps and exemplars are passed over.
 *
 * Metrics come in runs of one name, so the name of a line is compared in place with that of the line before; only where it changes is
 * it cut out and looked up. Unwanted lines thus cost one scan for the line feed and allocate nothing.
 */
export function forEachSample(
  text: string,
  wanted: ReadonlySet<string>,
  onSample: (sample: RawSample) => void,
): StreamCounts {
  const counts: StreamCounts = { wanted: 0, unreadable: 0 };
  let runName = "";
  let isRunWanted = false;
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end === -1) end = text.length;
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    const first = text.charCodeAt(start);
    if (first === HASH || start === end) continue;
    if (first !== BRACE) {
      if (runName === "" || !text.startsWith(runName, start) || !endsName(text.charCodeAt(start + runName.length))) {
        runName = text.slice(start, nameEnd(text, start, end));
        isRunWanted = wanted.has(runName);
      }
      if (!isRunWanted) continue;
    }
    const sample = readLine(text.slice(start, end));
    if (sample === null) counts.unreadable++;
    else if (wanted.has(sample.name)) {
      counts.wanted++;
      onSample(sample);
    }
  }
  return counts;
}

/** "{", blank, tab or the end of the line may follow a bare name. */
function endsName(code: number): boolean {
  return code === BRACE || code === 0x20 || code === 0x09 || code === 0x0a || Number.isNaN(code);
}

function nameEnd(text: string, start: number, end: number): number {
  let pos = start;
  while (pos < end && !endsName(text.charCodeAt(pos))) pos++;
  return pos;
}

function readLine(line: string): RawSample | null {
  const scan = new LineScanner(line, LOOSE);
  try {
    let name = scan.bareName(true);
    scan.skipBlanks();
    const set = scan.is("{") ? scan.labelSet() : null;
    name ||= set?.metricName ?? "";
    scan.skipBlanks();
    const value = parseNumber(scan.word());
    return value === null || name === "" ? null : { name, labels: set?.labels ?? Object.create(null), value };
  } catch (err) {
    if (err instanceof PromTextError) return null;
    throw err;
  }
}

// The strict dialect: OpenMetrics text 1.0. Reads lines and checks order, names, units, values and groups. Called by promtext.ts.

import { OpenFamily } from "./promtext-family.ts";
import { type Dialect, isClassicName, isDecimal, LineScanner, PromTextError, parseNumber } from "./promtext-scan.ts";
import type { Exemplar, Exposition, FamilyMetadata, MetricType, Sample } from "./promtext-types.ts";

/** Label names and values of an exemplar together, in code points (OpenMetrics 1.0, "Exemplars"). */
const EXEMPLAR_CHARS_MAX = 128;

const TYPES: ReadonlySet<string> = new Set<MetricType>([
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
  "unknown",
]);

/** @throws PromTextError; `cursor.line` is then the line at fault, from 1 */
export function readOpenMetrics(lines: string[], cursor: { line: number }, utf8Names: boolean): Exposition {
  const last = lines.at(-1) === "" ? lines.length - 2 : lines.length - 1;
  const reader = new OpenMetricsReader({ loose: false, utf8Names });
  for (let i = 0; i < last; i++) {
    cursor.line = i + 1;
    reader.line(lines[i] ?? "");
  }
  cursor.line = last + 1;
  if (lines[last] !== "# EOF") throw new PromTextError('the last line must be "# EOF"');
  return reader.finish();
}

class OpenMetricsReader {
  private readonly dialect: Dialect;
  private readonly taken = new Set<string>();
  private readonly samples: Sample[] = [];
  private readonly families: FamilyMetadata[] = [];
  private current: OpenFamily | null = null;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  line(text: string): void {
    if (text === "") throw new PromTextError("blank line");
    if (text === "# EOF") throw new PromTextError("text after # EOF");
    const scan = new LineScanner(text, this.dialect);
    if (scan.take("#")) this.metadata(scan);
    else this.sample(scan);
  }

  finish(): Exposition {
    this.close();
    return { samples: this.samples, families: this.families };
  }

  private metadata(scan: LineScanner): void {
    space(scan);
    const keyword = scan.word();
    space(scan);
    const name = scan.metricName();
    if (name === "") throw new PromTextError(`invalid metric name in ${keyword}`);
    space(scan);
    const family = this.current?.name === name ? this.current : this.open(name);
    if (family.hasSamples) throw new PromTextError(`metadata of "${name}" after its samples`);
    const text = scan.rest();
    if (keyword === "HELP") family.setHelp(unescapeHelp(text));
    else if (keyword === "TYPE") {
      if (!isMetricType(text)) throw new PromTextError(`unknown metric type for "${name}"`);
      family.setType(text);
    } else if (keyword === "UNIT") {
      // A unit is made of metric-name characters, digits first included.
      if (text !== "" && !isClassicName(`_${text}`, true)) throw new PromTextError(`invalid unit for "${name}"`);
      family.setUnit(text);
    } else throw new PromTextError("a comment must be HELP, TYPE, UNIT or EOF");
  }

  private sample(scan: LineScanner): void {
    const sample = readSample(scan);
    const family = this.current?.owns(sample.name) ? this.current : this.open(sample.name);
    family.add(sample);
  }

  private open(name: string): OpenFamily {
    this.close();
    this.current = new OpenFamily(name);
    return this.current;
  }

  /** Ends the current family: its last checks, and every name it could use is taken from here on. */
  private close(): void {
    const family = this.current;
    if (!family) return;
    family.check();
    for (const name of family.names()) {
      if (this.taken.has(name)) throw new PromTextError(`"${name}" clashes with an earlier family`);
      this.taken.add(name);
    }
    for (const sample of family.samples) this.samples.push(sample);
    this.families.push(family.metadata());
    this.current = null;
  }
}

/** A sample line without its family: `name[{labels}] value [timestamp] [# {labels} value [timestamp]]`, single spaces. */
function readSample(scan: LineScanner): Sample {
  let name = scan.bareName(true);
  const set = scan.is("{") ? scan.labelSet() : null;
  if (set?.metricName && name !== "") throw new PromTextError("more than one metric name");
  name ||= set?.metricName ?? "";
  if (name === "") throw new PromTextError("invalid metric name");
  space(scan);
  const value = number(scan.word());
  const timestampSeconds = readTimestamp(scan);
  const exemplar = scan.atEnd ? null : readExemplar(scan);
  const labels = set?.labels ?? Object.create(null);
  return { family: name, type: "unknown", name, labels, value, timestampSeconds, exemplar };
}

/** A timestamp, unless the line ends here or an exemplar follows. */
function readTimestamp(scan: LineScanner): number | null {
  if (scan.atEnd || scan.text.startsWith(" # ", scan.pos)) return null;
  space(scan);
  const text = scan.word();
  if (!isDecimal(text)) throw new PromTextError("expected a finite number as timestamp");
  return Number(text);
}

function readExemplar(scan: LineScanner): Exemplar {
  space(scan);
  if (!scan.take("#")) throw new PromTextError("text after the sample");
  space(scan);
  if (!scan.is("{")) throw new PromTextError("an exemplar starts with its labels");
  const { labels, metricName } = scan.labelSet();
  if (metricName !== null) throw new PromTextError("an exemplar has no metric name");
  let chars = 0;
  for (const [name, value] of Object.entries(labels)) chars += [...name].length + [...value].length;
  if (chars > EXEMPLAR_CHARS_MAX) throw new PromTextError(`exemplar labels exceed ${EXEMPLAR_CHARS_MAX} characters`);
  space(scan);
  const value = number(scan.word());
  const timestampSeconds = readTimestamp(scan);
  if (!scan.atEnd) throw new PromTextError("text after the exemplar");
  return { labels, value, timestampSeconds };
}

function space(scan: LineScanner): void {
  if (!scan.take(" ")) throw new PromTextError("expected one space");
}

function number(text: string): number {
  const value = parseNumber(text);
  if (value === null) throw new PromTextError("expected a number as value");
  return value;
}

function unescapeHelp(text: string): string {
  return text.replaceAll(/\\[\\n"]/g, (pair) => (pair === "\\n" ? "\n" : pair.slice(1)));
}

function isMetricType(text: string): text is MetricType {
  return TYPES.has(text);
}

// The classic dialect: Prometheus text format 0.0.4 (and 1.0.0 with quoted names). Called by promtext.ts with the lines of a document.

import { type Dialect, LineScanner, PromTextError, parseNumber } from "./promtext-scan.ts";
import type { Exposition, FamilyMetadata, MetricType, Sample } from "./promtext-types.ts";

const TYPES: ReadonlyMap<string, MetricType> = new Map([
  ["counter", "counter"],
  ["gauge", "gauge"],
  ["histogram", "histogram"],
  ["gaugehistogram", "gaugehistogram"],
  ["gauge_histogram", "gaugehistogram"],
  ["summary", "summary"],
  ["untyped", "unknown"],
]);

/** Endings that a sample name may add to its family's name, for the group that follows the metadata. */
const SUFFIXES: Partial<Record<MetricType, readonly string[]>> = {
  summary: ["", "_count", "_sum"],
  histogram: ["_bucket", "_count", "_sum"],
};

interface Family extends FamilyMetadata {
  hasType: boolean;
  hasHelp: boolean;
}

/** The family whose metadata stood last: samples belong to it until another name comes. */
interface Group {
  name: string;
  type: MetricType;
}

/** @throws PromTextError; `cursor.line` is then the line at fault, from 1 */
export function readClassic(lines: string[], cursor: { line: number }, utf8Names: boolean): Exposition {
  const dialect: Dialect = { loose: true, utf8Names };
  const reader = new ClassicReader();
  for (let i = 0; i < lines.length; i++) {
    cursor.line = i + 1;
    const scan = new LineScanner(lines[i] ?? "", dialect);
    scan.skipBlanks();
    if (scan.atEnd) continue;
    if (i === lines.length - 1) throw new PromTextError("the last line must end with a line feed");
    if (scan.take("#")) reader.comment(scan);
    else reader.sample(scan);
  }
  const families = [...reader.families.values()].map(({ name, type, help, unit }) => ({ name, type, help, unit }));
  return { samples: reader.samples, families };
}

class ClassicReader {
  readonly families = new Map<string, Family>();
  readonly samples: Sample[] = [];
  private group: Group | null = null;

  comment(scan: LineScanner): void {
    scan.skipBlanks();
    const keyword = scan.word();
    if (keyword !== "HELP" && keyword !== "TYPE") return;
    scan.skipBlanks();
    if (scan.atEnd) return;
    const name = scan.metricName();
    if (!scan.skipBlanks() && !(scan.atEnd && name !== ""))
      throw new PromTextError(`invalid metric name in ${keyword}`);
    if (this.group?.name !== name) this.group = { name, type: "unknown" };
    if (scan.atEnd) return;
    const family = this.family(name);
    if (keyword === "HELP") setHelp(family, scan.rest());
    else this.group.type = setType(family, scan.rest());
  }

  sample(scan: LineScanner): void {
    let name = scan.bareName(true);
    if (name === "" && !scan.is("{")) throw new PromTextError("invalid metric name");
    const spaced = scan.skipBlanks();
    let labels: Record<string, string> = Object.create(null);
    if (scan.is("{")) {
      const set = scan.labelSet();
      if (set.metricName !== null && name !== "") throw new PromTextError("more than one metric name");
      name ||= set.metricName ?? "";
      labels = set.labels;
      scan.skipBlanks();
    } else if (!spaced) throw new PromTextError(scan.atEnd ? "sample has no value" : "invalid metric name");
    if (name === "") throw new PromTextError("sample has no metric name");

    const value = parseNumber(scan.word());
    if (value === null) throw new PromTextError("expected a number as value");
    scan.skipBlanks();
    const timestampSeconds = scan.atEnd ? null : timestamp(scan.word());
    scan.skipBlanks();
    if (!scan.atEnd) throw new PromTextError("text after the timestamp");

    this.checkFamily(name, labels, value);
    this.add(name, labels, value, timestampSeconds);
  }

  /** Rules that hold wherever in the document the family was declared. */
  private checkFamily(name: string, labels: Record<string, string>, value: number): void {
    const family = this.families.get(name) ?? this.familyOfPart(name) ?? this.family(name);
    family.hasType = true;
    const part = name.slice(family.name.length);
    const bound = family.type === "summary" ? "quantile" : isHistogram(family.type) ? "le" : null;
    if (bound !== null && labels[bound] !== undefined && parseNumber(labels[bound]) === null) {
      throw new PromTextError(`expected a number as "${bound}"`);
    }
    if (isHistogram(family.type) && (part === "_bucket" || part === "_count") && value < 0) {
      throw new PromTextError(`negative ${part.slice(1)} in histogram "${family.name}"`);
    }
  }

  /** The summary or histogram of which `name` is the count, sum or bucket. */
  private familyOfPart(name: string): Family | undefined {
    const cut = name.lastIndexOf("_");
    const part = name.slice(cut);
    const family = cut > 0 ? this.families.get(name.slice(0, cut)) : undefined;
    if (!family) return undefined;
    if (part === "_count" || part === "_sum") {
      return family.type === "summary" || isHistogram(family.type) ? family : undefined;
    }
    return part === "_bucket" && isHistogram(family.type) ? family : undefined;
  }

  private family(name: string): Family {
    const known = this.families.get(name);
    if (known) return known;
    const family: Family = { name, type: "unknown", help: "", unit: "", hasType: false, hasHelp: false };
    this.families.set(name, family);
    return family;
  }

  private add(name: string, labels: Record<string, string>, value: number, timestampSeconds: number | null): void {
    const { group } = this;
    const rest = { labels, value, timestampSeconds, exemplar: null };
    if (!group?.name || !(SUFFIXES[group.type] ?? [""]).some((suffix) => name === group.name + suffix)) {
      this.group = null;
      this.samples.push({ family: name, type: "unknown", name, ...rest });
    } else if (group.type === "counter") {
      const family = name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
      this.samples.push({ family, type: "counter", name: `${family}_total`, ...rest });
    } else {
      this.samples.push({ family: group.name, type: group.type, name, ...rest });
    }
  }
}

const isHistogram = (type: MetricType) => type === "histogram" || type === "gaugehistogram";

function setHelp(family: Family, text: string): void {
  if (family.hasHelp) throw new PromTextError(`second HELP for "${family.name}"`);
  family.hasHelp = true;
  family.help = text.replaceAll(/\\[\\n]/g, (pair) => (pair === "\\n" ? "\n" : "\\"));
}

function setType(family: Family, text: string): MetricType {
  if (family.hasType) throw new PromTextError(`second TYPE for "${family.name}", or TYPE after its samples`);
  const type = TYPES.get(text.trimEnd().toLowerCase());
  if (!type) throw new PromTextError(`unknown metric type for "${family.name}"`);
  family.hasType = true;
  family.type = type;
  return type;
}

/** Integer milliseconds on the wire (a signed 64-bit number), seconds here. */
function timestamp(text: string): number {
  const ms = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(ms) <= 2 ** 63)) throw new PromTextError("expected an integer as timestamp");
  return ms / 1000;
}

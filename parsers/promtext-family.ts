// One OpenMetrics family while it is read: its metadata, which sample names it owns, and what each type demands of its samples.

import { checkHistogram, labelsKey } from "./promtext-histogram.ts";
import { PromTextError, parseNumber } from "./promtext-scan.ts";
import type { FamilyMetadata, MetricType, Sample } from "./promtext-types.ts";

/** Endings that a sample name may add to its family's name (OpenMetrics 1.0, "Suffixes"). */
const SUFFIXES: Record<MetricType, readonly string[]> = {
  counter: ["_total", "_created"],
  summary: ["", "_count", "_sum", "_created"],
  histogram: ["_bucket", "_count", "_sum", "_created"],
  gaugehistogram: ["_bucket", "_gcount", "_gsum"],
  info: ["_info"],
  gauge: [""],
  stateset: [""],
  unknown: [""],
};

const COUNTER_LIKE: ReadonlySet<string> = new Set(["_total", "_bucket", "_count", "_sum", "_gcount"]);
const WHOLE: ReadonlySet<string> = new Set(["_bucket", "_count", "_gcount"]);

/** Collects one family. Methods throw PromTextError on the first broken rule. */
export class OpenFamily {
  readonly name: string;
  readonly samples: Sample[] = [];
  private type: MetricType | null = null;
  private help: string | null = null;
  private unit: string | null = null;
  /** Label sets (without "le", "quantile" or the state) whose samples have been seen; each must be contiguous. */
  private readonly groups = new Set<string>();
  private group: string | null = null;
  private groupTimestamp: number | null = null;
  private readonly seriesAtTimestamp = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  get hasSamples(): boolean {
    return this.group !== null;
  }

  setType(type: MetricType): void {
    if (this.type !== null) throw new PromTextError(`second TYPE for "${this.name}"`);
    this.type = type;
  }

  setHelp(help: string): void {
    if (this.help !== null) throw new PromTextError(`second HELP for "${this.name}"`);
    this.help = help;
  }

  setUnit(unit: string): void {
    if (this.unit !== null) throw new PromTextError(`second UNIT for "${this.name}"`);
    this.unit = unit;
  }

  owns(sampleName: string): boolean {
    return SUFFIXES[this.type ?? "unknown"].some((suffix) => sampleName === this.name + suffix);
  }

  /** Every name that no other family may use. */
  names(): Set<string> {
    return new Set(["", ...SUFFIXES[this.type ?? "unknown"]].map((suffix) => this.name + suffix));
  }

  metadata(): FamilyMetadata {
    return { name: this.name, type: this.type ?? "unknown", help: this.help ?? "", unit: this.unit ?? "" };
  }

  /** Takes a sample that this family owns; an exact repeat of a series at one timestamp is dropped (spec, "Timestamps"). */
  add(sample: Sample): void {
    const type = this.type ?? "unknown";
    const suffix = sample.name.slice(this.name.length);
    checkSample(this.name, type, suffix, sample);

    const group = groupKey(this.name, type, suffix, sample.labels);
    const at = sample.timestampSeconds;
    if (group === this.group) {
      if ((at === null) !== (this.groupTimestamp === null))
        throw new PromTextError("only some samples have a timestamp");
      if (at !== null && this.groupTimestamp !== null && at < this.groupTimestamp && type !== "info") {
        throw new PromTextError("timestamps go backwards");
      }
    } else if (this.groups.has(group))
      throw new PromTextError(`samples of one series of "${this.name}" are not together`);
    if (group !== this.group || at !== this.groupTimestamp) this.seriesAtTimestamp.clear();
    this.group = group;
    this.groupTimestamp = at;
    this.groups.add(group);

    const series = labelsKey(sample.name, sample.labels);
    if (this.seriesAtTimestamp.has(series)) return;
    this.seriesAtTimestamp.add(series);
    this.samples.push({ ...sample, family: this.name, type });
  }

  /** Rules that need the whole family. */
  check(): void {
    if (this.unit) {
      if (!this.name.endsWith(`_${this.unit}`)) throw new PromTextError(`"${this.name}" does not end with its unit`);
      if (this.type === "info" || this.type === "stateset") throw new PromTextError(`a ${this.type} has no unit`);
    }
    if (this.type === "histogram" || this.type === "gaugehistogram") checkHistogram(this.name, this.samples);
  }
}

/** What a type demands of a single sample. */
function checkSample(family: string, type: MetricType, suffix: string, { labels, value, exemplar }: Sample): void {
  if (type === "stateset") {
    if (labels[family] === undefined) throw new PromTextError(`stateset without label "${family}"`);
    if (value !== 0 && value !== 1) throw new PromTextError("a state is 0 or 1");
  }
  if (type === "info" && value !== 1) throw new PromTextError("the value of an info is 1");
  if (type === "summary" && suffix === "") {
    const quantile = boundOf(labels.quantile);
    if (!(quantile >= 0 && quantile <= 1)) throw new PromTextError('a summary needs a "quantile" from 0 to 1');
    if (value < 0) throw new PromTextError("a quantile is never negative");
  }
  if (suffix === "_bucket" && Number.isNaN(boundOf(labels.le)))
    throw new PromTextError('a bucket needs a number as "le"');
  if ((COUNTER_LIKE.has(suffix) || suffix === "_gsum") && Number.isNaN(value))
    throw new PromTextError(`${suffix} is never NaN`);
  if (COUNTER_LIKE.has(suffix) && value < 0) throw new PromTextError(`${suffix} is never negative`);
  if (WHOLE.has(suffix) && !Number.isInteger(value)) throw new PromTextError(`${suffix} is a whole number`);
  if (exemplar !== null && suffix !== "_bucket" && suffix !== "_total")
    throw new PromTextError("no exemplar is allowed here");
}

/** A "le" or "quantile" as a number; NaN when missing, not a number, or infinity not written "+Inf" (spec, "Canonical Numbers"). */
function boundOf(text: string | undefined): number {
  const value = text === undefined ? null : parseNumber(text);
  return value === null || (value === Number.POSITIVE_INFINITY && text !== "+Inf") ? Number.NaN : value;
}

/** Identifies the group a sample belongs to. Info labels are all identity, so its samples are one group. */
function groupKey(family: string, type: MetricType, suffix: string, labels: Record<string, string>): string {
  if (type === "info") return "";
  if (type === "summary" && suffix === "") return labelsKey("", labels, "quantile");
  if (type === "stateset") return labelsKey("", labels, family);
  return labelsKey("", labels, suffix === "_bucket" ? "le" : undefined);
}
